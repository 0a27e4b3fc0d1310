package stream

import "time"

const (
	// arrivalWindow is how many sequence numbers back packets are told from
	// duplicates; older ones are dropped. Twice what a ring keeps.
	arrivalWindow = 1024
	// maxDropout is the largest gap that still counts as loss (RFC 3550 A.1).
	maxDropout = 3000
)

// verdict is what a sequence number says about its packet.
type verdict uint8

const (
	useless  verdict = iota // duplicate, too old, or a jump not yet confirmed
	newest                  // ahead of all before
	late                    // fills a hole
	restarts                // confirms a jump: the stream begins anew with it
)

// arrivals is the bookkeeping of one remote stream's sequence numbers and
// arrival times (RFC 3550 appendices A.1, A.3 and A.8).
type arrivals struct {
	running  bool
	base     int64 // first extended sequence number
	top      int64 // highest
	seen     [arrivalWindow / 64]uint64
	received int64
	jump     int32 // the sequence number that would confirm a jump, -1: none

	expectedBefore, receivedBefore int64 // as of the last report

	transit  int64 // arrival minus RTP timestamp of the last packet, in ticks
	measured bool
	jitter   int64 // in 1/16 tick
}

// begin takes seq for the first packet of a stream. Extended numbers start high
// enough for packets before the first one.
func (a *arrivals) begin(seq uint16) {
	first := 1<<16 + int64(seq)
	*a = arrivals{running: true, base: first, top: first, received: 1, jump: -1}
	a.mark(first)
}

func (a *arrivals) mark(ext int64)     { a.seen[ext%arrivalWindow/64] |= 1 << (ext % 64) }
func (a *arrivals) clear(ext int64)    { a.seen[ext%arrivalWindow/64] &^= 1 << (ext % 64) }
func (a *arrivals) has(ext int64) bool { return a.seen[ext%arrivalWindow/64]>>(ext%64)&1 != 0 }

// add judges the packet with number seq, gives its extended number and, for the
// newest, how many are missing before it.
func (a *arrivals) add(seq uint16) (ext int64, gap int, v verdict) {
	step := int64(int16(seq - uint16(a.top)))
	switch {
	case step > 0 && step < maxDropout:
		ext = a.top + step
		for e := max(a.top+1, ext-arrivalWindow+1); e < ext; e++ {
			a.clear(e)
		}
		a.top = ext
		gap, v = int(step-1), newest
	case step <= 0 && step > -arrivalWindow:
		if ext = a.top + step; a.has(ext) {
			return ext, 0, useless
		}
		a.base = min(a.base, ext)
		v = late
	case int32(seq) == a.jump:
		a.begin(seq)
		return a.top, 0, restarts
	default:
		a.jump = int32(seq + 1)
		return 0, 0, useless
	}
	a.jump = -1
	a.received++
	a.mark(ext)
	return ext, gap, v
}

// misses tells whether the packet with number seq would fill a hole.
func (a *arrivals) misses(seq uint16) bool {
	step := int64(int16(seq - uint16(a.top)))
	return a.running && step < 0 && step > -arrivalWindow && a.top+step >= a.base && !a.has(a.top+step)
}

// timed takes the arrival of the first packet of a new timestamp for the jitter
// estimate. The others of its frame say nothing about the network: they were
// captured together and sent one after the other.
func (a *arrivals) timed(timestamp uint32, at time.Duration, rate uint32) {
	transit := ticks(at, rate) - int64(timestamp)
	if a.measured {
		d := int64(int32(transit - a.transit))
		a.jitter += max(d, -d) - (a.jitter+8)>>4
	}
	a.transit, a.measured = transit, true
}

// lost is how many packets have not come, below zero never: duplicates are not counted.
func (a *arrivals) lost() int64 {
	if !a.running {
		return 0
	}
	return a.top - a.base + 1 - a.received
}

// fraction is the part of packets lost since the last call, in 1/256.
func (a *arrivals) fraction() uint8 {
	expected := a.top - a.base + 1
	due := expected - a.expectedBefore
	missing := due - (a.received - a.receivedBefore)
	a.expectedBefore, a.receivedBefore = expected, a.received
	if due <= 0 || missing <= 0 {
		return 0
	}
	return uint8(min(missing<<8/due, 255))
}
