package conf

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// variable is one of the environment, or an option that stands for one.
type variable struct {
	text string
	from Origin
}

// variables takes name=value texts apart. White space around a value does not count; an empty one is unset.
func variables(environ []string) map[string]variable {
	env := make(map[string]variable, len(environ))
	for _, v := range environ {
		name, text, _ := strings.Cut(v, "=")
		if text = strings.TrimSpace(text); text != "" {
			env[name] = variable{text, Origin{Name: name}}
		}
	}
	return env
}

// loadVariables reads the variables that stand for keys of files.
func (l *loader) loadVariables() error {
	// The image's entry point writes them into the module files, so a relative path
	// means the same as there.
	dir := filepath.Join(l.config.ModulesConfigPath[0], "kurento")
	for i := range l.keys {
		k := &l.keys[i]
		v, ok := l.env[k.env]
		if !ok {
			continue
		}
		if _, ok := l.env[k.needs]; k.needs != "" && !ok {
			l.warn(v.from, k.path, "ignored, %s must be set as well", k.needs)
			continue
		}
		if err := l.set(k, entry{path: k.path, text: v.text}, v.from, dir); err != nil {
			return err
		}
	}
	return nil
}

// othersVariables are those that orchestrators set on their own for a service that is named kms or kurento
// (KMS_SERVICE_HOST, KMS_PORT_8888_TCP_ADDR …), and OpenVidu's.
var othersVariables = regexp.MustCompile(`^KMS_URIS$|_SERVICE_(HOST|PORT)(_|$)|_PORT$|_PORT_[0-9]+_(TCP|UDP)(_|$)`)

// reportVariables warns about variables that look like ours and are not.
func (l *loader) reportVariables() {
	var unknown []string
	for name := range l.env {
		ours := strings.HasPrefix(name, "KMS_") || strings.HasPrefix(name, "KURENTO_")
		if ours && !othersVariables.MatchString(name) && !l.knows(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		l.warn(Origin{Name: name}, "", "unknown variable%s", l.nearVariable(name))
	}
}

func (l *loader) knows(variable string) bool {
	return slices.Contains(l.variableNames(), variable)
}

func (l *loader) variableNames() (names []string) {
	for _, k := range l.keys {
		if k.env != "" {
			names = append(names, k.env)
		}
	}
	for _, o := range options(l.config) {
		if o.env != "" {
			names = append(names, o.env)
		}
	}
	return names
}

// nearVariable helps with an underscore too many or too few.
func (l *loader) nearVariable(name string) string {
	bare := func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "_", "")) }
	for _, known := range l.variableNames() {
		if bare(known) == bare(name) {
			return ", did you mean " + known + "?"
		}
	}
	return ""
}
