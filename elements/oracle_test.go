package elements_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/pipeline"
)

// TestPublishedInterfaces compares the class tables with the interface descriptions that clients are generated from:
// each must be contained in ours.
func TestPublishedInterfaces(t *testing.T) {
	dir := sharedDir(t, "kurento/kmd")
	for _, release := range []string{"npm-6.18.0", "npm-7.3.0"} {
		t.Run(release, func(t *testing.T) {
			o := newOracle(t)
			files, err := filepath.Glob(filepath.Join(dir, release, "*.kmd.json"))
			if err != nil || len(files) == 0 {
				t.Fatal("no interface descriptions", err)
			}
			for _, file := range files {
				o.read(readKMD(t, file))
			}
			o.compare()
			t.Logf("%d classes, %d complex types, %d events are described",
				len(o.published.RemoteClasses), len(o.published.ComplexTypes), len(o.published.Events))
		})
	}
}

// TestPublishedModules does the same for the modules beside the server, all of whose classes can be created.
func TestPublishedModules(t *testing.T) {
	dir := sharedDir(t, "kurento/kmd")
	files, err := filepath.Glob(filepath.Join(dir, "*.kmd.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no interface descriptions", err)
	}
	modules := map[string]*pipeline.KMD{} // by the beginning of the files' names
	var bodies []string
	for _, file := range files {
		name, body, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".kmd.json"), ".")
		if body != "" {
			bodies = append(bodies, file)
		} else if k := readKMD(t, file); !slices.Contains([]string{"core", "elements", "filters"}, k.Name) {
			modules[name] = &k
		}
	}
	for _, file := range bodies {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		if k := modules[name]; k != nil {
			join(k, readKMD(t, file))
		}
	}
	for _, k := range modules {
		t.Run(k.Name, func(t *testing.T) {
			o := newOracle(t)
			o.read(*k)
			o.compare()
		})
	}
}

// oracle compares one published interface with ours. Names are unique across modules, but for what two modules publish alike.
type oracle struct {
	t         *testing.T
	modules   map[string][]string // of our classes, complex types and events
	canCreate func(class string) error
	all       pipeline.KMD // all of ours
	published pipeline.KMD
	seen      map[string]bool // types and events already compared
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	c, err := conf.Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := elements.Open(c, func(string) zerolog.Logger { return zerolog.Nop() })
	if err != nil {
		t.Fatal(err)
	}
	s := pipeline.NewServer(pipeline.Settings{}, set.Classes, zerolog.Nop())
	t.Cleanup(set.Close)
	t.Cleanup(s.Close)
	o := &oracle{t: t, canCreate: s.CanCreate, modules: map[string][]string{}, seen: map[string]bool{}}
	described := map[string]bool{}
	for _, c := range s.Classes() {
		if !described[c.Module] {
			described[c.Module] = true
			o.describe(s.Describe(c.Module))
		}
	}
	return o
}

// describe takes in one of our modules. Each name is described once, and the whole is valid JSON.
func (o *oracle) describe(k pipeline.KMD) {
	if _, err := json.Marshal(k); err != nil {
		o.errorf("module %s: %v", k.Name, err)
	}
	for _, name := range names(k) {
		if others := o.modules[name]; len(others) > 0 && name != "WindowParam" {
			o.errorf("%s is described in modules %v and again in %s", name, others, k.Name)
		}
		o.modules[name] = append(o.modules[name], k.Name)
	}
	join(&o.all, k)
}

// names are those of everything in a module.
func names(k pipeline.KMD) []string {
	return slices.Concat(namesOf(k.RemoteClasses, className), namesOf(k.ComplexTypes, complexName), namesOf(k.Events, eventName))
}

func namesOf[T any](items []T, nameOf func(T) string) (names []string) {
	for _, item := range items {
		names = append(names, nameOf(item))
	}
	return names
}

func join(to *pipeline.KMD, from pipeline.KMD) {
	to.RemoteClasses = append(to.RemoteClasses, from.RemoteClasses...)
	to.ComplexTypes = append(to.ComplexTypes, from.ComplexTypes...)
	to.Events = append(to.Events, from.Events...)
}

func readKMD(t *testing.T, path string) pipeline.KMD {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var k pipeline.KMD
	// Some hold line breaks inside of texts, which JSON does not allow.
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte("\n"), []byte(" ")), &k); err != nil {
		t.Fatal(path, err)
	}
	return k
}

func (o *oracle) read(k pipeline.KMD) {
	for _, name := range names(k) {
		if modules := o.modules[name]; len(modules) > 0 && !slices.Contains(modules, k.Name) {
			o.errorf("%s is in modules %v, not %s", name, modules, k.Name)
		}
	}
	join(&o.published, k)
}

func (o *oracle) errorf(format string, args ...any) {
	o.t.Helper()
	o.t.Errorf(format, args...)
}

// find returns the item of a name; the bool is false when there is none.
func find[T any](items []T, name string, nameOf func(T) string) (item T, ok bool) {
	i := slices.IndexFunc(items, func(item T) bool { return nameOf(item) == name })
	if i < 0 {
		return item, false
	}
	return items[i], true
}

func className(c pipeline.KMDClass) string       { return c.Name }
func methodName(m pipeline.KMDMethod) string     { return m.Name }
func propertyName(p pipeline.KMDProperty) string { return p.Name }
func complexName(c pipeline.KMDComplex) string   { return c.Name }
func eventName(e pipeline.KMDEvent) string       { return e.Name }

