// Package filter has what filters share: elements that change the media which goes through them, or look at it. Each has a
// folder of its own below this one. GStreamerFilter is declared for getKmd only and cannot be created yet.
package filter

import (
	"reflect"

	"github.com/rivero-media/rivero/pipeline"
)

// Class describes Filter, which adds nothing to MediaElement.
var Class = &pipeline.Class{
	Name: "Filter", Module: "core", Parent: pipeline.MediaElementClass,
	Types: []reflect.Type{reflect.TypeFor[FilterType]()},
}

// OpenCVClass describes OpenCVFilter, the parent of filters that look at pictures. It is abstract for good.
var OpenCVClass = &pipeline.Class{Name: "OpenCVFilter", Module: "filters", Parent: Class}

// GStreamerClass describes GStreamerFilter, which clients name by a command of GStreamer.
var GStreamerClass = &pipeline.Class{
	Name: "GStreamerFilter", Module: "filters", Parent: Class,
	New: pipeline.DeclareNew[commandParams](),
	Methods: pipeline.Methods(
		pipeline.DeclareGet[string]("command"),
		pipeline.DeclareDo[elementProperty]("setElementProperty"),
	),
}

// Classes lists the classes of the package. settings gives those that a new filter starts with.
func Classes(_ func() Settings) []*pipeline.Class {
	return []*pipeline.Class{OpenCVClass, GStreamerClass}
}

type commandParams struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Command       string                  `kurento:"command"`
	FilterType    FilterType              `kurento:"filterType,optional,default=AUTODETECT"`
}

type elementProperty struct {
	Name  string `kurento:"propertyName"`
	Value string `kurento:"propertyValue"`
}

// FilterType is the kind of media that a filter works on.
type FilterType string

// Values are the texts of the protocol.
func (FilterType) Values() []string { return []string{"AUDIO", "AUTODETECT", "VIDEO"} }
