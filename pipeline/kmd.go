package pipeline

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/rivero-media/rivero/pipeline/wire"
)

// The published form of an interface description (KMD), as far as it describes the interface.
type (
	// KMD describes the classes, complex types and events of one module.
	KMD struct {
		Name           string       `json:"name"`
		Version        string       `json:"version"`
		KurentoVersion string       `json:"kurentoVersion"`
		Imports        []KMDImport  `json:"imports"`
		RemoteClasses  []KMDClass   `json:"remoteClasses"`
		ComplexTypes   []KMDComplex `json:"complexTypes"`
		Events         []KMDEvent   `json:"events"`
	}
	// KMDImport names a module whose types and classes are used.
	KMDImport struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	// KMDClass describes a remote class without what it inherits.
	KMDClass struct {
		Name        string        `json:"name"`
		Abstract    bool          `json:"abstract,omitempty"`
		Extends     string        `json:"extends,omitempty"`
		Constructor *KMDMethod    `json:"constructor,omitempty"`
		Properties  []KMDProperty `json:"properties,omitempty"`
		Methods     []KMDMethod   `json:"methods,omitempty"`
		Events      []string      `json:"events,omitempty"`
	}
	// KMDMethod describes an operation or, without a name, a constructor.
	KMDMethod struct {
		Name   string        `json:"name,omitempty"`
		Params []KMDProperty `json:"params"`
		Return *KMDReturn    `json:"return,omitempty"`
	}
	// KMDReturn is the type of a result.
	KMDReturn struct {
		Type string `json:"type"`
	}
	// KMDProperty describes a property, a parameter or a field.
	KMDProperty struct {
		Name         string          `json:"name"`
		Type         string          `json:"type"`
		Optional     bool            `json:"optional,omitempty"`
		ReadOnly     bool            `json:"readOnly,omitempty"`
		Final        bool            `json:"final,omitempty"`
		DefaultValue json.RawMessage `json:"defaultValue,omitempty"`
	}
	// KMDComplex describes an enumeration or a structure.
	KMDComplex struct {
		Name       string        `json:"name"`
		TypeFormat string        `json:"typeFormat"`
		Extends    string        `json:"extends,omitempty"`
		Values     []string      `json:"values,omitempty"`
		Properties []KMDProperty `json:"properties,omitempty"`
	}
	// KMDEvent describes an event.
	KMDEvent struct {
		Name       string        `json:"name"`
		Extends    string        `json:"extends,omitempty"`
		Properties []KMDProperty `json:"properties"`
	}
)

// kmd answers getKmd: the description of one module as JSON text.
func (s *Server) kmd(module string) (string, error) {
	known := func(m ModuleInfo) bool { return m.Name == module }
	if slices.ContainsFunc(s.Modules(), known) {
		text, err := json.MarshalIndent(s.Describe(module), "", "  ")
		return string(text), err
	}
	return "", Errorf(KmdNotFound, "Requested kmd module doesn't exist")
}

