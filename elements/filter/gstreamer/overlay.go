package gstreamer

import (
	"strconv"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// textIgnored are properties of text overlays that do nothing here: writing from top to bottom, other pixel aspects, and the
// second input for subtitles, which a filter does not have.
var textIgnored = []string{"vertical-render", "scale-mode", "scale-pixel-aspect-ratio", "wait-text", "text-x", "text-y", "text-width", "text-height"}

// textoverlay shows a text.
type textoverlay struct {
	caption
	Horizontal horizontal `gst:"halignment,center"`
	Vertical   vertical   `gst:"valignment,baseline"`
}

func (e *textoverlay) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	e.words = append(e.words[:0], e.Text...)
	e.show(p, e.Horizontal, e.Vertical)
	return p
}

// timeoverlay shows the time of the picture, behind its text if it has one.
type timeoverlay struct {
	caption
	Horizontal horizontal `gst:"halignment,left"`
	Vertical   vertical   `gst:"valignment,top"`
	Mode       timeMode   `gst:"time-mode,buffer-time"`

	began bool
	first time.Duration
}

type timeMode int32

const elapsed timeMode = 4

// choices are those that have a meaning here, where the first three are the same: the clock of the pipeline.
func (timeMode) choices() []choice {
	return []choice{{0, "buffer-time"}, {1, "stream-time"}, {2, "running-time"}, {int32(elapsed), "elapsed-running-time"}}
}

func (e *timeoverlay) picture(p *i420.Picture, m filter.Moment) *i420.Picture {
	if !e.began {
		e.began, e.first = true, m.PTS
	}
	at := m.PTS
	if e.Mode == elapsed {
		at -= e.first
	}
	e.begin()
	e.words = appendTime(e.words, max(at, 0))
	e.show(p, e.Horizontal, e.Vertical)
	return p
}

// appendTime writes h:mm:ss.mmm.
func appendTime(b []byte, t time.Duration) []byte {
	b = strconv.AppendInt(b, int64(t/time.Hour), 10)
	b = appendPadded(append(b, ':'), int(t/time.Minute%60), 2, '0')
	b = appendPadded(append(b, ':'), int(t/time.Second%60), 2, '0')
	return appendPadded(append(b, '.'), int(t/time.Millisecond%1000), 3, '0')
}

// appendPadded writes a number that is not negative with so many digits at least.
func appendPadded(b []byte, n, digits int, pad byte) []byte {
	for have, rest := 1, n/10; have < digits; have, rest = have+1, rest/10 {
		if rest == 0 {
			b = append(b, pad)
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// clockoverlay shows the time of day, behind its text if it has one.
type clockoverlay struct {
	caption
	Horizontal horizontal `gst:"halignment,left"`
	Vertical   vertical   `gst:"valignment,top"`
	Format     string     `gst:"time-format,%H:%M:%S"`

	now func() time.Time // nil: the clock on the wall
}

func (e *clockoverlay) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	now := time.Now
	if e.now != nil {
		now = e.now
	}
	e.begin()
	e.words = appendStrftime(e.words, e.Format, now())
	e.show(p, e.Horizontal, e.Vertical)
	return p
}
