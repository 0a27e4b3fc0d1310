package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/rivero-media/rivero/pipeline/wire"
)

// Class describes a remote class beside the code that implements it. What its
// parents describe is not repeated.
type Class struct {
	Name    string
	Module  string // as in the KMD: "core", "elements", "filters", or a module of its own
	Parent  *Class // nil for MediaObject
	New     *Constructor
	Methods []Method
	Events  []EventType

	Refer reflect.Type   // the Go type by which parameters and results refer to the class, where they do
	Types []reflect.Type // complex types that results hold beyond those their Go types name
}

// Constructor makes objects of a class; a class without one is abstract.
type Constructor struct {
	Params reflect.Type // the struct of remote parameters
	call   func(ctx context.Context, s *Server, c *Class, params json.RawMessage) (Object, error)
}

// New describes a constructor. f gets what every object needs to be set up and the decoded parameters; it
// returns a working object or an error, and leaves nothing behind in the latter case.
func New[P any](f func(ctx context.Context, c Creation, p P) (Object, error)) *Constructor {
	return &Constructor{
		Params: reflect.TypeFor[P](),
		call: func(ctx context.Context, s *Server, c *Class, params json.RawMessage) (Object, error) {
			var p P
			if err := checkConstructorParams(params, len(wire.Fields(reflect.TypeFor[P]()))); err != nil {
				return nil, err
			}
			if err := wire.Decode(params, &p, s.resolve); err != nil {
				return nil, AsError(err)
			}
			return f(ctx, Creation{server: s, class: c, params: params}, p)
		},
	}
}

// checkConstructorParams refuses what the original refuses before it looks at single parameters.
func checkConstructorParams(params json.RawMessage, wanted int) error {
	switch given := len(params) > 0 && string(params) != "null"; {
	case given && !wire.IsObject(params):
		return Errorf(MarshallError, "'constructorParams' should be an object")
	case !given && wanted > 0:
		return Errorf(MarshallError, "'constructorParams' is required")
	}
	return nil
}

// Method is one remote operation: a property is a pair of them, getX and setX, as on the wire.
type Method struct {
	Name     string
	Params   reflect.Type // the struct of remote parameters
	Result   reflect.Type // wire.Void for none
	Slow     bool         // may take long by design: answers of others do not wait for it
	property string       // of which this is the getter or setter, "" for plain operations
	call     func(ctx context.Context, o Object, params json.RawMessage) (any, error)
}

// IsGetter tells whether the operation reads a property.
func (m *Method) IsGetter() bool { return m.property != "" && strings.HasPrefix(m.Name, "get") }

// Invoke decodes the parameters and calls the operation. The result is a value for wire.Encode.
func (m *Method) Invoke(ctx context.Context, o Object, params json.RawMessage) (any, error) {
	v, err := m.call(ctx, o, params)
	return v, AsError(err)
}

// None is the parameter struct of operations that take none.
type None struct{}

// Op describes an operation that answers a value. O is the interface or type through which f
// sees the object; every object of the class must satisfy it.
func Op[O any, P any, R any](name string, f func(ctx context.Context, o O, p P) (R, error)) Method {
	return Method{
		Name: name, Params: reflect.TypeFor[P](), Result: reflect.TypeFor[R](),
		call: func(ctx context.Context, o Object, params json.RawMessage) (any, error) {
			var p P
			if err := wire.DecodePositional(params, &p, o.Base().server.resolve); err != nil {
				return nil, err
			}
			typed, ok := any(o).(O)
			if !ok {
				return nil, fmt.Errorf("%T does not implement operation %s", o, name)
			}
			return f(ctx, typed, p)
		},
	}
}

// Do describes an operation that answers nothing.
func Do[O any, P any](name string, f func(ctx context.Context, o O, p P) error) Method {
	return Op(name, func(ctx context.Context, o O, p P) (wire.Void, error) { return wire.Void{}, f(ctx, o, p) })
}

// Slow marks an operation that takes long by design.
func Slow(m Method) Method {
	m.Slow = true
	return m
}

// Get describes the getter of a property.
func Get[O any, V any](property string, get func(o O) V) Method {
	m := Op("get"+upperFirst(property), func(_ context.Context, o O, _ None) (V, error) { return get(o), nil })
	m.property = property
	return m
}

// value is the one parameter of a setter; its wire name is the property's.
func setter[O any, V any](property string, set func(o O, v V) error) Method {
	field := reflect.StructField{
		Name: "Value", Type: reflect.TypeFor[V](), Tag: reflect.StructTag(fmt.Sprintf("kurento:%q", property)),
	}
	params := reflect.StructOf([]reflect.StructField{field})
	return Method{
		Name: "set" + upperFirst(property), Params: params, Result: reflect.TypeFor[wire.Void](), property: property,
		call: func(_ context.Context, o Object, raw json.RawMessage) (any, error) {
			p := reflect.New(params)
			if err := wire.DecodePositional(raw, p.Interface(), o.Base().server.resolve); err != nil {
				return nil, err
			}
			typed, ok := any(o).(O)
			if !ok {
				return nil, fmt.Errorf("%T has no property %s", o, property)
			}
			return wire.Void{}, set(typed, p.Elem().Field(0).Interface().(V))
		},
	}
}

// Property describes a property that can be read and written.
func Property[O any, V any](name string, get func(o O) V, set func(o O, v V) error) []Method {
	return []Method{Get(name, get), setter(name, set)}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Methods joins single operations and properties into one list.
func Methods(parts ...any) []Method {
	var out []Method
	for _, p := range parts {
		switch m := p.(type) {
		case Method:
			out = append(out, m)
		case []Method:
			out = append(out, m...)
		default:
			panic(fmt.Sprintf("pipeline: %T is no method", p))
		}
	}
	return out
}

// WireModule is the module's name on the wire: core, elements and filters are one there.
func (c *Class) WireModule() string {
	switch c.Module {
	case "core", "elements", "filters":
		return wire.DefaultModule
	}
	return c.Module
}

// QualifiedName is what describe calls the class.
func (c *Class) QualifiedName() string { return c.WireModule() + "." + c.Name }

// Hierarchy are the qualified names of the parents, nearest first.
func (c *Class) Hierarchy() []string {
	names := []string{}
	for p := c.Parent; p != nil; p = p.Parent {
		names = append(names, p.QualifiedName())
	}
	return names
}

// descends tells whether a class of that name is among the class and its parents.
func (c *Class) descends(name string) bool {
	for ; c != nil; c = c.Parent {
		if c.Name == name {
			return true
		}
	}
	return false
}

// Method finds an operation in the class or its parents; nil when there is none of that name.
func (c *Class) Method(name string) *Method {
	for ; c != nil; c = c.Parent {
		for i := range c.Methods {
			if c.Methods[i].Name == name {
				return &c.Methods[i]
			}
		}
	}
	return nil
}

// Event finds an event by the name a client subscribes to, an old one included.
func (c *Class) Event(name string) *EventType {
	for ; c != nil; c = c.Parent {
		for i := range c.Events {
			if c.Events[i].Name == name || c.Events[i].isAlias(name) {
				return &c.Events[i]
			}
		}
	}
	return nil
}