// Describe describes a module from the class tables. What a module that it imports describes is not repeated.
func (s *Server) Describe(module string) KMD {
	k := KMD{Name: module, Version: Version, KurentoVersion: Version, Imports: []KMDImport{},
		RemoteClasses: []KMDClass{}, ComplexTypes: []KMDComplex{}, Events: []KMDEvent{}}
	complexTypes, events := s.complexTypes(module), s.events(module)
	for _, name := range s.imports(module) {
		k.Imports = append(k.Imports, KMDImport{name, Version})
		for t := range s.complexTypes(name) {
			delete(complexTypes, t)
		}
	}
	for _, c := range s.classes {
		if c.Module == module {
			k.RemoteClasses = append(k.RemoteClasses, s.describeClass(c))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(complexTypes)) {
		k.ComplexTypes = append(k.ComplexTypes, s.describeComplex(complexTypes[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(events)) {
		k.Events = append(k.Events, events[name])
	}
	return k
}

// imports are the other modules that have parents of a module's classes, in alphabetical order.
func (s *Server) imports(module string) []string {
	names := map[string]bool{}
	for _, c := range s.classes {
		if c.Module != module {
			continue
		}
		for p := c.Parent; p != nil; p = p.Parent {
			names[p.Module] = true
		}
	}
	delete(names, module)
	return slices.Sorted(maps.Keys(names))
}

// complexTypes are those that a module's classes mention, by name.
func (s *Server) complexTypes(module string) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, c := range s.classes {
		if c.Module == module {
			collectTypes(c, func(t reflect.Type) {
				wire.Walk(t, func(t reflect.Type) { types[t.Name()] = t })
			})
		}
	}
	return types
}

// events describes those of a module's classes; the module of MediaObject has the parents of all events too.
func (s *Server) events(module string) map[string]KMDEvent {
	events := map[string]KMDEvent{}
	if module == MediaObjectClass.Module {
		events["RaiseBase"] = KMDEvent{Name: "RaiseBase", Properties: s.describeFields(reflect.TypeFor[raiseBaseMembers]())}
		events["Media"] = KMDEvent{
			Name: "Media", Extends: "RaiseBase", Properties: s.describeFields(reflect.TypeFor[mediaMembers]()),
		}
	}
	for _, c := range s.classes {
		if c.Module != module {
			continue
		}
		for _, e := range c.Events {
			for _, name := range append([]string{e.Name}, e.Aliases...) {
				events[name] = KMDEvent{Name: name, Extends: e.Parent(), Properties: s.describeFields(e.Data)}
			}
		}
	}
	return events
}

// collectTypes visits the complex types that a class mentions; the structs of parameters and events
// themselves are none.
func collectTypes(c *Class, collect func(reflect.Type)) {
	fields := func(t reflect.Type) {
		for _, f := range wire.Fields(t) {
			collect(f.Type)
		}
	}
	if c.New != nil {
		fields(c.New.Params)
	}
	for _, m := range c.Methods {
		fields(m.Params)
		collect(m.Result)
	}
	for _, e := range c.Events {
		fields(e.Data)
	}
	for _, t := range c.Types {
		collect(t)
	}
}

func (s *Server) describeClass(c *Class) KMDClass {
	d := KMDClass{Name: c.Name, Abstract: c.New == nil}
	if c.Parent != nil {
		d.Extends = c.Parent.Name
	}
	if c.New != nil {
		d.Constructor = &KMDMethod{Params: s.describeFields(c.New.Params)}
	}
	for _, m := range c.Methods {
		switch {
		case m.IsGetter():
			readOnly := !slices.ContainsFunc(c.Methods, func(o Method) bool { return o.Name == "set"+m.Name[3:] })
			d.Properties = append(d.Properties, KMDProperty{Name: m.property, Type: wire.TypeName(m.Result, s.remoteName), ReadOnly: readOnly})
		case m.property == "":
			op := KMDMethod{Name: m.Name, Params: s.describeFields(m.Params)}
			if t := wire.TypeName(m.Result, s.remoteName); t != "" {
				op.Return = &KMDReturn{Type: t}
			}
			d.Methods = append(d.Methods, op)
		}
	}
	for _, e := range c.Events {
		d.Events = append(append(d.Events, e.Name), e.Aliases...)
	}
	return d
}

func (s *Server) describeComplex(t reflect.Type) KMDComplex {
	if values := wire.EnumValues(t); values != nil {
		return KMDComplex{Name: t.Name(), TypeFormat: "ENUM", Values: values}
	}
	d := KMDComplex{Name: t.Name(), TypeFormat: "REGISTER", Properties: s.describeFields(t)}
	if p := wire.ParentOf(t); p != nil {
		d.Extends = p.Name()
	}
	return d
}

func (s *Server) describeFields(t reflect.Type) []KMDProperty {
	fields := []KMDProperty{}
	for _, f := range wire.Fields(t) {
		p := KMDProperty{Name: f.Name, Type: wire.TypeName(f.Type, s.remoteName), Optional: f.Optional}
		if f.Default != nil {
			p.DefaultValue = defaultValue(p.Type, *f.Default)
		}
		fields = append(fields, p)
	}
	return fields
}

// defaultValue writes the text of a tag as JSON of the field's type.
func defaultValue(typ, text string) json.RawMessage {
	switch typ {
	case "int", "int64", "float", "double", "boolean":
		return json.RawMessage(text)
	}
	if wire.IsObject(json.RawMessage(text)) || text == "[]" {
		return json.RawMessage(text)
	}
	return json.RawMessage(strconv.Quote(text))
}
