package hub

import (
	"context"
	"reflect"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Port is a HubPort: what a hub gives comes out of it, what it gets goes into the hub. It is a child of its hub.
type Port struct {
	pipeline.MediaElement
	hub Hub

	// What hubs keep for the port; which of it there is depends on the hub.
	tile     *tile
	speaker  *speaker
	listener *listener
	messages *messageInput
}

// portClass describes HubPort.
var portClass = &pipeline.Class{
	Name: "HubPort", Module: "core", Parent: pipeline.MediaElementClass,
	New:   pipeline.New(createPort),
	Refer: reflect.TypeFor[*Port](),
}

type portParams struct {
	Hub Hub `kurento:"hub"`
}

func createPort(_ context.Context, c pipeline.Creation, p portParams) (pipeline.Object, error) {
	hub := p.Hub.asHub()
	port := &Port{hub: p.Hub}
	port.Setup(c, port, hub.pipeline, p.Hub)
	port.ShareRates(hub.rates)
	hub.add(port)
	p.Hub.joined(port)
	return port, nil
}

// LinksChanged is part of pipeline.Linked.
func (p *Port) LinksChanged() { p.hub.linked(p) }

// feeds tells whether something is linked to the port that gives it media of a kind.
func (p *Port) feeds(kind media.Kind) bool {
	for _, k := range p.LinkedKinds() {
		if k == kind {
			return true
		}
	}
	return false
}

// Close is part of pipeline.Object.
func (p *Port) Close() {
	p.hub.left(p)
	p.MediaElement.Close()
}
