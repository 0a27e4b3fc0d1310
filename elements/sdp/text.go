package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits of what is read from outside. A browser's largest offers are about
// 20 KB with a few dozen candidates.
const (
	maxBytes      = 256 << 10
	maxSections   = 64
	maxFormats    = 128 // RTP payload types are 7 bits (RFC 3550 §5.1)
	maxCandidates = 512 // of one description, trickled ones included
	maxSSRCs      = 64  // of one m-line
)

// description is a session description as received. Its texts hold no line
// ends, so they can be written into another description as they are.
type description struct {
	lines    []string // of the session part, as received
	origin   []string // fields of o= (RFC 8866 §5.2)
	attrs    attributes
	sections []section
}

// section is one media description (RFC 8866 §5.14): an m-line and what follows it.
type section struct {
	media   string // audio, video, application ...
	port    int
	proto   string
	formats []string
	lines   []string // as received, the m-line first
	attrs   attributes
}

// attribute is one a-line: "name" or "name:value" (RFC 8866 §5.13).
type attribute struct {
	name, value string
	text        string // as received, without "a="
}

type attributes []attribute

// parse reads a description leniently, as Kurento does: lines may end in CR, LF
// or both, blank lines and lines that are not "x=..." are passed over, the order
// of lines within a part does not matter.
func parse(text string) (*description, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrParse, len(text), maxBytes)
	}
	d := &description{}
	version := ""
	candidates := 0
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = strings.TrimSpace(line)
		if len(line) < 2 || line[1] != '=' {
			continue
		}
		value := line[2:]
		switch line[0] {
		case 'v':
			version = value
		case 'o':
			d.origin = strings.Fields(value)
		case 'm':
			if len(d.sections) == maxSections {
				return nil, fmt.Errorf("%w: more than %d m-lines", ErrParse, maxSections)
			}
			s, err := parseMedia(value)
			if err != nil {
				return nil, err
			}
			s.lines = append(s.lines, line)
			d.sections = append(d.sections, s)
			continue
		}
		lines, attrs := &d.lines, &d.attrs
		if n := len(d.sections); n > 0 {
			lines, attrs = &d.sections[n-1].lines, &d.sections[n-1].attrs
		}
		*lines = append(*lines, line)
		if line[0] != 'a' {
			continue
		}
		name, v, _ := strings.Cut(value, ":")
		if name != "" {
			*attrs = append(*attrs, attribute{name: name, value: v, text: value})
		}
		if name == "candidate" {
			candidates++
		}
	}
	if version != "0" {
		return nil, fmt.Errorf("%w: no line v=0", ErrInvalid)
	}
	if candidates > maxCandidates {
		return nil, fmt.Errorf("%w: %d candidates, at most %d are read", ErrParse, candidates, maxCandidates)
	}
	return d, nil
}

// follows tells whether d is a later description of the same session: the user and session id of o= are the same, and
// its version or the ICE credentials are not.
func (d *description) follows(before *description) bool {
	now, old := d.origin, before.origin
	if len(now) < 3 || len(old) < 3 || now[0] != old[0] || now[1] != old[1] {
		return false
	}
	return now[2] != old[2] || !slices.Equal(d.ufrags(), before.ufrags())
}

// ufrags are the ICE user name fragments, one for each part that has one.
func (d *description) ufrags() (list []string) {
	if v, ok := d.attrs.get("ice-ufrag"); ok {
		list = append(list, v)
	}
	for i := range d.sections {
		if v, ok := d.sections[i].attrs.get("ice-ufrag"); ok {
			list = append(list, v)
		}
	}
	return list
}

// parseMedia reads the value of an m-line: media, port, proto, formats.
func parseMedia(value string) (section, error) {
	f := strings.Fields(value)
	if len(f) < 4 {
		return section{}, fmt.Errorf("%w: m-line %q has %d of at least 4 fields", ErrParse, value, len(f))
	}
	if len(f)-3 > maxFormats {
		return section{}, fmt.Errorf("%w: m-line with %d formats, at most %d are read", ErrParse, len(f)-3, maxFormats)
	}
	text, _, _ := strings.Cut(f[1], "/") // "port/number of ports": only the first is of use
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return section{}, fmt.Errorf("%w: port %q of an m-line", ErrParse, f[1])
	}
	return section{media: f[0], port: int(port), proto: f[2], formats: f[3:]}, nil
}

// has tells whether there is an attribute of that name.
func (as attributes) has(name string) bool {
	_, ok := as.get(name)
	return ok
}

// get returns the value of the first attribute of that name.
func (as attributes) get(name string) (value string, ok bool) {
	for _, a := range as {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// ofFormat returns what the first "name:<format> ..." says after the format:
// a=rtpmap (RFC 8866 §6.6) and a=fmtp (§6.15) have that shape.
func (as attributes) ofFormat(name, format string) (value string, ok bool) {
	for _, a := range as {
		if a.name != name {
			continue
		}
		if f, rest, _ := strings.Cut(a.value, " "); f == format {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// mid returns the media identification (RFC 5888 §4), "" if there is none.
func (s *section) mid() string {
	mid, _ := s.attrs.get("mid")
	return mid
}
