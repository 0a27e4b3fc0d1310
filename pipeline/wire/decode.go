package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// MaxDepth bounds how deeply a parameter may be nested.
const MaxDepth = 64

// Decode fills the struct that dst points at from the members of params, a JSON object (anything else: no
// members), as constructors do: what is optional and missing gets its default. Conversions follow
// protocol.md §5; errors are *ParamError, *TypeError, *WrongClassError or the resolver's.
func Decode(params json.RawMessage, dst any, resolve Resolver) error {
	return decode(params, dst, decoder{resolve: resolve, noun: "parameter"})
}

// DecodePositional is Decode as operations do it: the original picks the overload with the leading
// parameters that are there, so when an optional one is missing the optional ones after it are ignored.
func DecodePositional(params json.RawMessage, dst any, resolve Resolver) error {
	return decode(params, dst, decoder{resolve: resolve, noun: "parameter", positional: true})
}

func decode(params json.RawMessage, dst any, d decoder) error {
	members := map[string]json.RawMessage{}
	if IsObject(params) {
		if err := json.Unmarshal(params, &members); err != nil {
			return paramErrorf("%v", err)
		}
	}
	return d.params(members, reflect.ValueOf(dst).Elem())
}

// IsObject tells whether raw holds a JSON object.
func IsObject(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && raw[0] == '{'
}

type decoder struct {
	resolve Resolver
	noun    string // what a wrong value is called: "parameter", or "property" inside a struct
	depth   int

	positional bool
}

func (d decoder) params(members map[string]json.RawMessage, v reflect.Value) error {
	missing := false
	for _, f := range Fields(v.Type()) {
		raw, given := members[f.Name]
		if f.Optional && (!given || missing && d.positional) {
			missing = true
			if err := d.setDefault(f, v.Field(f.Index)); err != nil {
				return err
			}
			continue
		}
		if !given {
			return d.wrong(f.Name, v.Field(f.Index).Type())
		}
		if err := d.value(f.Name, raw, v.Field(f.Index)); err != nil {
			return err
		}
	}
	return nil
}

// setDefault applies the default of the tag. A default that does not decode is
// the programmer's mistake and comes back as an error in the first test.
func (d decoder) setDefault(f Field, v reflect.Value) error {
	if f.Default == nil {
		return nil
	}
	text := *f.Default
	if t := deref(v.Type()); t.Kind() == reflect.String {
		text = strconv.Quote(text)
	}
	return d.value(f.Name, json.RawMessage(text), v)
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer && !t.Implements(refType) {
		return t.Elem()
	}
	return t
}

// wrong is the error for a value that is missing or of a wrong JSON type.
func (d decoder) wrong(name string, t reflect.Type) error {
	return paramErrorf("'%s' %s should be a %s", name, d.noun, nounOf(deref(t)))
}

// nounOf is what the original's messages call a type.
func nounOf(t reflect.Type) string {
	switch {
	case t.Implements(refType), t.Kind() == reflect.String:
		return "string"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "integer"
	case reflect.Int64:
		return "int64"
	case reflect.Float32, reflect.Float64:
		return "double"
	case reflect.Slice:
		return "list"
	case reflect.Map:
		return "map"
	default:
		return "object"
	}
}

func (d decoder) value(name string, raw json.RawMessage, v reflect.Value) error {
	if d.depth++; d.depth > MaxDepth {
		return paramErrorf("'%s' is nested deeper than %d", name, MaxDepth)
	}
	t := v.Type()
	if t.Implements(refType) {
		return d.ref(name, raw, v)
	}
	if t.Kind() == reflect.Pointer {
		p := reflect.New(t.Elem())
		if err := d.value(name, raw, p.Elem()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
	var scalar any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&scalar); err != nil {
		return d.wrong(name, t)
	}
	switch t.Kind() {
	case reflect.String:
		return d.text(name, scalar, v)
	case reflect.Bool:
		b, ok := toBool(scalar)
		if !ok {
			return d.wrong(name, t)
		}
		v.SetBool(b)
	case reflect.Int:
		n, ok := toInt(scalar, math.MinInt32, math.MaxInt32)
		if !ok {
			return d.wrong(name, t)
		}
		v.SetInt(n)
	case reflect.Int64:
		n, ok := toInt(scalar, math.MinInt64, math.MaxInt64)
		if !ok {
			return d.wrong(name, t)
		}
		v.SetInt(n)
	case reflect.Float32, reflect.Float64:
		n, ok := toFloat(scalar)
		if !ok || t.Kind() == reflect.Float32 && math.Abs(n) > math.MaxFloat32 {
			return d.wrong(name, t)
		}
		v.SetFloat(n)
	case reflect.Slice:
		return d.list(name, raw, v)
	case reflect.Map:
		return d.dict(name, raw, v)
	case reflect.Struct:
		return d.object(name, raw, v)
	default:
		return paramErrorf("'%s' cannot be decoded into %s", name, t)
	}
	return nil
}

func (d decoder) ref(name string, raw json.RawMessage, v reflect.Value) error {
	var scalar any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&scalar); err != nil {
		return d.wrong(name, v.Type())
	}
	id, ok := toText(scalar)
	if !ok {
		return d.wrong(name, v.Type())
	}
	o, err := d.resolve(id)
	if err != nil {
		return err
	}
	if !reflect.TypeOf(o).AssignableTo(v.Type()) {
		return &WrongClassError{Param: name, ID: id}
	}
	v.Set(reflect.ValueOf(o))
	return nil
}

