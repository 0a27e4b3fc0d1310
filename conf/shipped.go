package conf

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// moduleJSON are the branches whose module file is JSON; the others are INI.
var moduleJSON = []string{"SdpEndpoint"}

// fileName is where Kurento's packages keep the key, below /etc/kurento.
func (k key) fileName() string {
	branch, ok := strings.CutPrefix(k.path, "modules.")
	if !ok {
		return "kurento.conf.json"
	}
	module, branch, _ := strings.Cut(branch, ".")
	class, _, _ := strings.Cut(branch, ".")
	ext := "ini"
	if slices.Contains(moduleJSON, class) {
		ext = "json"
	}
	return fmt.Sprintf("modules/%s/%s.conf.%s", module, class, ext)
}

// name is the key inside its file.
func (k key) name() string {
	if _, inModule := strings.CutPrefix(k.path, "modules."); inModule {
		return strings.SplitN(k.path, ".", 4)[3]
	}
	return k.path
}

// initial is the default as it stands in a file, "" for none.
func (k key) initial() string {
	if k.value == nil {
		return ""
	}
	return k.value.String()
}

// ShippedFiles returns the files that packages and the image put below /etc/kurento: everything that can be set, each
// with what it does and its default or an example, commented out. So they change nothing, and whoever edits them finds
// the name.
func ShippedFiles() map[string]string {
	byFile := map[string][]key{}
	for _, k := range keys(Default()) {
		byFile[k.fileName()] = append(byFile[k.fileName()], k)
	}
	files := map[string]string{}
	for name := range maps.Keys(byFile) {
		if strings.HasSuffix(name, ".ini") {
			files[name] = shippedINI(byFile[name])
		} else {
			files[name] = shippedJSON(byFile[name])
		}
	}
	return files
}

func shippedINI(list []key) string {
	var b strings.Builder
	for i, k := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range wrapped(k.comment()+".", 100) {
			b.WriteString(";; " + line + "\n")
		}
		fmt.Fprintf(&b, ";%s=%s\n", k.name(), k.sample())
	}
	return b.String()
}

// sample is a value to show.
func (k key) sample() string {
	if text := k.initial(); text != "" && k.example == "" {
		return text
	}
	return k.example
}

// comment is the documentation without Markdown. It begins with a capital unless with something quoted.
func (k key) comment() string {
	doc := strings.ToUpper(k.doc[:1]) + strings.ReplaceAll(k.doc[1:], "`", "")
	return strings.TrimPrefix(doc, "`")
}

// wrapped breaks text at spaces into lines of a width.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// shippedJSON writes the tree that the names of the keys make. A comment is a member whose name begins with "//".
func shippedJSON(list []key) string {
	names := make([][]string, len(list))
	for i, k := range list {
		names[i] = strings.Split(k.name(), ".")
	}
	var b strings.Builder
	writeObject(&b, list, names, "")
	b.WriteByte('\n')
	return b.String()
}

// writeObject writes the object that holds the keys of list, of whose names the parts in names are left.
func writeObject(b *strings.Builder, list []key, names [][]string, indent string) {
	b.WriteString("{\n")
	inner := indent + "  "
	for i := 0; i < len(list); {
		next := i + 1
		if len(names[i]) > 1 { // this and the following ones with the same first part are an object
			first := names[i][0]
			rest := [][]string{names[i][1:]}
			for ; next < len(list) && len(names[next]) > 1 && names[next][0] == first; next++ {
				rest = append(rest, names[next][1:])
			}
			fmt.Fprintf(b, "%s%q: ", inner, first)
			writeObject(b, list[i:next], rest, inner)
		} else {
			k := list[i]
			mark := "//"
			if k.set {
				mark = ""
			}
			fmt.Fprintf(b, "%s\"//\": %q,\n%s%q: %s", inner, k.comment(), inner, mark+names[i][0], k.sampleJSON(inner))
		}
		if i = next; i < len(list) {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString(indent + "}")
}

// sampleJSON writes codec lists as lists, numbers and truths as such, all else as text.
func (k key) sampleJSON(indent string) string {
	text := k.sample()
	if k.compound && text != "{}" {
		var b strings.Builder
		b.WriteString("[\n")
		for i, name := range strings.Split(text, ",") {
			if i > 0 {
				b.WriteString(",\n")
			}
			fmt.Fprintf(&b, "%s  {\"name\": %q}", indent, name)
		}
		return b.String() + "\n" + indent + "]"
	}
	if text != "" && json.Valid([]byte(text)) {
		return text
	}
	return fmt.Sprintf("%q", text)
}
