package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Encode writes v as the original does: compact, members in alphabetical
// order, other than ASCII as \u escapes, floating point always with a
// fraction, objects as their ids, structs with __module__ and __type__, an
// empty map as null (protocol.md §1, §5).
func Encode(v any) (json.RawMessage, error) {
	return Append(nil, v)
}

// Append is Encode into a buffer.
func Append(buf []byte, v any) ([]byte, error) {
	return appendValue(buf, reflect.ValueOf(v), 0)
}

func appendValue(buf []byte, v reflect.Value, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("wire: value nested deeper than %d", MaxDepth)
	}
	if !v.IsValid() {
		return append(buf, "null"...), nil
	}
	if raw, ok := v.Interface().(json.RawMessage); ok {
		if len(raw) == 0 {
			return append(buf, "null"...), nil
		}
		return append(buf, raw...), nil
	}
	if nilable(v.Kind()) && v.IsNil() {
		if v.Kind() == reflect.Slice {
			return append(buf, "[]"...), nil
		}
		return append(buf, "null"...), nil
	}
	if ref, ok := v.Interface().(Ref); ok {
		return appendString(buf, ref.ID()), nil
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return appendValue(buf, v.Elem(), depth+1)
	case reflect.String:
		return appendString(buf, v.String()), nil
	case reflect.Bool:
		return strconv.AppendBool(buf, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(buf, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(buf, v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return appendFloat(buf, v.Float()), nil
	case reflect.Slice, reflect.Array:
		return appendList(buf, v, depth)
	case reflect.Map:
		return appendMap(buf, v, depth)
	case reflect.Struct:
		return appendStruct(buf, v, depth)
	}
	return nil, fmt.Errorf("wire: cannot encode %s", v.Type())
}

func nilable(k reflect.Kind) bool {
	return k == reflect.Pointer || k == reflect.Interface || k == reflect.Map || k == reflect.Slice
}

func appendList(buf []byte, v reflect.Value, depth int) ([]byte, error) {
	buf = append(buf, '[')
	var err error
	for i := range v.Len() {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = appendValue(buf, v.Index(i), depth+1); err != nil {
			return nil, err
		}
	}
	return append(buf, ']'), nil
}

// member is a named value on its way into a JSON object.
type member struct {
	name  string
	value reflect.Value
}

func appendObject(buf []byte, members []member, depth int) ([]byte, error) {
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	buf = append(buf, '{')
	var err error
	for i, m := range members {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(appendString(buf, m.name), ':')
		if buf, err = appendValue(buf, m.value, depth+1); err != nil {
			return nil, err
		}
	}
	return append(buf, '}'), nil
}

func appendMap(buf []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Len() == 0 {
		return append(buf, "null"...), nil
	}
	members := make([]member, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		members = append(members, member{it.Key().String(), it.Value()})
	}
	return appendObject(buf, members, depth)
}

func appendStruct(buf []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Type() == voidType {
		return append(buf, "null"...), nil
	}
	members := []member{
		{"__module__", reflect.ValueOf(moduleOf(v.Type()))},
		{"__type__", reflect.ValueOf(v.Type().Name())},
	}
	return appendObject(buf, structMembers(members, v), depth)
}

func structMembers(members []member, v reflect.Value) []member {
	for _, i := range embedded(v.Type()) {
		members = structMembers(members, v.Field(i))
	}
	for _, f := range Fields(v.Type()) {
		fv := v.Field(f.Index)
		if fv.Kind() == reflect.Pointer && fv.IsNil() {
			continue
		}
		members = append(members, member{f.Name, fv})
	}
	return members
}

// Members are the fields of struct v by their wire names, embedded structs included, without
// __module__ and __type__: the form in which events carry their data.
func Members(v any) map[string]any {
	out := map[string]any{}
	for _, m := range structMembers(nil, reflect.ValueOf(v)) {
		out[m.name] = m.value.Interface()
	}
	return out
}

// appendFloat writes plain digits where the original does, and an exponent beyond.
func appendFloat(buf []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(buf, "null"...)
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e17) {
		return strconv.AppendFloat(buf, f, 'e', -1, 64)
	}
	start := len(buf)
	buf = strconv.AppendFloat(buf, f, 'f', -1, 64)
	if bytes.IndexByte(buf[start:], '.') < 0 {
		buf = append(buf, ".0"...)
	}
	return buf
}

const hex = "0123456789abcdef"

// appendString escapes like jsoncpp: control characters and all that is not
// ASCII, but neither DEL nor the characters that matter only in HTML.
func appendString(buf []byte, s string) []byte {
	buf = append(buf, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case r == '"' || r == '\\':
			buf = append(buf, '\\', byte(r))
		case r == '\n':
			buf = append(buf, '\\', 'n')
		case r == '\r':
			buf = append(buf, '\\', 'r')
		case r == '\t':
			buf = append(buf, '\\', 't')
		case r == '\b':
			buf = append(buf, '\\', 'b')
		case r == '\f':
			buf = append(buf, '\\', 'f')
		case r < 0x20 || r >= 0x80 && r <= 0xffff:
			buf = appendEscape(buf, r)
		case r > 0xffff:
			r -= 0x10000
			buf = appendEscape(buf, 0xd800+r>>10)
			buf = appendEscape(buf, 0xdc00+r&0x3ff)
		default:
			buf = append(buf, byte(r))
		}
	}
	return append(buf, '"')
}

func appendEscape(buf []byte, r rune) []byte {
	return append(buf, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
