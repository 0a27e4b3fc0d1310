package conf

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Load merges defaults, files, environment and command line, each winning over the one
// before, into a checked Config. args is the command line without the program's name;
// environ are the variables (os.Environ). Load is called once at start, and again with
// the same arguments to read changed files.
//
// A bad option, a main file that cannot be read or parsed, a bad listen address and a
// server without any port are errors; everything else that is wrong is left out and
// reported in Config.Warnings.
func Load(args, environ []string) (*Config, error) { return load(Default(), args, environ) }

// Reload reads the files again. What it returns differs from before, a Config of the same arguments, only in what can
// change while the server runs; changes lists what the files say now, be it in force or not. Errors are those of Load.
func Reload(before *Config, args, environ []string) (after *Config, changes []Change, err error) {
	if after, err = Load(args, environ); err != nil {
		return nil, nil, err
	}
	changes = Changes(before, after)
	old := before.settables()
	for i, s := range after.settables() {
		if !s.Live {
			s.value.assign(old[i].value.raw())
		}
	}
	return after, changes, nil
}

// load fills initial, whose main file may be missing.
func load(initial *Config, args, environ []string) (*Config, error) {
	initial.origins = map[string]Origin{}
	l := &loader{config: initial, keys: keys(initial), env: variables(environ)}
	if err := l.loadOptions(args); err != nil {
		return nil, err
	}
	if l.config.Show != ShowNothing {
		return l.config, nil
	}
	if err := l.loadFiles(); err != nil {
		return nil, err
	}
	if err := l.loadVariables(); err != nil {
		return nil, err
	}
	l.reportVariables()
	if err := l.check(); err != nil {
		return nil, err
	}
	return l.config, nil
}

// loader is the state of one Load.
type loader struct {
	config *Config
	keys   []key // of config
	env    map[string]variable
}

func (l *loader) warn(from Origin, key, format string, args ...any) {
	l.config.Warnings = append(l.config.Warnings, Warning{from, key, fmt.Sprintf(format, args...)})
}

func (l *loader) find(path string) *key {
	for i := range l.keys {
		if l.keys[i].path == path {
			return &l.keys[i]
		}
	}
	return nil
}

// merge stores the values of one file.
func (l *loader) merge(file string, entries []entry) error {
	// Aliases first: the key itself wins wherever it stands.
	for _, aliases := range []bool{true, false} {
		for _, e := range entries {
			k := l.find(e.path)
			if isAlias := k != nil && k.alias != nil; isAlias != aliases {
				continue
			}
			from := Origin{Name: file, Line: e.line}
			if k == nil {
				l.warn(from, e.path, "unknown key%s", l.suggestion(e.path))
				continue
			}
			if err := l.set(k, e, from, filepath.Dir(file)); err != nil {
				return err
			}
		}
	}
	return nil
}

// set stores one value. The error is that of a strict key; others give a warning.
func (l *loader) set(k *key, e entry, from Origin, dir string) error {
	text := e.text
	if !k.verbatim {
		text = strings.TrimSpace(text)
	}
	if text == "" {
		return nil
	}
	if k.alias != nil {
		k = l.find(k.alias(text))
	}
	if k.value == nil {
		return nil
	}
	var err error
	if e.compound && !k.compound {
		err = errors.New("want a single value, not a list")
	} else {
		if k.file && !filepath.IsAbs(text) {
			text = filepath.Join(dir, text)
		}
		err = k.value.set(text)
	}
	if k.strict && !usable(err) {
		return fmt.Errorf("%s: %s: %w", from, k.path, err)
	}
	if err != nil {
		l.warn(from, k.path, "%v", err)
	}
	if usable(err) {
		l.config.origins[k.path] = from
	}
	return nil
}

// suggestion helps with a wrong case or a wrong place in the tree.
func (l *loader) suggestion(path string) string {
	last := func(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
	var near []string
	for _, k := range l.keys {
		if strings.EqualFold(last(k.path), last(path)) {
			near = append(near, k.path)
		}
	}
	if i := slices.IndexFunc(near, func(p string) bool { return strings.EqualFold(p, path) }); i >= 0 {
		near = near[i : i+1]
	}
	if len(near) != 1 {
		return ""
	}
	return ", did you mean " + near[0] + "?"
}
