package stream

import (
	"sync"
	"sync/atomic"
	"time"
)

// How the pipeline time of a stream is steered.
const (
	// maxSlew is the part of elapsed media time by which a stream that somebody
	// consumes may be moved: 1 ms per 100 ms.
	maxSlew = 100
	// maxSkew is how far sender reports may stand apart from arrival times; beyond
	// it they are not believed, or the peer has set its clock.
	maxSkew = 2 * time.Second
	// maxStray is how far a stream may run away from arrival times before its
	// timestamps are taken to have jumped.
	maxStray = 10 * time.Second
	// leastSpan is how long a lowest sample counts at least. It lets the mapping
	// follow a peer whose clock runs slow, and is long enough to meet a packet that
	// was not held up in a queue.
	leastSpan = 5 * time.Second
)

// lowest is the least sample of the last one to two spans.
type lowest struct {
	current, before time.Duration
	since           time.Duration // when current began
	spans           int           // how many of the two count
}

// add takes the sample v of time at.
func (l *lowest) add(v, at time.Duration) {
	switch {
	case l.spans == 0:
		*l = lowest{current: v, since: at, spans: 1}
	case at-l.since > leastSpan:
		*l = lowest{current: v, before: l.current, since: at, spans: 2}
	default:
		l.current = min(l.current, v)
	}
}

// value is the least sample; there must have been one.
func (l *lowest) value() time.Duration {
	if l.spans > 1 {
		return min(l.current, l.before)
	}
	return l.current
}

// PeerClock relates the clock of one peer, as seen in its sender reports, to the
// pipeline clock. All streams of the peer share one, so that what was captured
// together is presented together. The zero value is ready for use.
type PeerClock struct {
	offset atomic.Pointer[time.Duration] // pipeline time of NTP zero

	mu    sync.Mutex
	least lowest
}

// report takes the NTP time of a sender report that came at the time at. The
// report that was least under way says the most.
func (c *PeerClock) report(ntp, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sample := at - ntp
	if c.least.spans > 0 && (sample-c.least.value()).Abs() > maxSkew {
		c.least = lowest{}
	}
	c.least.add(sample, at)
	v := c.least.value()
	c.offset.Store(&v)
}

// streamClock maps the RTP timestamps of one stream to the pipeline clock: by
// arrival as long as there is nothing better, then by sender reports. The
// mapping moves slowly while somebody consumes the stream. Called locked.
type streamClock struct {
	peer    *PeerClock
	rate    uint32
	running bool
	newest  uint32        // highest timestamp seen
	ticks   int64         // the same, counted from the first one without wrapping
	shift   time.Duration // pipeline time of tick zero
	last    time.Duration // highest pipeline time given

	arrival lowest // arrival minus media time: where tick zero is by arrival

	reported    bool
	reportNTP   time.Duration
	reportTicks int64
}

// restart begins anew with the next packet, after a change of source or clock
// rate. Pipeline time goes on.
func (c *streamClock) restart(rate uint32) {
	*c = streamClock{peer: c.peer, rate: rate, last: c.last}
}

// pts maps a timestamp that came at the time at. free says that nobody consumes
// the stream, so that it may be moved at will.
func (c *streamClock) pts(timestamp uint32, at time.Duration, free bool) time.Duration {
	if !c.running {
		c.begin(timestamp, at)
	}
	step := int64(int32(timestamp - c.newest))
	elapsed := span(c.ticks+step, c.rate)
	if step > 0 {
		c.newest, c.ticks = timestamp, c.ticks+step
		c.arrival.add(at-elapsed, at)
		c.steer(span(step, c.rate), free)
	}
	pts := elapsed + c.shift
	if (pts - at).Abs() > maxStray {
		c.begin(timestamp, at)
		pts = c.shift
	}
	c.last = max(c.last, pts)
	return pts
}

// begin makes timestamp tick zero and presents it now.
func (c *streamClock) begin(timestamp uint32, at time.Duration) {
	c.running, c.newest, c.ticks, c.reported = true, timestamp, 0, false
	c.shift = at
	if c.last > at && c.last-at < maxStray {
		c.shift = c.last // never back
	}
	c.arrival = lowest{}
	c.arrival.add(at, at)
}

// steer moves the mapping towards where it should be, after elapsed media time.
func (c *streamClock) steer(elapsed time.Duration, free bool) {
	move := c.target() - c.shift
	if !free {
		move = min(max(move, -elapsed/maxSlew), elapsed/maxSlew)
	}
	c.shift += move
}

// target is where tick zero belongs on the pipeline clock.
func (c *streamClock) target() time.Duration {
	byArrival := c.arrival.value()
	offset := c.peer.offset.Load()
	if !c.reported || offset == nil {
		return byArrival
	}
	byReport := c.reportNTP + *offset - span(c.reportTicks, c.rate)
	if (byReport - byArrival).Abs() > maxSkew {
		return byArrival
	}
	return byReport
}

// report takes a sender report: at NTP time ntp the stream's clock showed
// timestamp. A zero NTP time means that the sender knows none (RFC 3550
// section 6.4.1).
func (c *streamClock) report(ntp uint64, timestamp uint32, at time.Duration) {
	if ntp == 0 {
		return
	}
	c.peer.report(ntpDuration(ntp), at)
	if !c.running {
		return
	}
	c.reported = true
	c.reportNTP = ntpDuration(ntp)
	c.reportTicks = c.ticks + int64(int32(timestamp-c.newest))
}
