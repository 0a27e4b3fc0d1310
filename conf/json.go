package conf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxJSONDepth bounds objects inside each other; Kurento's own files have five.
const maxJSONDepth = 16

// parseJSON reads a file that holds one object and flattens it: the path of a value is
// the names of the objects around it joined by dots. A list, and an object for which
// isCompound says so, stays one value. Members whose name begins with "//" are Kurento's
// comments; null counts as not there. The values come in the order of the file, so of
// two with one name the last wins.
func parseJSON(data []byte, prefix string, isCompound func(path string) bool) ([]entry, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	f := &jsonFlattener{data: data, isCompound: isCompound}
	for i, c := range data {
		if c == '\n' {
			f.newlines = append(f.newlines, i)
		}
	}
	var root json.RawMessage
	if err := json.Unmarshal(data, &root); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: %w", f.line(int(syntax.Offset)-1), err)
		}
		return nil, err
	}
	start := bytes.IndexByte(data, '{')
	if len(root) == 0 || root[0] != '{' {
		return nil, errors.New("want a JSON object")
	}
	if err := f.object(start, prefix, 1); err != nil {
		return nil, err
	}
	return f.entries, nil
}

type jsonFlattener struct {
	data       []byte
	newlines   []int // offsets
	isCompound func(path string) bool
	entries    []entry
}

// line returns the number of the line that holds the byte at offset, from 1.
func (f *jsonFlattener) line(offset int) int {
	before, _ := slices.BinarySearch(f.newlines, offset)
	return before + 1
}

// object adds the values of the object that begins at start. The file is known to be
// valid JSON.
func (f *jsonFlattener) object(start int, prefix string, depth int) error {
	if depth > maxJSONDepth {
		return fmt.Errorf("line %d: objects are nested deeper than %d", f.line(start), maxJSONDepth)
	}
	decoder := json.NewDecoder(bytes.NewReader(f.data[start:]))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return err
		}
		name, _ := token.(string)
		if strings.HasPrefix(name, "//") {
			continue
		}
		offset := start + int(decoder.InputOffset()) - len(raw)
		if err := f.member(prefix+name, raw, offset, depth); err != nil {
			return err
		}
	}
	return nil
}

func (f *jsonFlattener) member(path string, raw json.RawMessage, offset, depth int) error {
	e := entry{path: path, text: string(raw), line: f.line(offset)}
	switch raw[0] {
	case 'n': // null
		return nil
	case '"':
		if err := json.Unmarshal(raw, &e.text); err != nil {
			return err
		}
	case '[':
		e.compound = true
	case '{':
		if !f.isCompound(path) {
			return f.object(offset, path+".", depth+1)
		}
		e.compound = true
	}
	f.entries = append(f.entries, e)
	return nil
}
