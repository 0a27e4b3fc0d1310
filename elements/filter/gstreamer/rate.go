package gstreamer

import (
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// videorate leaves pictures out to stay below a rate. None is shown twice: media here has no fixed rate that would need it.
type videorate struct {
	MaxRate int32 `gst:"max-rate,2147483647,1,2147483647"`
	// The speed of a live stream cannot be changed.
	Rate float64 `gst:"rate,1,1,1"`

	limiter rateLimiter
}

func (e *videorate) update(string) {
	e.limiter = rateLimiter{period: time.Second / time.Duration(e.MaxRate)}
}

func (e *videorate) picture(p *i420.Picture, m filter.Moment) *i420.Picture {
	if !e.limiter.due(m.PTS) {
		return nil
	}
	return p
}

// rateLimiter says which pictures to show so that they come once in a period, 0: all.
type rateLimiter struct {
	period time.Duration
	began  bool
	next   time.Duration
}

// due tells whether the picture at a time is one of them.
func (l *rateLimiter) due(at time.Duration) bool {
	switch {
	case l.period == 0:
		return true
	case l.began && at < l.next-l.period/8 && at > l.next-2*l.period: // pictures come a little early or late; after a jump all begins anew
		return false
	case l.began && at-l.next < l.period && at >= l.next-l.period:
		l.next += l.period
	default:
		l.began, l.next = true, at+l.period
	}
	return true
}
