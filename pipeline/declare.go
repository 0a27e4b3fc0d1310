package pipeline

import (
	"fmt"
	"reflect"

	"github.com/rivero-media/rivero/pipeline/wire"
)

// A class can be part of the interface before it is implemented: clients find it in getKmd and, when they try to create
// it, get the answer for a class that is not installed. Its table is then made of declarations, which describe and
// have no code: as there can be no object of the class, nobody can call them.

// DeclareNew declares the constructor of a class that cannot be created yet. P is the struct of its parameters.
func DeclareNew[P any]() *Constructor { return &Constructor{Params: reflect.TypeFor[P]()} }

// DeclareOp declares an operation that answers a value of type R to parameters P.
func DeclareOp[P any, R any](name string) Method {
	return Method{Name: name, Params: reflect.TypeFor[P](), Result: reflect.TypeFor[R]()}
}

// DeclareDo declares an operation that answers nothing.
func DeclareDo[P any](name string) Method { return DeclareOp[P, wire.Void](name) }

// DeclareGet declares the getter of a property.
func DeclareGet[V any](property string) Method {
	m := DeclareOp[None, V]("get" + upperFirst(property))
	m.property = property
	return m
}

// Creatable tells whether there is code to make objects of the class.
func (c *Class) Creatable() bool { return c.New != nil && c.New.call != nil }

// checkImplemented panics when objects of the class would have an operation that is declared only.
func (c *Class) checkImplemented() {
	for p := c; p != nil; p = p.Parent {
		for _, m := range p.Methods {
			if m.call == nil {
				panic(fmt.Sprintf("pipeline: class %s can be created, but there is no code for %s.%s", c.Name, p.Name, m.Name))
			}
		}
	}
}
