package conf

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/ and the files of packaging/etc/kurento anew")

// TestDocumentation compares the tables in docs/ with those of the code; `make docs` writes them.
func TestDocumentation(t *testing.T) {
	docs := filepath.Join(repositoryRoot(t), "docs")
	for _, table := range []struct{ page, mark, text string }{
		{"configuration.md", "table of options", optionTable()},
		{"configuration.md", "tables of keys", keyTables()},
		{"migrating-from-kurento.md", "table of keys", migrationTable()},
	} {
		file := filepath.Join(docs, table.page)
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := "<!-- "+table.mark+", made by `make docs` -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(string(page), begin)
		old, after, ok2 := strings.Cut(rest, end)
		switch {
		case !ok || !ok2:
			t.Errorf("%s has no place for the %s", table.page, table.mark)
		case old == table.text:
		case !*update:
			t.Errorf("the %s in %s is not that of the code; `make docs` writes it", table.mark, table.page)
		default:
			if err := os.WriteFile(file, []byte(before+begin+table.text+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEveryRowIsDocumented keeps rows without words out of the tables.
func TestEveryRowIsDocumented(t *testing.T) {
	for _, k := range keys(Default()) {
		if k.doc == "" || k.own && k.differs != "" {
			t.Errorf("%s has no documentation, or differs from what it is not", k.path)
		}
	}
	for _, o := range options(Default()) {
		if o.usage == "" {
			t.Errorf("%s has no documentation", o.id())
		}
	}
}

func optionTable() string {
	var b strings.Builder
	b.WriteString("\n| option | variable | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, o := range options(Default()) {
		names := "–"
		if o.name != "" {
			names = code(strings.Split(o.names(), ", ")...)
		}
		row(&b, names, code(o.env), code(o.initial()), o.usage)
	}
	b.WriteString("\n")
	return b.String()
}

func keyTables() string {
	var b strings.Builder
	file := ""
	for _, k := range keys(Default()) {
		if f := k.fileName(); f != file {
			file = f
			fmt.Fprintf(&b, "\n### `%s`\n\n| key | variable | default | live | meaning |\n| --- | --- | --- | --- | --- |\n", file)
		}
		live := ""
		if k.live {
			live = "live"
		}
		doc := k.doc
		if k.own {
			doc = "Rivero's own: " + doc
		}
		row(&b, code(k.name()), code(k.env), code(k.initial()), live, doc)
	}
	b.WriteString("\n")
	return b.String()
}

// migrationTable says of each key what becomes of it.
func migrationTable() string {
	var b strings.Builder
	b.WriteString("\n| key | variable | here |\n| --- | --- | --- |\n")
	for _, k := range keys(Default()) {
		here := "the same"
		switch {
		case k.own:
			here = "new: " + k.doc
		case k.value == nil && k.alias == nil:
			here = "no effect, as in Kurento"
		case k.differs != "":
			here = k.differs
		}
		row(&b, code(k.path), code(k.env), here)
	}
	b.WriteString("\n")
	return b.String()
}

func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func code(texts ...string) string {
	if len(texts) == 1 && texts[0] == "" {
		return "–"
	}
	return "`" + strings.Join(texts, "`, `") + "`"
}

// TestShippedFiles compares the files of the packages with the code, and checks that they change nothing.
func TestShippedFiles(t *testing.T) {
	dir := filepath.Join(repositoryRoot(t), "packaging", "etc", "kurento")
	for name, text := range ShippedFiles() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		old, err := os.ReadFile(file)
		if err == nil && string(old) == text {
			continue
		}
		if !*update {
			t.Errorf("packaging/etc/kurento/%s is not that of the code (%v); `make docs` writes it", name, err)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := mustLoad(t, dir, nil)
	if len(c.Files) != len(ShippedFiles()) {
		t.Errorf("read %q", c.Files)
	}
	for i, s := range Default().Settings() {
		if got := c.Settings()[i]; got.Value != s.Value && got.Name != "--conf-file" && got.Name != "--modules-config-path" {
			t.Errorf("%s is %q with the shipped files and %q without", s.Name, got.Value, s.Value)
		}
	}
}

// Every line that is commented out in a shipped INI file is a setting that is taken without complaint.
func TestShippedExamples(t *testing.T) {
	for _, k := range keys(Default()) {
		if k.example == "" || k.value == nil {
			continue
		}
		if err := k.value.set(k.example); err != nil {
			t.Errorf("%s: example %q: %v", k.path, k.example, err)
		}
	}
}
