// Package hub holds the hubs and their ports: what comes into one HubPort leaves others, switched (Dispatcher,
// DispatcherOneToMany, the video of Mixer) or mixed (Composite, AlphaBlending, the sound of Mixer).
//
// Switching only declares which port passes on what comes into which other: the graph connects the neighbours of the ports
// directly, so that encoded media stays as it is and feedback finds its way. Mixing works on raw pictures and samples, by a
// clock of the hub's own, so that its output is steady whatever a member does.
package hub

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
)

// Hub is how ports and parameters refer to any hub.
type Hub interface {
	pipeline.Object
	asHub() *common
	// joined brings a new port to work. It is called once per port.
	joined(p *Port)
	// left takes the port back, before it is taken out of the graph. It may be called twice.
	left(p *Port)
	// linked is told when what feeds the port was linked or unlinked.
	linked(p *Port)
}

// Class describes Hub.
var Class = &pipeline.Class{
	Name: "Hub", Module: "core", Parent: pipeline.MediaObjectClass,
	Methods: pipeline.Methods(
		pipeline.Op("getGstreamerDot", func(_ context.Context, h Hub, _ dotParams) (string, error) {
			return h.asHub().pipeline.Dot(h), nil
		}),
		pipeline.Do("dumpGstreamerDot", func(_ context.Context, h Hub, _ dotParams) error {
			h.asHub().pipeline.Dump(h)
			return nil
		}),
	),
	Refer: reflect.TypeFor[Hub](),
}

type dotParams struct {
	Details *pipeline.GstreamerDotDetails `kurento:"details,optional"`
}

// Classes lists the classes of the package. settings gives those that a new hub starts with.
func Classes(settings func() Settings) []*pipeline.Class {
	return []*pipeline.Class{
		portClass, compositeClass(settings), dispatcherClass, dispatcherOneToManyClass, mixerClass, alphaBlendingClass,
	}
}

// common is what all hubs embed.
type common struct {
	pipeline.MediaObject
	pipeline *pipeline.MediaPipeline
	rates    *codec.Rates // of encoders behind ports that nobody has chosen other ones for

	changes sync.Mutex // of what ports give and take: held while one is made, by requests and releases

	mu    sync.Mutex
	ports []*Port // in the order of their creation
}

func (h *common) asHub() *common { return h }

// Setup gives the hub its identity.
func (h *common) setup(c pipeline.Creation, p *pipeline.MediaPipeline) {
	h.MediaObject.Setup(c, p)
	h.pipeline = p
	h.rates = p.NewRates()
}

// linked is part of Hub, for hubs that do not mind.
func (*common) linked(*Port) {}

// Close is part of pipeline.Object: the ports are children and have been closed.
func (*common) Close() {}

func (h *common) add(p *Port) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ports = append(h.ports, p)
}

// remove forgets a port, and returns those that are left.
func (h *common) remove(p *Port) []*Port {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ports = slices.DeleteFunc(h.ports, func(q *Port) bool { return q == p })
	return slices.Clone(h.ports)
}

// has tells whether ports are this hub's and not released.
func (h *common) has(ports ...*Port) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range ports {
		if !slices.Contains(h.ports, p) {
			return false
		}
	}
	return true
}

// update changes what ports of the hub produce and consume.
func (h *common) update(f func(g *graph.Edit)) { h.pipeline.Update(f) }

// params are those of hubs that have none of their own.
type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}
