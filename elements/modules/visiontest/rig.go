// Package visiontest has what tests of the modules need: an element between a source of pictures and a sink, and pictures
// with noise and blur. Only tests import it.
package visiontest

import (
	"context"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Server is an object model with some classes and those of this package. It is closed with the test.
func Server(t testing.TB, classes ...*pipeline.Class) *pipeline.Server {
	return elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, append(classes, easelClass)...)
}

// Suite is elementtest.Suite for a class with the parameters of its constructor, beside the pipeline.
func Suite(t *testing.T, class *pipeline.Class, params ...any) {
	s := Server(t, class)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		return elementtest.Create(t, s, class.Name, elementtest.In(p, params...))
	})
}

// Rig is an element between a source of pictures and a sink.
type Rig struct {
	Element  pipeline.Object
	Pipeline *pipeline.MediaPipeline
	t        testing.TB
	from, to *easel
	pts      time.Duration
}

// NewRig makes an element of a class with the parameters of its constructor, beside the pipeline.
func NewRig(t testing.TB, class *pipeline.Class, params ...any) *Rig {
	t.Helper()
	s := Server(t, class)
	r := &Rig{t: t, Pipeline: elementtest.Pipeline(t, s)}
	r.Element = elementtest.Create(t, s, class.Name, elementtest.In(r.Pipeline, params...))
	r.from = elementtest.Create(t, s, easelClass.Name, elementtest.In(r.Pipeline)).(*easel)
	r.to = elementtest.Create(t, s, easelClass.Name, elementtest.In(r.Pipeline)).(*easel)
	r.from.give()
	r.to.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, media.Video, r.to) })
	elementtest.Connect(t, r.from, r.Element)
	elementtest.Connect(t, r.Element, r.to)
	return r
}

// Show sends a picture through the element, a 30th of a second after the one before, and returns what comes out.
func (r *Rig) Show(p *i420.Picture) *i420.Picture {
	r.t.Helper()
	r.pts += time.Second / 30
	r.from.write(p, r.pts)
	select {
	case shown := <-r.to.took:
		return shown
	case <-time.After(20 * time.Second):
		r.t.Fatal("nothing comes out of the element")
		return nil
	}
}

// easel is an element that gives raw pictures as a test says, and takes any.
type easel struct {
	pipeline.MediaElement
	out  *media.Output
	took chan *i420.Picture
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

var easelClass = &pipeline.Class{
	Name: "TestEasel", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		e := &easel{took: make(chan *i420.Picture, 10)}
		e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
		return e, nil
	}),
}

func (e *easel) give() {
	e.out = e.NewOutput(media.NoUpstream{})
	e.out.SetFormat(video.Raw())
	e.Update(func(g *graph.Edit, n *graph.Node) { g.SetOutput(n, media.Video, e.out) })
}

// Accept is part of media.Input.
func (e *easel) Accept(f media.Format) (int, bool) { return 0, f.Codec == media.I420 }

// Bind is part of media.Input.
func (e *easel) Bind(*media.Format, media.Source) {}

// Write is part of media.Input.
func (e *easel) Write(p *media.Packet) {
	shown, ok := i420.Over(p.Data, int(p.Width), int(p.Height))
	if ok {
		e.took <- shown.Clone()
	}
}

func (e *easel) write(p *i420.Picture, pts time.Duration) {
	burst := &media.Burst{}
	e.out.Write(&media.Packet{
		Format: e.out.Format(), PTS: pts, At: pts, Key: true, Width: uint16(p.Width), Height: uint16(p.Height), Data: p.Data(), Burst: burst,
	})
	burst.Flush()
}