func (o *oracle) compare() {
	for _, want := range o.published.RemoteClasses {
		got, ok := find(o.all.RemoteClasses, want.Name, className)
		if !ok {
			o.errorf("class %s is not described", want.Name)
			continue
		}
		o.class(want, got)
		if want.Constructor != nil && o.canCreate(want.Name) != nil {
			o.errorf("%s cannot be created", want.Name)
		}
	}
	for _, want := range o.published.ComplexTypes {
		o.complexType(want, false)
	}
	for _, want := range o.published.Events {
		o.event(want.Name)
	}
}

func (o *oracle) class(want, got pipeline.KMDClass) {
	if want.Extends != got.Extends {
		o.errorf("%s extends %q, not %q", want.Name, got.Extends, want.Extends)
	}
	if (want.Constructor == nil) != (got.Constructor == nil) {
		o.errorf("%s: it has a constructor: %v, not %v", want.Name, got.Constructor != nil, want.Constructor != nil)
	} else if want.Constructor != nil {
		o.fields(want.Name+" constructor", want.Constructor.Params, got.Constructor.Params, true)
	}
	for _, w := range want.Properties {
		g, ok := find(got.Properties, w.Name, propertyName)
		switch {
		case !ok:
			o.errorf("%s has no property %s", want.Name, w.Name)
		case (w.ReadOnly || w.Final) != g.ReadOnly:
			o.errorf("%s.%s is read only: %v, not %v", want.Name, w.Name, g.ReadOnly, w.ReadOnly || w.Final)
		default:
			o.sameType(want.Name+"."+w.Name, w.Type, g.Type, !g.ReadOnly)
		}
	}
	for _, w := range want.Methods {
		o.method(want.Name+"."+w.Name, w, got)
	}
	for _, name := range want.Events {
		if !slices.Contains(got.Events, name) {
			o.errorf("%s has no event %s", want.Name, name)
			continue
		}
		o.event(name)
	}
}

func (o *oracle) method(name string, want pipeline.KMDMethod, class pipeline.KMDClass) {
	got, ok := find(class.Methods, want.Name, methodName)
	if !ok {
		o.errorf("there is no operation %s", name)
		return
	}
	o.fields(name, want.Params, got.Params, true)
	switch {
	case want.Return == nil && got.Return == nil:
	case want.Return == nil || got.Return == nil:
		o.errorf("%s returns something: %v, not %v", name, got.Return != nil, want.Return != nil)
	default:
		o.sameType(name+" result", want.Return.Type, got.Return.Type, false)
	}
}

// fields compares parameters or members. Where clients send them (input), those of ours that are not published have
// to be optional.
func (o *oracle) fields(name string, want, got []pipeline.KMDProperty, input bool) {
	for _, w := range want {
		g, ok := find(got, w.Name, propertyName)
		if !ok {
			o.errorf("%s: there is no %s", name, w.Name)
			continue
		}
		where := name + " " + w.Name
		if w.Optional != g.Optional {
			o.errorf("%s is optional: %v, not %v", where, g.Optional, w.Optional)
		}
		if !sameDefault(w.DefaultValue, g.DefaultValue) {
			o.errorf("%s is %s by default, not %s", where, g.DefaultValue, w.DefaultValue)
		}
		o.sameType(where, w.Type, g.Type, input)
	}
	for _, g := range got {
		if _, ok := find(want, g.Name, propertyName); !ok && !g.Optional && input {
			o.errorf("%s: %s is ours only and not optional", name, g.Name)
		}
	}
}

// sameDefault compares JSON values; none published is not compared.
func sameDefault(want, got json.RawMessage) bool {
	if len(want) == 0 {
		return true
	}
	var w, g any
	return json.Unmarshal(want, &w) == nil && json.Unmarshal(got, &g) == nil && fmt.Sprint(w) == fmt.Sprint(g)
}

func (o *oracle) event(name string) {
	if o.seen["event "+name] {
		return
	}
	o.seen["event "+name] = true
	want, ok := find(o.published.Events, name, eventName)
	if !ok {
		return // published elsewhere
	}
	got, ok := find(o.all.Events, name, eventName)
	if !ok {
		o.errorf("event %s is not described", name)
		return
	}
	if want.Extends != got.Extends {
		o.errorf("event %s extends %q, not %q", name, got.Extends, want.Extends)
	}
	o.fields("event "+name, want.Properties, got.Properties, false)
}

// sameType compares type names, and the complex types behind them.
func (o *oracle) sameType(where, want, got string, input bool) {
	o.t.Helper()
	if want != got {
		o.errorf("%s is a %s, not a %s", where, got, want)
		return
	}
	name := strings.TrimSuffix(strings.TrimSuffix(want, "[]"), "<>")
	key := fmt.Sprintf("type %s, input: %v", name, input)
	if o.seen[key] {
		return
	}
	o.seen[key] = true
	if w, ok := find(o.published.ComplexTypes, name, complexName); ok {
		o.complexType(w, input)
	}
}

func (o *oracle) complexType(want pipeline.KMDComplex, input bool) {
	got, ok := find(o.all.ComplexTypes, want.Name, complexName)
	if !ok {
		o.errorf("type %s is not described", want.Name)
		return
	}
	if want.TypeFormat != got.TypeFormat || want.Extends != got.Extends {
		o.errorf("type %s is %s of %q, not %s of %q", want.Name, got.TypeFormat, got.Extends, want.TypeFormat, want.Extends)
	}
	for _, value := range want.Values {
		if !slices.Contains(got.Values, value) {
			o.errorf("type %s has no value %s", want.Name, value)
		}
	}
	o.fields("type "+want.Name, want.Properties, got.Properties, input)
	if want.Extends != "" {
		o.sameType("parent of "+want.Name, want.Extends, got.Extends, input)
	}
}

// sharedDir is a folder of the reference data beside the repository. Without it the test is skipped, except in CI.
func sharedDir(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		message := fmt.Sprintf("reference data is missing: %v", err)
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	return path
}
