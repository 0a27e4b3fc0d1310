package gcc

import (
	"math"
	"time"
)

const (
	// leastBitrate is where the estimate ends: enough to find out that it got better.
	leastBitrate = 30_000
	// backOff is what the estimate falls to of what arrives, where the queue is short.
	backOff = 0.85
	// drainMore is how much further it falls for a queue of drainFull, so that this is gone in a second
	// or two. libwebrtc does not, and has the delay for long.
	drainMore = 0.25
	drainFull = 500 * time.Millisecond
	drained   = 50 * time.Millisecond
	drainMost = 3 * time.Second

	// growth is the factor per second far from any congestion that is known. libwebrtc has 1.08, and
	// bursts of padding to find out faster.
	growth = 1.3
	// proven is the part of what arrives that the estimate is at least, where no congestion is known: more than the
	// estimate was sent, to find out.
	proven = 0.95
	// headroom bounds the estimate by what arrives: more was not tried.
	headroom       = 1.5
	headroomMargin = 10_000 // bit/s

	// probesQueue is how long a queue counts as that which probes have made, beyond what they showed the path to carry.
	probesQueue = 300 * time.Millisecond

	packetBits = 1200 * 8
	assumedRTT = 100 * time.Millisecond
)

// rate is the controller that follows the delay (draft section 5.5): additive increase, multiplicative
// decrease.
type rate struct {
	bps       float64 // 0: no estimate
	state     state
	updated   time.Duration
	decreased time.Duration
	raised    time.Duration // when probes showed more
	draining  time.Duration // until when a queue may take to drain
	capacity  capacity
}

type state uint8

const (
	hold state = iota
	increase
)

// update takes what the path is like. received is the bitrate that arrives, if known; queue how long
// packets wait.
func (r *rate) update(now, trip time.Duration, signal usage, received float64, known bool, queue time.Duration) {
	if trip == 0 {
		trip = assumedRTT
	}
	elapsed := min(now-r.updated, time.Second)
	r.updated = now
	if !known {
		return
	}
	if r.bps == 0 { // nothing is known against what is sent
		r.bps = headroom*received + headroomMargin
		r.state = increase
	}
	switch signal {
	case overuse:
		wait := min(max(trip, 10*time.Millisecond), 200*time.Millisecond)
		probed := r.raised > 0 && now-r.raised < probesQueue
		if !probed && (now-r.decreased >= wait || received < r.bps/2) {
			r.decrease(now, received, queue)
		}
		r.state = hold
	case underuse:
		r.state = hold
	case normal:
		if r.state == increase && (now >= r.draining || queue < drained) {
			r.increase(elapsed, trip, received)
		}
		r.state = increase
	}
}

// decrease goes below what arrives, further the longer the queue is.
func (r *rate) decrease(now time.Duration, received float64, queue time.Duration) {
	full := min(float64(queue)/float64(drainFull), 1)
	factor := backOff - drainMore*full
	next := factor * received
	if next > r.bps && r.capacity.known {
		next = factor * r.capacity.mean
	}
	r.bps = max(min(next, r.bps), leastBitrate)
	r.decreased = now
	r.draining = now + min(time.Duration(1.5*float64(queue)/(1-factor)), drainMost)
	if r.capacity.known && received < r.capacity.lower() {
		r.capacity = capacity{}
	}
	r.capacity.add(received)
}

// increase grows for the time elapsed: slowly near the known capacity, otherwise fast.
func (r *rate) increase(elapsed, trip time.Duration, received float64) {
	if r.capacity.known && received > r.capacity.upper() {
		r.capacity = capacity{}
	}
	next := r.bps
	if r.capacity.known && r.bps >= backOff*r.capacity.mean {
		next += nearGrowth(r.bps, trip) * elapsed.Seconds()
	} else {
		next = max(next*math.Pow(growth, elapsed.Seconds()), proven*received)
	}
	r.bps = max(r.bps, min(next, headroom*received+headroomMargin))
}

// raise goes up to a bitrate that the path was shown to carry.
func (r *rate) raise(now time.Duration, bps float64) {
	if r.bps == 0 || bps <= r.bps {
		return
	}
	r.bps, r.raised = bps, now
	if r.capacity.known && bps > r.capacity.upper() {
		r.capacity = capacity{}
	}
}

// nearGrowth is about one packet per response time, in bit/s per second.
func nearGrowth(bps float64, trip time.Duration) float64 {
	frame := bps / 30
	packet := frame / math.Ceil(frame/packetBits)
	return max(packet/(trip+100*time.Millisecond).Seconds(), 4000)
}

// capacity remembers what arrived whenever there was congestion.
type capacity struct {
	known     bool
	mean      float64 // bit/s
	deviation float64 // normalised variance, in kbit/s
}

const capacityWeight = 0.05

func (c *capacity) add(bps float64) {
	if !c.known {
		*c = capacity{known: true, mean: bps, deviation: 0.4}
		return
	}
	c.mean += capacityWeight * (bps - c.mean)
	off := c.mean - bps
	c.deviation += capacityWeight * (off*off/max(c.mean, 1)/1000 - c.deviation)
	c.deviation = min(max(c.deviation, 0.4), 2.5)
}

// spread is three standard deviations.
func (c *capacity) spread() float64 { return 3 * math.Sqrt(c.deviation*c.mean*1000) }
func (c *capacity) upper() float64  { return c.mean + c.spread() }
func (c *capacity) lower() float64  { return max(c.mean-c.spread(), 0) }
