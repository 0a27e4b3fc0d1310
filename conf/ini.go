package conf

import (
	"bytes"
	"strings"
)

// byteOrderMark begins files written by some editors on Windows.
const byteOrderMark = "\ufeff"

// parseINI reads the format of boost::property_tree's ini_parser: "key = value" lines
// and [section] headers, which become a prefix of the keys after them. A line that
// begins with ";" or "#" is a comment; there are no comments behind a value, so a
// password may hold both characters.
func parseINI(data []byte, prefix string) (entries []entry, problems []problem) {
	section := ""
	number := 0
	for raw := range bytes.Lines(bytes.TrimPrefix(data, []byte(byteOrderMark))) {
		number++
		line := strings.TrimSpace(string(raw))
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			name, ok := strings.CutSuffix(line[1:], "]")
			if name = strings.TrimSpace(name); !ok || !isININame(name) {
				problems = append(problems, problem{number, "want [section], not " + quoted(line)})
				continue
			}
			section = name + "."
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); !ok || !isININame(key) {
			// Such as "turnURL user:password@host?transport=udp": do not repeat it.
			problems = append(problems, problem{number, "want key=value"})
			continue
		}
		entries = append(entries, entry{path: prefix + section + key, text: strings.TrimSpace(value), line: number})
	}
	return entries, problems
}

// isININame takes printable ASCII without what stands between names and values.
func isININame(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(":@=;#[]\"'", r)
	})
}
