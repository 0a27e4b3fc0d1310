package conf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parseXML reads the format of boost::property_tree's xml_parser: an element is a key, its text the value. Attributes are
// of no use to Kurento, nor here.
func parseXML(data []byte, prefix string, isCompound func(path string) bool) ([]entry, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	root := &branch{}
	open := []*branch{root}
	for count := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := d.InputPos()
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if count++; count > maxBranches {
				return nil, errTooManyKeys
			}
			if len(open) > maxJSONDepth {
				return nil, fmt.Errorf("line %d: elements are nested deeper than %d", line, maxJSONDepth)
			}
			b := &branch{name: t.Name.Local, line: line}
			top.children = append(top.children, b)
			open = append(open, b)
		case xml.EndElement:
			top.text = strings.TrimSpace(top.text)
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
	return root.flatten(prefix, isCompound, 1)
}
