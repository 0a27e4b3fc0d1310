// Package datachannelexample is the module datachannelexample: elements that turn what is in pictures into messages of data
// channels, and messages into something in pictures.
package datachannelexample

import (
	"context"
	"sync"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Classes lists the classes of the module.
var Classes = []*pipeline.Class{
	{
		Name: "KmsSendData", Module: module, Parent: pipeline.MediaElementClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return newSendData(c, p), nil
		}),
	},
	{
		Name: "KmsShowData", Module: module, Parent: pipeline.MediaElementClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return newShowData(c, p), nil
		}),
	},
	{
		Name: "KmsDetectFaces", Module: module, Parent: filter.Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return newDetectFaces(c, p), nil
		}),
	},
	{
		Name: "KmsShowFaces", Module: module, Parent: filter.Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return newShowFaces(c, p), nil
		}),
	},
}

const module = "datachannelexample"

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// messageFormat is the only one of DATA links.
var messageFormat = media.Format{Kind: media.Data, Codec: media.Message}

// outbox is the DATA output of an element. It is written to by one goroutine.
type outbox struct {
	output *media.Output
	format *media.Format
	burst  media.Burst
}

// open gives the element of f an outbox in the place of the messages that would pass through it.
func (o *outbox) open(f *filter.Filter) {
	o.output = f.NewOutput(media.NoUpstream{})
	o.format = o.output.SetFormat(messageFormat)
	f.Update(func(g *graph.Edit, n *graph.Node) {
		g.SetThrough(n, media.Data, nil)
		g.SetOutput(n, media.Data, o.output)
	})
}

func (o *outbox) send(text []byte) {
	now := media.Now()
	o.output.Write(&media.Packet{Format: o.format, PTS: now, At: now, Key: true, Text: true, Data: text, Burst: &o.burst})
	o.burst.Flush()
}

// inbox is the DATA input of an element, which keeps the last message until somebody asks for it. Messages pass through the
// element as well.
type inbox struct {
	mu    sync.Mutex
	bound *media.Format
	last  []byte
	fresh bool
	taken []byte // belongs to who takes
}

func (i *inbox) open(f *filter.Filter) {
	f.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, media.Data, i) })
}

// Accept is part of media.Input.
func (i *inbox) Accept(f media.Format) (score int, ok bool) { return 0, f == messageFormat }

// Bind is part of media.Input.
func (i *inbox) Bind(f *media.Format, _ media.Source) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bound = f
}

// longest is the longest message that is looked at, in bytes.
const longest = 64 << 10

// Write is part of media.Sink.
func (i *inbox) Write(p *media.Packet) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if p.Format == i.bound && len(p.Data) <= longest {
		i.last, i.fresh = append(i.last[:0], p.Data...), true
	}
}

// take has use called with the last message if it was not used yet. Whoever sends does not wait for that.
func (i *inbox) take(use func(message []byte)) {
	i.mu.Lock()
	fresh := i.fresh
	if fresh {
		i.fresh = false
		i.last, i.taken = i.taken[:0], i.last
	}
	i.mu.Unlock()
	if fresh {
		use(i.taken)
	}
}
