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

// FaceOverlayClass describes FaceOverlayFilter, which lays a picture over every face.
var FaceOverlayClass = &pipeline.Class{
	Name: "FaceOverlayFilter", Module: "filters", Parent: Class,
	New: pipeline.DeclareNew[params](),
	Methods: pipeline.Methods(
		pipeline.DeclareDo[faceImage]("setOverlayedImage"),
		pipeline.DeclareDo[pipeline.None]("unsetOverlayedImage"),
	),
}

// GStreamerClass describes GStreamerFilter, which clients name by a command of GStreamer.
var GStreamerClass = &pipeline.Class{
	Name: "GStreamerFilter", Module: "filters", Parent: Class,
	New: pipeline.DeclareNew[commandParams](),
	Methods: pipeline.Methods(
		pipeline.DeclareGet[string]("command"),
		pipeline.DeclareDo[elementProperty]("setElementProperty"),
	),
}

// ZBarClass describes ZBarFilter, which reads QR and bar codes.
var ZBarClass = &pipeline.Class{
	Name: "ZBarFilter", Module: "filters", Parent: Class,
	New:    pipeline.DeclareNew[params](),
	Events: []pipeline.EventType{pipeline.Raises[CodeFound]()},
}

// Classes lists the classes of the package. settings gives those that a new filter starts with.
func Classes(_ func() Settings) []*pipeline.Class {
	return []*pipeline.Class{OpenCVClass, FaceOverlayClass, GStreamerClass, ZBarClass}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// faceImage is a picture and where it lies, in fractions of the face's box.
type faceImage struct {
	URI            string  `kurento:"uri"`
	OffsetXPercent float32 `kurento:"offsetXPercent"`
	OffsetYPercent float32 `kurento:"offsetYPercent"`
	WidthPercent   float32 `kurento:"widthPercent"`
	HeightPercent  float32 `kurento:"heightPercent"`
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

// CodeFound is raised when a code was read.
type CodeFound struct {
	pipeline.Media
	CodeType string `kurento:"codeType"`
	Value    string `kurento:"value"`
}
