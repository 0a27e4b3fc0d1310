package gstreamer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// capsfilter makes pictures of the size and rate that its caps ask for, as it comes about in Kurento, which scales and leaves out
// pictures before a filter that wants others. With caps of sound it lets sound pass, which is what they say or refused.
type capsfilter struct {
	Caps caps `gst:"caps,ANY"`

	limiter rateLimiter
	scaler  *i420.Scaler
	from    [2]int // what the scaler was made for
	out     i420.Picture
}

// caps are the fixed values of video/x-raw that pictures can be made to have; 0 for any.
type caps struct {
	width, height int
	period        time.Duration
}

// mediaField is one of a list: a name, perhaps a type, and a value.
var mediaField = regexp.MustCompile(`^\s*([a-zA-Z0-9_-]+)\s*=\s*(?:\(\s*[a-zA-Z0-9/]+\s*\)\s*)?("[^"]*"|[^\s"]+)\s*$`)

// fixedFields are those of which only one value is possible.
var fixedFields = map[string]map[string]string{
	"video/x-raw": {"format": "I420", "pixel-aspect-ratio": "1/1", "interlace-mode": "progressive"},
	"audio/x-raw": {"format": "S16LE", "rate": strconv.Itoa(filter.SampleRate), "channels": "2", "layout": "interleaved"},
}

// parseText reads caps as gst_caps_from_string does, where they have one structure with fixed values.
func (c *caps) parseText(text string) error {
	*c = caps{}
	name, fields, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(text), ";"), ",")
	name = strings.TrimSpace(name)
	if name == "ANY" && fields == "" {
		return nil
	}
	fixed, ok := fixedFields[name]
	if !ok {
		return fmt.Errorf("caps of %q are not implemented", name)
	}
	if fields == "" {
		return nil
	}
	for field := range strings.SplitSeq(fields, ",") {
		m := mediaField.FindStringSubmatch(field)
		if m == nil {
			return fmt.Errorf("caps with %q are not implemented", field)
		}
		value := strings.Trim(m[2], `"`)
		want, isFixed := fixed[m[1]]
		switch {
		case isFixed && value == want:
		case isFixed:
			return fmt.Errorf("%s is always %s here", m[1], want)
		case name != "video/x-raw" || !c.set(m[1], value):
			return fmt.Errorf("caps with %q are not implemented", field)
		}
	}
	return nil
}

// set takes a field that pictures can be made to have.
func (c *caps) set(field, value string) bool {
	switch field {
	case "width", "height":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > i420.MaxSize {
			return false
		}
		if field == "width" {
			c.width = n
		} else {
			c.height = n
		}
		return c.width*c.height <= maxPixels
	case "framerate":
		over, under, _ := strings.Cut(value, "/")
		n, err := strconv.ParseUint(over, 10, 31)
		d, err2 := uint64(1), error(nil)
		if under != "" {
			d, err2 = strconv.ParseUint(under, 10, 31)
		}
		if err != nil || err2 != nil || d == 0 || n/d > 1000 {
			return false
		}
		if n != 0 { // 0: as they come
			c.period = time.Second * time.Duration(d) / time.Duration(n)
		}
		return true
	}
	return false
}

func (e *capsfilter) idle() bool { return e.Caps == caps{} }

func (e *capsfilter) update(string) { e.limiter = rateLimiter{period: e.Caps.period} }

func (e *capsfilter) picture(p *i420.Picture, m filter.Moment) *i420.Picture {
	if !e.limiter.due(m.PTS) {
		return nil
	}
	width, height := e.size(p.Width, p.Height)
	if width == p.Width && height == p.Height || width*height > maxPixels {
		return p
	}
	if e.scaler == nil || e.from != [2]int{p.Width, p.Height} {
		e.from = [2]int{p.Width, p.Height}
		e.scaler = i420.NewScaler(width, height, p.Width, p.Height)
		e.out.Resize(width, height)
	}
	e.scaler.Scale(&e.out, p)
	return &e.out
}

// size is that of the result: what is not asked for keeps the shape.
func (e *capsfilter) size(width, height int) (int, int) {
	c := &e.Caps
	switch {
	case c.width == 0 && c.height == 0:
		return width, height
	case c.height == 0:
		return c.width, min(max((height*c.width/width+1)&^1, 2), i420.MaxSize)
	case c.width == 0:
		return min(max((width*c.height/height+1)&^1, 2), i420.MaxSize), c.height
	}
	return c.width, c.height
}
