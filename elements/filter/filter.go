// Package filter holds the filters of the modules core and filters: elements that change the media which goes through
// them. So far it holds their interface only: they are declared for getKmd and cannot be created.
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

// ZBarClass describes ZBarFilter, which reads QR and bar codes.
var ZBarClass = &pipeline.Class{
	Name: "ZBarFilter", Module: "filters", Parent: Class,
	New:    pipeline.DeclareNew[params](),
	Events: []pipeline.EventType{pipeline.Raises[CodeFound]()},
}

// Classes lists the classes of the package. settings gives those that a new filter starts with.
func Classes(_ func() Settings) []*pipeline.Class {
	return []*pipeline.Class{OpenCVClass, ZBarClass}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// FilterType is the kind of media that a filter works on.
type FilterType string

// Values are the texts of the protocol.
func (FilterType) Values() []string { return []string{"AUDIO", "AUTODETECT", "VIDEO"} }

// CodeFound is raised when a code was read.
type CodeFound struct {
	pipeline.Media
	CodeType string `kurento:"codeType"`
	Value    string `kurento:"value"`
}
