package gstreamer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// command is what gst-launch-1.0(1) makes of a text ("Pipeline description"): an element and values for its properties, in
// order, and what may follow it.
type command struct {
	element  string
	settings []setting
	followed bool     // by more elements
	others   []string // their names
}

type setting struct{ property, value string }

// maxCommand is how many bytes of a command are looked at.
const maxCommand = 16 << 10

var (
	errEmpty  = errors.New("empty pipeline not allowed")
	errSyntax = errors.New("syntax error")
)

// A value is whatever is longer: text up to a blank that has no backslash before it, or what is in quotes.
const (
	identifier = `[A-Za-z0-9_][A-Za-z0-9_%:-]*`
	plain      = `(?:\\.|\S)+`
	quoted     = `"(?:\\"|[^"])*"|'(?:\\'|[^'])*'`
)

var (
	blank       = regexp.MustCompile(`^\s+`)
	word        = regexp.MustCompile(`^` + identifier)
	assignment  = regexp.MustCompile(`^(` + identifier + `)\s*=\s*`)
	plainText   = regexp.MustCompile(`^` + plain)
	quotedText  = regexp.MustCompile(`^(?:` + quoted + `)`)
	punctuation = regexp.MustCompile(`^[!(){}.:,;@]`)
)

// parse reads a command. Errors have GStreamer's words.
func parse(text string) (command, error) {
	var c command
	if len(text) > maxCommand {
		return c, fmt.Errorf("%d bytes are longer than any command", len(text))
	}
	rest := text
	for {
		rest = rest[len(blank.FindString(rest)):]
		if rest == "" {
			break
		}
		n, err := c.take(rest)
		if err != nil {
			return c, err
		}
		rest = rest[n:]
	}
	if c.element == "" {
		return c, errEmpty
	}
	return c, nil
}

// take reads one token and returns how long it is.
func (c *command) take(rest string) (int, error) {
	if m := assignment.FindStringSubmatch(rest); m != nil {
		value := rest[len(m[0]):]
		text := plainText.FindString(value)
		if q := quotedText.FindString(value); len(q) > len(text) {
			text = q
		}
		if c.element == "" || text == "" {
			return 0, errSyntax
		}
		if !c.followed {
			c.settings = append(c.settings, setting{m[1], unquote(text)})
		}
		return len(m[0]) + len(text), nil
	}
	if name := word.FindString(rest); name != "" {
		if c.element == "" {
			c.element = name
		} else {
			c.followed = true
			c.others = append(c.others, name)
		}
		return len(name), nil
	}
	if p := punctuation.FindString(rest); p == "!" && c.element != "" {
		c.followed = true
		return len(p), nil
	}
	return 0, errSyntax
}

// unquote takes quotes around a value away, and the backslashes outside of quotes.
func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = s[1 : n-1]
	}
	var b strings.Builder
	inQuotes := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && !inQuotes:
			i++
			if i == len(s) {
				return b.String()
			}
		case s[i] == '"' && (!inQuotes || s[i-1] != '\\'):
			inQuotes = !inQuotes
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
