package gstreamer

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// property is one of an element: a field of its struct, with a tag
//
//	`gst:"name,default"` or `gst:"name,default,lowest,highest"`
//
// The type of the field is GStreamer's: bool, int32, uint32, int64, uint64, float32, float64, string, or a type with nicks.
type property struct {
	name          string
	field         []int // as reflect.Value.FieldByIndex takes it
	typ           reflect.Type
	initial       string
	lowest, above float64 // values below lowest or above above are out of range
	choices       []choice
}

// choice is a value of an enumeration.
type choice struct {
	number int32
	nick   string
}

// enum is implemented by the types of enumerations, all of them int32.
type enum interface{ choices() []choice }

// texter is implemented by types that read their values themselves.
type texter interface{ parseText(text string) error }

// nicks numbers nicks from 0 on.
func nicks(names ...string) []choice {
	all := make([]choice, len(names))
	for i, n := range names {
		all[i] = choice{int32(i), n}
	}
	return all
}

var (
	errConvert = errors.New("cannot be converted")
	errRange   = errors.New("is out of range")
)

// propertiesOf reads the tags of a struct. A mistake in them is the programmer's and panics.
func propertiesOf(t reflect.Type) []property {
	var all []property
	for _, field := range reflect.VisibleFields(t) {
		tag, ok := field.Tag.Lookup("gst")
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		p := property{name: parts[0], field: field.Index, typ: field.Type, initial: parts[1], lowest: math.Inf(-1), above: math.Inf(1)}
		if e, ok := reflect.Zero(p.typ).Interface().(enum); ok {
			p.choices = e.choices()
		}
		if len(parts) == 4 {
			var err1, err2 error
			p.lowest, err1 = strconv.ParseFloat(parts[2], 64)
			p.above, err2 = strconv.ParseFloat(parts[3], 64)
			if err1 != nil || err2 != nil {
				panic(fmt.Sprintf("gstreamer: %v has the tag %q", t, tag))
			}
		}
		if _, err := p.parse(p.initial); err != nil {
			panic(fmt.Sprintf("gstreamer: %v has the default %q: %v", t, p.initial, err))
		}
		all = append(all, p)
	}
	return all
}

// parse reads a value as gst-launch does. The error is errRange, or says why the text is no value.
func (p *property) parse(text string) (reflect.Value, error) {
	v := reflect.New(p.typ).Elem()
	number, err := 0.0, error(nil)
	if own, ok := v.Addr().Interface().(texter); ok {
		return v, own.parseText(text)
	}
	switch {
	case p.choices != nil:
		n, ok := p.choose(text)
		if !ok {
			return v, errConvert
		}
		v.SetInt(int64(n))
		return v, nil
	case p.typ.Kind() == reflect.String:
		v.SetString(text)
		return v, nil
	case p.typ.Kind() == reflect.Bool:
		truth, ok := parseBool(text)
		if !ok {
			return v, errConvert
		}
		v.SetBool(truth)
		return v, nil
	case v.CanInt():
		var n int64
		n, err = strconv.ParseInt(digits(text), 0, p.typ.Bits())
		v.SetInt(n)
		number = float64(n)
	case v.CanUint():
		var n uint64
		n, err = parseUint(digits(text), p.typ.Bits())
		v.SetUint(n)
		number = float64(n)
	default:
		number, err = strconv.ParseFloat(strings.TrimLeft(text, " \t"), 64)
		v.SetFloat(number)
	}
	if err != nil {
		return v, errConvert
	}
	if !(number >= p.lowest && number <= p.above) || math.IsInf(number, 0) { // NaN is neither
		return v, errRange
	}
	return v, nil
}

// choose finds a value of an enumeration by its nick or number.
func (p *property) choose(text string) (int32, bool) {
	n, err := strconv.ParseInt(digits(text), 0, 32)
	for _, c := range p.choices {
		if c.nick == text || err == nil && int64(c.number) == n {
			return c.number, true
		}
	}
	return 0, false
}

// digits gives Go a number as C's strtoll takes it: Go knows more ways to write one.
func digits(s string) string {
	s = strings.TrimLeft(s, " \t")
	lower := strings.ToLower(strings.TrimLeft(s, "+-"))
	if strings.Contains(s, "_") || strings.HasPrefix(lower, "0b") || strings.HasPrefix(lower, "0o") {
		return ""
	}
	return s
}

// parseUint takes negative numbers as C does: they are counted from the largest.
func parseUint(s string, bits int) (uint64, error) {
	positive, negative := strings.CutPrefix(s, "-")
	n, err := strconv.ParseUint(strings.TrimPrefix(positive, "+"), 0, bits)
	if negative {
		n = -n & (math.MaxUint64 >> (64 - bits))
	}
	return n, err
}

func parseBool(s string) (truth, ok bool) {
	s = strings.ToLower(s)
	truth = slices.Contains([]string{"true", "t", "yes", "1"}, s)
	return truth, truth || slices.Contains([]string{"false", "f", "no", "0"}, s)
}

// typeName is what GLib calls the type of a property.
func (p *property) typeName() string {
	switch p.typ.Kind() {
	case reflect.Bool:
		return "gboolean"
	case reflect.Int32:
		return "gint"
	case reflect.Uint32:
		return "guint"
	case reflect.Int64:
		return "gint64"
	case reflect.Uint64:
		return "guint64"
	case reflect.Float32:
		return "gfloat"
	case reflect.Float64:
		return "gdouble"
	case reflect.String:
		return "gchararray"
	}
	return "GstCaps"
}
