package wire

import (
	"fmt"
	"reflect"
)

// TypeName is how a KMD names Go type t: "int", "MediaType", "IceCandidate[]", "Stats<>"; "" for Void.
// refName names what a Ref or another interface type stands for.
func TypeName(t reflect.Type, refName func(reflect.Type) string) string {
	if t.Implements(refType) || t.Kind() == reflect.Interface && t.NumMethod() > 0 {
		return refName(t)
	}
	t = deref(t)
	switch {
	case t == voidType:
		return ""
	case t.Implements(enumType), t.Kind() == reflect.Struct:
		return t.Name()
	}
	switch t.Kind() {
	case reflect.String:
		return "String"
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "int"
	case reflect.Int64:
		return "int64"
	case reflect.Float32:
		return "float"
	case reflect.Float64:
		return "double"
	case reflect.Slice:
		return TypeName(t.Elem(), refName) + "[]"
	case reflect.Map:
		return TypeName(t.Elem(), refName) + "<>"
	}
	panic(fmt.Sprintf("wire: %s stands for no remote type", t))
}

// Walk calls visit for t and every struct and enum type it is made of, each once per call.
func Walk(t reflect.Type, visit func(reflect.Type)) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		if t.Implements(refType) {
			return
		}
		t = deref(t)
		if seen[t] || t == voidType {
			return
		}
		seen[t] = true
		switch {
		case t.Implements(enumType):
			visit(t)
		case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
			walk(t.Elem())
		case t.Kind() == reflect.Struct:
			visit(t)
			for _, i := range embedded(t) {
				walk(t.Field(i).Type)
			}
			for _, f := range Fields(t) {
				walk(f.Type)
			}
		}
	}
	walk(t)
}

// EnumValues are the texts of enum type t, nil when it is none.
func EnumValues(t reflect.Type) []string {
	if !t.Implements(enumType) {
		return nil
	}
	return reflect.Zero(t).Interface().(Enum).Values()
}

// ParentOf is the embedded struct of struct type t, nil when there is none.
func ParentOf(t reflect.Type) reflect.Type {
	if t.Kind() != reflect.Struct {
		return nil
	}
	if e := embedded(t); len(e) > 0 {
		return t.Field(e[0]).Type
	}
	return nil
}
