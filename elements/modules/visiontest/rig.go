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
	Server   *pipeline.Server
	Element  pipeline.Object
	Pipeline *pipeline.MediaPipeline
	t        testing.TB
	from, to *easel
	pts      time.Duration
}

// NewRig makes an element of a class with the parameters of its constructor, beside the pipeline.
func NewRig(t testing.TB, class *pipeline.Class, params ...any) *Rig {
	t.Helper()
	return NewRigOf(t, []*pipeline.Class{class}, class.Name, params...)
}

// NewRigOf is NewRig with a server that knows other classes too.
func NewRigOf(t testing.TB, classes []*pipeline.Class, name string, params ...any) *Rig {
	t.Helper()
	s := Server(t, classes...)
	r := &Rig{t: t, Server: s, Pipeline: elementtest.Pipeline(t, s)}
	r.Element = elementtest.Create(t, s, name, elementtest.In(r.Pipeline, params...))
	r.from = elementtest.Create(t, s, easelClass.Name, elementtest.In(r.Pipeline)).(*easel)
	r.to = elementtest.Create(t, s, easelClass.Name, elementtest.In(r.Pipeline)).(*easel)
	r.from.give()
	r.to.Update(func(g *graph.Edit, n *graph.Node) {
		g.SetInput(n, media.Video, r.to)
		g.SetInput(n, media.Data, r.to.messages)
	})
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

// Through puts another element behind the first one.
func (r *Rig) Through(second pipeline.Object) {
	r.t.Helper()
	elementtest.Connect(r.t, r.Element, second)
	elementtest.Connect(r.t, second, r.to)
}

// Send sends a message of a data channel into the element.
func (r *Rig) Send(text string) {
	burst := &media.Burst{}
	r.from.data.Write(&media.Packet{Format: r.from.data.Format(), PTS: r.pts, Key: true, Text: true, Data: []byte(text), Burst: burst})
	burst.Flush()
}

// Messages are those that come out of the element.
func (r *Rig) Messages() <-chan string { return r.to.messages }

// easel is an element that gives raw pictures and messages as a test says, and takes any.
type easel struct {
	pipeline.MediaElement
	out, data *media.Output
	took      chan *i420.Picture
	messages  messages
}

// messages is the side of an easel that takes them.
type messages chan string

// Accept is part of media.Input.
func (m messages) Accept(f media.Format) (int, bool) { return 0, f.Codec == media.Message }

// Bind is part of media.Input.
func (m messages) Bind(*media.Format, media.Source) {}

// Write is part of media.Input.
func (m messages) Write(p *media.Packet) { m <- string(p.Data) }

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

var easelClass = &pipeline.Class{
	Name: "TestEasel", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		e := &easel{took: make(chan *i420.Picture, 10), messages: make(messages, 1000)}
		e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
		return e, nil
	}),
}

func (e *easel) give() {
	e.out = e.NewOutput(media.NoUpstream{})
	e.out.SetFormat(video.Raw())
	e.data = e.NewOutput(media.NoUpstream{})
	e.data.SetFormat(media.Format{Kind: media.Data, Codec: media.Message})
	e.Update(func(g *graph.Edit, n *graph.Node) {
		g.SetOutput(n, media.Video, e.out)
		g.SetOutput(n, media.Data, e.data)
	})
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
