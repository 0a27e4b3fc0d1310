// Package gstreamer is the GStreamerFilter element: the elements of GStreamer that clients use most, by the same command, in Go. An
// element is one entry in table.go and one small type; what it does is taken from GStreamer's documentation and from what comes out
// of it.
package gstreamer

import (
	"context"
	"errors"
	"reflect"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Filter is a GStreamerFilter.
type Filter struct {
	filter.Filter
	command string
	made    *made
}

// Class describes GStreamerFilter, which clients name by a command of GStreamer.
var Class = &pipeline.Class{
	Name: "GStreamerFilter", Module: "filters", Parent: filter.Class,
	New: pipeline.New(create),
	Methods: pipeline.Methods(
		pipeline.Get("command", func(f *Filter) string { return f.command }),
		pipeline.Do("setElementProperty", setElementProperty),
	),
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Command       string                  `kurento:"command"`
	FilterType    filter.FilterType       `kurento:"filterType,optional,default=AUTODETECT"`
}

type elementProperty struct {
	Name  string `kurento:"propertyName"`
	Value string `kurento:"propertyValue"`
}

// errPads is GStreamer's complaint about an element that media of the filter's type cannot go through.
var errPads = errors.New("pad templates don't match")

func create(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
	m, err := fromCommand(p.Command, p.FilterType)
	if err != nil {
		return nil, err
	}
	f := &Filter{command: p.Command, made: m}
	switch work := m.work.(type) {
	case picturer:
		if m.idle() {
			f.SetupThrough(c, f, p.MediaPipeline)
			break
		}
		f.SetupPictures(c, f, p.MediaPipeline, func(p *i420.Picture, m filter.Moment) *i420.Picture {
			if !m.Watched {
				return p
			}
			return work.picture(p, m)
		})
	case sounder:
		f.SetupSamples(c, f, p.MediaPipeline, func(samples []int16, _ filter.Moment) { work.sound(samples) })
	default:
		f.SetupThrough(c, f, p.MediaPipeline)
	}
	log := f.Log()
	for _, err := range m.outOfRange {
		log.Warn().Err(err).Str("command", p.Command).Msg("property not set")
	}
	return f, nil
}

// fromCommand makes the element of a command, if it is one for a type of filter.
func fromCommand(text string, t filter.FilterType) (*made, error) {
	c, err := parse(text)
	var m *made
	if err == nil {
		m, err = makeElement(c)
	}
	switch {
	case errors.Is(err, errPads):
		return nil, pipeline.Errorf(pipeline.MarshallError, "Given command is not valid, %v", err)
	case err != nil:
		return nil, pipeline.Errorf(pipeline.MarshallError, "GStreamer element cannot be created: %v", err)
	case c.followed:
		return nil, pipeline.Errorf(pipeline.MarshallError, "Given command is not valid, only one element can be created")
	}
	_, pictures := m.work.(picturer)
	_, sound := m.work.(sounder)
	if t == "AUDIO" && pictures || t == "VIDEO" && sound {
		return nil, pipeline.Errorf(pipeline.MarshallError, "Given command is not valid, %v", errPads)
	}
	return m, nil
}

// setElementProperty takes the types that Kurento's does.
func setElementProperty(_ context.Context, f *Filter, s elementProperty) error {
	p := f.made.property(s.Name)
	switch {
	case p == nil && f.made.ignores(s.Name):
		return nil
	case p == nil:
		return pipeline.Errorf(pipeline.MarshallError, "No property named '%s' in object '%s'", s.Name, f.made.name)
	}
	name := ""
	switch p.typ.Kind() {
	case reflect.Int32:
		name = "int: stoi"
		if p.choices != nil {
			name = "enum"
		}
	case reflect.Float32:
		name = "float: stof"
	case reflect.Float64:
		name = "double: stod"
	case reflect.String:
	default:
		return pipeline.Errorf(pipeline.NotImplemented, "Property type not implemented: %s", p.typeName())
	}
	v, err := p.parse(s.Value)
	switch {
	case errors.Is(err, errRange):
		log := f.Log()
		log.Warn().Err(p.rangeError(s.Value)).Msg("property not set")
		return nil
	case err != nil:
		return pipeline.Errorf(pipeline.MarshallError, "Cannot convert '%s' to %s", s.Value, name)
	}
	f.Do(func() { f.made.change(p, v) })
	return nil
}
