package conf

import (
	"fmt"
	"reflect"
)

// Origin says where a value came from. The zero Origin is the built-in default.
type Origin struct {
	Name string // path of a file, name of a variable, or an option such as --conf-file
	Line int    // in a file, from 1
}

// String returns "default", the name, or "file:line".
func (o Origin) String() string {
	switch {
	case o.Name == "":
		return "default"
	case o.Line == 0:
		return o.Name
	default:
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	}
}

// Warning is something in the configuration that was ignored or changed. It never
// holds a password.
type Warning struct {
	Origin Origin
	Key    string // path of the key, "" when it is not about one
	Text   string
}

// String returns the warning as one line.
func (w Warning) String() string {
	if w.Key == "" {
		return fmt.Sprintf("%s: %s", w.Origin, w.Text)
	}
	return fmt.Sprintf("%s: %s: %s", w.Origin, w.Key, w.Text)
}

// Setting is one effective value, ready to print.
type Setting struct {
	Name   string // path of the key, the option or the variable
	Value  string // "" when unset, secrets masked
	Origin Origin
	Live   bool   // a change takes effect while the server runs
	About  string // what it does
}

// settable is what options and keys have in common.
type settable struct {
	Setting
	value value
}

func (c *Config) settables() []settable {
	var list []settable
	add := func(name string, v value, live bool, about string) {
		if v != nil {
			list = append(list, settable{Setting{name, v.String(), c.origins[name], live, about}, v})
		}
	}
	for _, o := range options(c) {
		add(o.id(), o.value, false, o.usage)
	}
	for _, k := range keys(c) {
		add(k.path, k.value, k.live, k.doc)
	}
	return list
}

// Settings lists every setting in the order of the documentation.
func (c *Config) Settings() []Setting {
	var list []Setting
	for _, s := range c.settables() {
		list = append(list, s.Setting)
	}
	return list
}

// Change is a setting that differs between two configurations.
type Change struct {
	Setting        // with the new value
	Before  string // secrets masked
}

// Changes lists what differs from before to after, in the order of the documentation.
func Changes(before, after *Config) []Change {
	var list []Change
	old := before.settables()
	for i, s := range after.settables() {
		if !reflect.DeepEqual(old[i].value.raw(), s.value.raw()) {
			list = append(list, Change{s.Setting, old[i].Value})
		}
	}
	return list
}
