package conf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// branch is a key of a file in the formats INFO and XML, which have text and other keys below each key.
type branch struct {
	name     string
	text     string
	line     int
	children []*branch
}

// maxBranches bounds a file. Kurento's own have about twenty.
const maxBranches = 10000

var errTooManyKeys = fmt.Errorf("more than %d keys", maxBranches)

// flatten lists the values below b as parseJSON does. What isCompound says so of becomes one value, in JSON: children without
// names are a list, as in Boost's property trees.
func (b *branch) flatten(prefix string, isCompound func(path string) bool, depth int) (entries []entry, err error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("line %d: keys are nested deeper than %d", b.line, maxJSONDepth)
	}
	for _, c := range b.children {
		path := prefix + c.name
		switch {
		case len(c.children) == 0:
			entries = append(entries, entry{path: path, text: c.text, line: c.line})
		case isCompound(path):
			text, err := json.Marshal(c.compound())
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry{path: path, text: string(text), compound: true, line: c.line})
		default:
			below, err := c.flatten(path+".", isCompound, depth+1)
			if err != nil {
				return nil, err
			}
			entries = append(entries, below...)
		}
	}
	return entries, nil
}

// compound is the branch as a value of JSON.
func (b *branch) compound() any {
	if len(b.children) == 0 {
		return b.text
	}
	if b.children[0].name == "" {
		list := []any{}
		for _, c := range b.children {
			list = append(list, c.compound())
		}
		return list
	}
	object := map[string]any{}
	for _, c := range b.children {
		object[c.name] = c.compound()
	}
	return object
}

// parseINFO reads the format of boost::property_tree's info_parser: "key value", and below a key more keys in braces. A
// word that holds spaces stands in quotes, where \ makes the next character part of it. What follows ";" is a comment.
func parseINFO(data []byte, prefix string, isCompound func(path string) bool) ([]entry, error) {
	p := &infoParser{text: strings.TrimPrefix(string(data), byteOrderMark), line: 1}
	root := &branch{}
	if err := p.keys(root, 0); err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line, err)
	}
	return root.flatten(prefix, isCompound, 1)
}

type infoParser struct {
	text  string // what is left
	line  int
	count int
}

// keys reads up to the brace that ends the keys below b, or at depth 0 to the end.
func (p *infoParser) keys(b *branch, depth int) error {
	if depth > maxJSONDepth {
		return fmt.Errorf("keys are nested deeper than %d", maxJSONDepth)
	}
	var last *branch // whose children a brace begins
	for {
		p.skip(" \t\r\n")
		switch {
		case p.text == "" && depth == 0:
			return nil
		case p.text == "":
			return errors.New("a } is missing")
		case p.text[0] == '}':
			if depth == 0 {
				return errors.New("a } too many")
			}
			p.text = p.text[1:]
			return nil
		case p.text[0] == '{':
			if last == nil {
				return errors.New("a { without a key before it")
			}
			p.text = p.text[1:]
			if err := p.keys(last, depth+1); err != nil {
				return err
			}
			last = nil
		case p.text[0] == '#':
			return errors.New("#include is not supported")
		default:
			var err error
			if last, err = p.key(); err != nil {
				return err
			}
			b.children = append(b.children, last)
		}
	}
}

// key reads a key and the value behind it on the line, if there is one.
func (p *infoParser) key() (*branch, error) {
	if p.count++; p.count > maxBranches {
		return nil, errTooManyKeys
	}
	name, err := p.word()
	if err != nil {
		return nil, err
	}
	b := &branch{name: name, line: p.line}
	p.skip(" \t\r")
	if p.text != "" && !strings.ContainsRune("\n{}", rune(p.text[0])) {
		b.text, err = p.word()
	}
	return b, err
}

// skip leaves out characters and comments.
func (p *infoParser) skip(blanks string) {
	for p.text != "" {
		switch {
		case p.text[0] == ';':
			end := strings.IndexByte(p.text, '\n')
			if end < 0 {
				end = len(p.text)
			}
			p.text = p.text[end:]
		case strings.IndexByte(blanks, p.text[0]) >= 0:
			if p.text[0] == '\n' {
				p.line++
			}
			p.text = p.text[1:]
		default:
			return
		}
	}
}

// word reads up to white space, or what is in quotes.
func (p *infoParser) word() (string, error) {
	if p.text[0] != '"' {
		end := strings.IndexAny(p.text, " \t\r\n;{}")
		if end < 0 {
			end = len(p.text)
		}
		word := p.text[:end]
		p.text = p.text[end:]
		return word, nil
	}
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case '"':
			p.text = p.text[i+1:]
			return b.String(), nil
		case '\n':
			return "", errors.New("a quote is missing at the end of the line")
		case '\\':
			if i++; i < len(p.text) {
				b.WriteByte(p.text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("a quote is missing at the end of the file")
}
