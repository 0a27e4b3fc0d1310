package hub

import (
	"context"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// dispatcher is the Dispatcher: it passes on to a port what comes into another one.
type dispatcher struct {
	common
	sources map[*Port]*Port // what each port that has one gives; guarded by mu
}

// dispatcherClass describes Dispatcher.
var dispatcherClass = &pipeline.Class{
	Name: "Dispatcher", Module: "elements", Parent: Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		d := &dispatcher{sources: make(map[*Port]*Port)}
		d.setup(c, p.MediaPipeline)
		return d, nil
	}),
	Methods: pipeline.Methods(
		pipeline.Do("connect", func(_ context.Context, d *dispatcher, p dispatchParams) error {
			if !d.has(p.Source, p.Sink) {
				return pipeline.Errorf(pipeline.ConnectError, "Can not connect ports")
			}
			d.connect(p.Source, p.Sink)
			return nil
		}),
	),
}

type dispatchParams struct {
	Source *Port `kurento:"source"`
	Sink   *Port `kurento:"sink"`
}

// connect has sink give everything that comes into source, messages of data channels too, which the original leaves out.
func (d *dispatcher) connect(source, sink *Port) {
	d.mu.Lock()
	d.sources[sink] = source
	d.mu.Unlock()
	d.update(func(g *graph.Edit) { passOn(g, source, sink, media.Kinds[:]) })
}

func (d *dispatcher) joined(*Port) {}

func (d *dispatcher) left(p *Port) {
	d.remove(p)
	d.mu.Lock()
	delete(d.sources, p)
	var orphans []*Port
	for sink, source := range d.sources {
		if source == p {
			orphans = append(orphans, sink)
			delete(d.sources, sink)
		}
	}
	d.mu.Unlock()
	d.update(func(g *graph.Edit) {
		for _, sink := range orphans {
			passOn(g, nil, sink, media.Kinds[:])
		}
	})
}

// passOn has sink give what comes into source; nil: nothing.
func passOn(g *graph.Edit, source, sink *Port, kinds []media.Kind) {
	var from *graph.Node
	if source != nil {
		from = source.Node()
	}
	for _, k := range kinds {
		g.SetThrough(sink.Node(), k, from)
	}
}