// WrongClassError is an object that exists but is not of the class the parameter takes. The original
// dereferences a null pointer here (golden z1, z2) or answers "bad_weak_ptr".
type WrongClassError struct{ Param, ID string }

func (e *WrongClassError) Error() string {
	return "object '" + e.ID + "' is of the wrong class for parameter '" + e.Param + "'"
}

func (d decoder) text(name string, scalar any, v reflect.Value) error {
	s, ok := toText(scalar)
	if !ok {
		return d.wrong(name, v.Type())
	}
	if e, isEnum := v.Interface().(Enum); isEnum && !slices.Contains(e.Values(), s) {
		return paramErrorf("Invalid value for '%s'", v.Type().Name())
	}
	v.SetString(s)
	return nil
}

func (d decoder) list(name string, raw json.RawMessage, v reflect.Value) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return d.wrong(name, v.Type())
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := d.value(name, item, list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func (d decoder) dict(name string, raw json.RawMessage, v reflect.Value) error {
	var items map[string]json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return d.wrong(name, v.Type())
	}
	m := reflect.MakeMapWithSize(v.Type(), len(items))
	for key, item := range items {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(key, item, e); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(key), e)
	}
	v.Set(m)
	return nil
}

func (d decoder) object(name string, raw json.RawMessage, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return d.wrong(name, v.Type())
	}
	if err := checkType(members, v.Type()); err != nil {
		return err
	}
	return d.members(members, v)
}

// members fills a struct, embedded ones included; unlike parameters, the fields are independent of each other.
func (d decoder) members(members map[string]json.RawMessage, v reflect.Value) error {
	d.noun = "property"
	for _, i := range embedded(v.Type()) {
		if err := d.members(members, v.Field(i)); err != nil {
			return err
		}
	}
	for _, f := range Fields(v.Type()) {
		raw, given := members[f.Name]
		switch {
		case given:
			if err := d.value(f.Name, raw, v.Field(f.Index)); err != nil {
				return err
			}
		case f.Optional:
			if err := d.setDefault(f, v.Field(f.Index)); err != nil {
				return err
			}
		default:
			return d.wrong(f.Name, v.Field(f.Index).Type())
		}
	}
	return nil
}

// TypeError is a complex value that names another type than the declared one.
type TypeError struct{ Message string }

func (e *TypeError) Error() string { return e.Message }

// checkType looks at __type__ and __module__ when both are given.
func checkType(members map[string]json.RawMessage, t reflect.Type) error {
	var typ, module string
	if json.Unmarshal(members["__type__"], &typ) != nil || json.Unmarshal(members["__module__"], &module) != nil {
		return nil
	}
	if module != moduleOf(t) {
		return &TypeError{Message: "Type " + typ + " does not exist in module " + module}
	}
	if typ != t.Name() {
		return &TypeError{Message: "Type " + typ + " is not compatible"}
	}
	return nil
}

func toText(scalar any) (string, bool) {
	switch s := scalar.(type) {
	case nil:
		return "", true
	case string:
		return s, true
	case bool:
		return strconv.FormatBool(s), true
	case json.Number:
		return s.String(), true
	}
	return "", false
}

// leadingNumber is what a text must begin with to pass for a number: OpenVidu
// sends every filter parameter as text, also as "1.3F" (openvidu.md §7).
var leadingNumber = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?`)

func toFloat(scalar any) (float64, bool) {
	switch s := scalar.(type) {
	case nil:
		return 0, true
	case bool:
		if s {
			return 1, true
		}
		return 0, true
	case json.Number:
		f, err := s.Float64()
		return f, err == nil
	case string:
		f, err := strconv.ParseFloat(leadingNumber.FindString(s), 64)
		return f, err == nil
	}
	return 0, false
}

func toInt(scalar any, lowest, highest int64) (int64, bool) {
	if n, ok := scalar.(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i, i >= lowest && i <= highest
		}
	}
	f, ok := toFloat(scalar)
	if !ok || f < float64(lowest) || f > float64(highest) || f == math.MaxInt64 {
		return 0, false
	}
	return int64(f), true
}

func toBool(scalar any) (bool, bool) {
	if s, ok := scalar.(string); ok {
		switch s {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	f, ok := toFloat(scalar)
	return f != 0, ok
}
