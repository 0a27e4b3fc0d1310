package gstreamer

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// The elements there are: by GStreamer's name what makes one. The struct has the properties (see property) and does the work:
// it is a picturer or a sounder, and an updater if it keeps something that follows from its properties.
var elements = map[string]func() any{
	"audioamplify":     newOf[audioamplify],
	"audioecho":        newOf[audioecho],
	"audiopanorama":    newOf[audiopanorama],
	"capsfilter":       newOf[capsfilter],
	"clockoverlay":     func() any { return &clockoverlay{caption: caption{standard: ofClocks}} },
	"coloreffects":     newOf[coloreffects],
	"edgetv":           newOf[edgetv],
	"equalizer-3bands": newOf[equalizer3],
	"gamma":            newOf[gamma],
	"gaussianblur":     newOf[gaussianblur],
	"identity":         newOf[identity],
	"level":            newOf[level],
	"pitch":            newOf[pitch],
	"queue":            newOf[queue],
	"textoverlay":      newOf[textoverlay],
	"timeoverlay":      func() any { return &timeoverlay{caption: caption{standard: ofClocks}} },
	"videobalance":     newOf[videobalance],
	"videobox":         newOf[videobox],
	"videocrop":        newOf[videocrop],
	"videoflip":        newOf[videoflip],
	"videorate":        newOf[videorate],
	"videoscale":       newOf[videoscale],
	"volume":           newOf[volume],
}

// ignored are properties that say how GStreamer works inside, not what comes out: any value is taken and changes nothing.
var ignored = map[string][]string{
	"":             {"name", "qos", "parent"}, // of every element
	"audioecho":    {"surround-mask"},
	"pitch":        {"output-rate"},
	"capsfilter":   {"caps-change-mode"},
	"identity":     {"silent", "sync", "dump", "signal-handoffs", "single-segment", "check-imperfect-timestamp", "check-imperfect-offset"},
	"level":        {"interval", "message", "post-messages", "peak-ttl", "peak-falloff", "audio-level-meta"},
	"queue":        {"max-size-buffers", "max-size-bytes", "max-size-time", "min-threshold-buffers", "min-threshold-bytes", "min-threshold-time", "leaky", "silent", "flush-on-eos"},
	"videorate":    {"drop-only", "skip-to-first", "silent", "new-pref", "average-period", "max-duplication-time"},
	"videoscale":   {"method", "n-threads", "dither", "add-borders", "sharpness", "sharpen", "envelope", "gamma-decode", "chroma-mode", "chroma-resampler", "matrix-mode"},
	"textoverlay":  textIgnored,
	"timeoverlay":  textIgnored,
	"clockoverlay": textIgnored,
}

// missing are properties of GStreamer's elements that would change what comes out, and cannot be set here.
var missing = map[string][]string{
	"identity":    {"datarate", "drop-buffer-flags", "drop-probability", "eos-after", "error-after", "sleep-time", "ts-offset"},
	"timeoverlay": {"show-times-as-dates", "datetime-format", "datetime-epoch"},
	"videobox":    {"autocrop"},
}

// picturer works on pictures, as filter.Pictures does.
type picturer interface {
	picture(p *i420.Picture, m filter.Moment) *i420.Picture
}

// sounder works on sound, as filter.Samples does.
type sounder interface{ sound(samples []int16) }

// updater is told that a property has another value, and once at the beginning, with "". It is called on the filter's goroutine,
// or before there is one.
type updater interface{ update(property string) }

// idler says that the element, as it was made, lets all media pass.
type idler interface{ idle() bool }

func newOf[T any]() any { return new(T) }

// made is an element that was made for a filter.
type made struct {
	kind, name string // as "videoflip" and "videoflip0"
	work       any
	properties []property
	outOfRange []error // of values that were left as they are, as GStreamer does with a warning
}

// names lists the elements there are.
func names() string { return strings.Join(slices.Sorted(maps.Keys(elements)), " ") }

// makeElement makes what a command asks for. Errors have GStreamer's words.
func makeElement(c command) (*made, error) {
	maker, err := lookUp(c.element)
	if err != nil {
		return nil, err
	}
	m := &made{kind: c.element, name: c.element + "0", work: maker()}
	fields := reflect.ValueOf(m.work).Elem()
	m.properties = propertiesOf(fields.Type())
	for _, p := range m.properties {
		v, _ := p.parse(p.initial) // which propertiesOf has tried
		fields.FieldByIndex(p.field).Set(v)
	}
	m.update("")
	for _, s := range c.settings {
		if err := m.set(s); err != nil {
			return nil, err
		}
	}
	for _, other := range c.others {
		if _, err := lookUp(other); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func lookUp(name string) (func() any, error) {
	if maker := elements[name]; maker != nil {
		return maker, nil
	}
	if unpaired[name] {
		return nil, errPads
	}
	if known[name] {
		return nil, fmt.Errorf("no element %q in this server, which has %s", name, names())
	}
	return nil, fmt.Errorf("no element %q", name)
}

func (m *made) set(s setting) error {
	p := m.property(s.property)
	if p == nil {
		if s.property == "name" {
			m.name = s.value
		}
		if m.ignores(s.property) {
			return nil
		}
		if slices.Contains(missing[m.kind], s.property) {
			return fmt.Errorf("property %q of element %q is not implemented in this server", s.property, m.kind)
		}
		return fmt.Errorf("no property %q in element %q", s.property, m.kind)
	}
	v, err := p.parse(s.value)
	switch err {
	case nil:
		m.change(p, v)
	case errRange:
		m.outOfRange = append(m.outOfRange, p.rangeError(s.value))
	default:
		return fmt.Errorf("could not set property %q in element %q to %q", s.property, m.kind, s.value)
	}
	return nil
}

func (p *property) rangeError(text string) error {
	return fmt.Errorf("value %q of property %q is not from %v to %v, the property stays as it is", text, p.name, p.lowest, p.above)
}

// property finds one by its name, nil if there is none that does something.
func (m *made) property(name string) *property {
	for i := range m.properties {
		if m.properties[i].name == name {
			return &m.properties[i]
		}
	}
	return nil
}

func (m *made) ignores(name string) bool {
	return slices.Contains(ignored[""], name) || slices.Contains(ignored[m.kind], name)
}

// change gives a property another value. While the filter works, only its goroutine calls it.
func (m *made) change(p *property, v reflect.Value) {
	reflect.ValueOf(m.work).Elem().FieldByIndex(p.field).Set(v)
	m.update(p.name)
}

func (m *made) update(property string) {
	if u, ok := m.work.(updater); ok {
		u.update(property)
	}
}

// idle tells that all media passes as it is.
func (m *made) idle() bool {
	if i, ok := m.work.(idler); ok {
		return i.idle()
	}
	return false
}
