package elementtest

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Raw is an element that gives what a test writes, and hands the test what it takes: whole frames of any format.
type Raw struct {
	pipeline.MediaElement
	Took   chan media.Packet // copies; what does not fit in is dropped
	format [len(media.Kinds)]atomic.Pointer[media.Format]
}

// RawClass describes Raw.
var RawClass = &pipeline.Class{
	Name: "TestRaw", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p pipelineParams) (pipeline.Object, error) {
		r := &Raw{Took: make(chan media.Packet, 1000)}
		r.Setup(c, r, p.MediaPipeline, p.MediaPipeline)
		return r, nil
	}),
}

// Give has the element give media of a format, which the test writes to the output with WriteTo.
func (r *Raw) Give(f media.Format) *media.Output {
	out := r.NewOutput(media.NoUpstream{})
	out.SetFormat(f)
	r.Update(func(g *graph.Edit, n *graph.Node) { g.SetOutput(n, f.Kind, out) })
	return out
}

// WriteTo writes a packet, whose format is the output's.
func WriteTo(out *media.Output, p media.Packet) {
	burst := &media.Burst{}
	p.Format, p.Burst = out.Format(), burst
	out.Write(&p)
	burst.Flush()
}

// Take has the element take media of a kind.
func (r *Raw) Take(k media.Kind) {
	r.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, k, rawInput{r, k}) })
}

type rawInput struct {
	raw  *Raw
	kind media.Kind
}

func (in rawInput) Accept(f media.Format) (int, bool) { return 0, !f.Packed }

func (in rawInput) Bind(f *media.Format, _ media.Source) { in.raw.format[in.kind].Store(f) }

func (in rawInput) Write(p *media.Packet) {
	if p.Format != in.raw.format[in.kind].Load() {
		return
	}
	kept := *p
	kept.Burst, kept.Data = nil, slices.Clone(p.Data)
	select {
	case in.raw.Took <- kept:
	default:
	}
}
