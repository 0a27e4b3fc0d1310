package conf

import "fmt"

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
	Name   string // path of the key, or the option
	Value  string // "" when unset, secrets masked
	Origin Origin
}

// Settings lists every setting in the order of the documentation.
func (c *Config) Settings() []Setting {
	var list []Setting
	for _, o := range options(c) {
		if o.value != nil {
			name := "--" + o.name
			list = append(list, Setting{name, o.value.String(), c.origins[name]})
		}
	}
	for _, k := range keys(c) {
		if k.value != nil {
			list = append(list, Setting{k.path, k.value.String(), c.origins[k.path]})
		}
	}
	return list
}
