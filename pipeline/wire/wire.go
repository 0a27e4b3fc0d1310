// Package wire is how values look in the Kurento protocol: it decodes remote
// parameters into Go structs, encodes Go values into answers and events, and
// describes Go types as a KMD interface description does. It knows no class
// and no object beyond "something with an id".
//
// Go types stand for remote types as follows:
//
//	string, bool, int, int64, float32, float64   String, boolean, int, int64, float, double
//	[]T, map[string]T                            T[], T<>
//	a string type with a Values method           a complex type of format ENUM
//	a struct                                     a complex type of format REGISTER; an embedded struct is its parent
//	a type that implements Ref                   a remote class; on the wire its id
//	a pointer to any of the above                the same, optional: nil is absent
//
// Fields are named by the struct tag `kurento:"name"`. `kurento:"name,optional"` marks a parameter
// that may be left out, `kurento:"name,optional,default=x"` one with a default that the server
// applies. The default text is the last part of the tag.
package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Ref is a remote object as far as values are concerned.
type Ref interface{ ID() string }

// Enum is implemented by string types that stand for a complex type of format ENUM.
type Enum interface{ Values() []string }

// Moduled is implemented by structs and enums whose type belongs to another
// wire module than DefaultModule.
type Moduled interface{ WireModule() string }

// DefaultModule is the name under which the modules core, elements and filters
// appear on the wire.
const DefaultModule = "kurento"

// Void is the result of operations that return nothing; null on the wire.
type Void struct{}

// ParamError is a parameter that could not be decoded. The text is Kurento's;
// the caller gives it the number 40001 (protocol.md §5).
type ParamError struct{ Message string }

func (e *ParamError) Error() string { return e.Message }

func paramErrorf(format string, args ...any) error {
	return &ParamError{Message: fmt.Sprintf(format, args...)}
}

// Resolver finds a remote object by id for Decode. Its error is passed on unchanged.
type Resolver func(id string) (Ref, error)

var (
	refType  = reflect.TypeFor[Ref]()
	enumType = reflect.TypeFor[Enum]()
	voidType = reflect.TypeFor[Void]()
)

// Field is one member of a struct type, as its tag describes it.
type Field struct {
	Name     string
	Optional bool
	Default  *string // as written in the tag
	Index    int
	Type     reflect.Type
}

var fieldCache sync.Map // reflect.Type -> []Field

// Fields lists the tagged fields of struct type t itself, in order, without those of embedded structs.
// A bad tag is the programmer's mistake and panics.
func Fields(t reflect.Type) []Field {
	if f, ok := fieldCache.Load(t); ok {
		return f.([]Field)
	}
	var fields []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, ok := sf.Tag.Lookup("kurento")
		if !ok {
			continue
		}
		f := Field{Index: i, Type: sf.Type}
		head, def, hasDefault := strings.Cut(tag, ",default=")
		name, flag, hasFlag := strings.Cut(head, ",")
		if hasFlag && flag != "optional" || name == "" || hasDefault && !hasFlag {
			panic(fmt.Sprintf("wire: bad tag %q on %s.%s", tag, t, sf.Name))
		}
		f.Name, f.Optional = name, hasFlag
		if hasDefault {
			f.Default = &def
		}
		fields = append(fields, f)
	}
	fieldCache.Store(t, fields)
	return fields
}

// embedded lists the embedded structs of t: the parents of the type it stands for.
func embedded(t reflect.Type) []int {
	var idx []int
	for i := range t.NumField() {
		if sf := t.Field(i); sf.Anonymous && sf.Type.Kind() == reflect.Struct {
			idx = append(idx, i)
		}
	}
	return idx
}

// moduleOf is the wire module of a struct or enum type.
func moduleOf(t reflect.Type) string {
	if m, ok := reflect.Zero(t).Interface().(Moduled); ok {
		return m.WireModule()
	}
	return DefaultModule
}
