// Package hub holds the hubs, which mix or switch between the ports that clients open on them: Composite, Dispatcher,
// DispatcherOneToMany, Mixer, AlphaBlending, and HubPort. So far it holds their interface only: they are declared for
// getKmd and cannot be created.
package hub

import (
	"reflect"

	"github.com/rivero-media/rivero/pipeline"
)

// Hub is how parameters refer to any hub.
type Hub interface {
	pipeline.Object
	isHub()
}

// Class describes Hub.
var Class = &pipeline.Class{
	Name: "Hub", Module: "core", Parent: pipeline.MediaObjectClass,
	Methods: pipeline.Methods(
		pipeline.DeclareOp[dotParams, string]("getGstreamerDot"),
		pipeline.DeclareDo[dotParams]("dumpGstreamerDot"),
	),
	Refer: reflect.TypeFor[Hub](),
}

type dotParams struct {
	Details *pipeline.GstreamerDotDetails `kurento:"details,optional"`
}

// Port is a HubPort: what a hub gives comes out of it, what it gets goes into the hub.
type Port struct{ pipeline.MediaElement }

// PortClass describes HubPort.
var PortClass = &pipeline.Class{
	Name: "HubPort", Module: "core", Parent: pipeline.MediaElementClass,
	New:   pipeline.DeclareNew[portParams](),
	Refer: reflect.TypeFor[*Port](),
}

type portParams struct {
	Hub Hub `kurento:"hub"`
}

// Classes lists the classes of the package.
func Classes() []*pipeline.Class {
	return []*pipeline.Class{
		PortClass, CompositeClass, DispatcherClass, DispatcherOneToManyClass, MixerClass, AlphaBlendingClass,
	}
}
