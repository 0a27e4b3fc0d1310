package conf

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	fileHeading = regexp.MustCompile("^### `(?:modules/kurento/)?(\\w+)\\.conf\\.\\w+`$")
	longOption  = regexp.MustCompile("`(--[a-z-]+)`")
)

// TestDocumentation compares docs/configuration.md with the tables: the same settings,
// variables and defaults, none missing on either side.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repositoryRoot(t), "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ env, initial string }
	documented := map[string]row{}
	prefix := ""
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if m := fileHeading.FindStringSubmatch(line); m != nil {
			if prefix = kurento + m[1] + "."; m[1] == "kurento" {
				prefix = ""
			}
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 4 || !strings.HasPrefix(line, "| `") {
			continue
		}
		name := prefix + code(strings.TrimPrefix(cells[0], "| "))
		if m := longOption.FindStringSubmatch(cells[0]); m != nil {
			name = m[1]
		}
		if _, twice := documented[name]; twice {
			t.Errorf("%s is documented twice", name)
		}
		documented[name] = row{code(cells[1]), code(cells[2])}
	}

	want := map[string]row{}
	c := Default()
	for _, o := range options(c) {
		r := row{env: o.env}
		if o.value != nil {
			r.initial = o.value.String()
		}
		want["--"+o.name] = r
	}
	for _, k := range keys(c) {
		r := row{env: k.env}
		if k.value != nil {
			r.initial = k.value.String()
		}
		want[k.path] = r
	}
	for name, r := range want {
		if got, ok := documented[name]; !ok {
			t.Errorf("%s is not documented", name)
		} else if got != r {
			t.Errorf("%s is documented with variable %q and default %q, want %q and %q", name, got.env, got.initial, r.env, r.initial)
		}
	}
	for name := range documented {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is documented and does not exist", name)
		}
	}
}

// code is what stands between the back quotes of a cell, "" for a dash.
func code(cell string) string {
	cell = strings.TrimSpace(cell)
	if cell == "–" {
		return ""
	}
	return strings.Trim(cell, "`")
}
