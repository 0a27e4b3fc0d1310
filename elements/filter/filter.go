// Package filter is what filters have in common: elements that change the media which goes through them, or look at it. The
// filters themselves are in the folders below, one each.
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

// FilterType is the kind of media that a filter works on.
type FilterType string

// Values are the texts of the protocol.
func (FilterType) Values() []string { return []string{"AUDIO", "AUTODETECT", "VIDEO"} }
