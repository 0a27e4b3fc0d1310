package gcc

import "time"

// delaySpan is how long the least delay counts at least: it follows a change of route.
const delaySpan = 10 * time.Second

// delays knows how long packets wait in queues: their delay above the least of the last one to two
// spans. The clocks of both ends differ by anything, which cancels out.
type delays struct {
	started         bool
	current, before time.Duration // the least of this span and of the one before
	since           time.Duration
	smoothed        time.Duration
}

func (d *delays) add(delay, now time.Duration) {
	switch {
	case !d.started:
		*d = delays{started: true, current: delay, before: delay, since: now, smoothed: delay}
	case now-d.since > delaySpan:
		d.before, d.current, d.since = d.current, delay, now
	default:
		d.current = min(d.current, delay)
	}
	d.smoothed += (delay - d.smoothed) / 8
}

// queue is how long packets wait now.
func (d *delays) queue() time.Duration { return max(d.smoothed-min(d.current, d.before), 0) }
