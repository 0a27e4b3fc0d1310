// Package measure counts packets from the publisher to the viewers, which live in one process and so share one clock.
// A packet belongs to the measuring window when it was sent inside it, however late it arrives: so expected and
// delivered packets are counted over the same set. The package parses RTP, and neither sends nor receives.
package measure

import (
	"math"
	"sync/atomic"
	"time"
)

// Window is the measuring window and the clock of one run. It is made once, used by all goroutines, and opened once.
type Window struct {
	epoch    time.Time
	from, to atomic.Int64
}

// NewWindow makes a window that is not open yet.
func NewWindow() *Window {
	w := &Window{epoch: time.Now()}
	w.from.Store(math.MaxInt64)
	w.to.Store(math.MaxInt64)
	return w
}

// Now is the monotonic time in nanoseconds, greater than 0.
func (w *Window) Now() int64 { return int64(time.Since(w.epoch)) + 1 }

// Open sets the window's limits, both of which should lie ahead: a packet sent at the moment of the call may otherwise
// be counted by one side only.
func (w *Window) Open(from, to int64) {
	w.to.Store(to)
	w.from.Store(from)
}

// Shorten moves the end of an open window.
func (w *Window) Shorten(to int64) { w.to.Store(to) }

// Contains tells whether a time lies in the window.
func (w *Window) Contains(t int64) bool { return t >= w.from.Load() && t < w.to.Load() }
