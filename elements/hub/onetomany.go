package hub

import (
	"context"
	"slices"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// dispatcherOneToMany is the DispatcherOneToMany: all ports, the source itself included, give what comes into one.
type dispatcherOneToMany struct {
	common
	source *Port // nil: none; guarded by mu
}

// dispatcherOneToManyClass describes DispatcherOneToMany.
var dispatcherOneToManyClass = &pipeline.Class{
	Name: "DispatcherOneToMany", Module: "elements", Parent: Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		d := &dispatcherOneToMany{}
		d.setup(c, p.MediaPipeline)
		return d, nil
	}),
	Methods: pipeline.Methods(
		pipeline.Do("setSource", func(_ context.Context, d *dispatcherOneToMany, p sourceParams) error {
			if !d.has(p.Source) {
				return pipeline.Errorf(pipeline.ConnectError, "Can not set source: port '%s' is not of this hub", p.Source.ID())
			}
			d.setSource(p.Source)
			return nil
		}),
		pipeline.Do("removeSource", func(_ context.Context, d *dispatcherOneToMany, _ pipeline.None) error {
			d.setSource(nil)
			return nil
		}),
	),
}

type sourceParams struct {
	Source *Port `kurento:"source"`
}

// setSource has all ports give what comes into one; nil: nothing.
func (d *dispatcherOneToMany) setSource(source *Port) {
	d.mu.Lock()
	d.source = source
	ports := slices.Clone(d.ports)
	d.mu.Unlock()
	d.update(func(g *graph.Edit) {
		for _, sink := range ports {
			passOn(g, source, sink, media.Kinds[:])
		}
	})
}

func (d *dispatcherOneToMany) joined(p *Port) {
	d.mu.Lock()
	source := d.source
	d.mu.Unlock()
	d.update(func(g *graph.Edit) { passOn(g, source, p, media.Kinds[:]) })
}

func (d *dispatcherOneToMany) left(p *Port) {
	d.remove(p)
	d.mu.Lock()
	wasSource := d.source == p
	d.mu.Unlock()
	if wasSource {
		d.setSource(nil)
	}
}
