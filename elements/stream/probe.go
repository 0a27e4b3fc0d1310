package stream

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Nobody finds out by sending a low layer whether the path carries a higher one: every estimate stays near what is
// sent. So from time to time packets are sent more than once, as retransmissions that the peer drops, until the
// estimate has grown enough or shrinks.
const (
	// probeMore is how much more than the estimate is sent, in per cent of it.
	probeMore = 140
	// probeTime is how long one attempt takes at most.
	probeTime = 6 * time.Second
	// probePause is the time to the next attempt, doubled with each one that fails up to probePauses.
	probePause  = 5 * time.Second
	probePauses = time.Minute
	// probeFall, in per cent, is what the estimate falls to when the path is full.
	probeFall = 95
	// probeCopies bounds how often one packet is sent.
	probeCopies = 8
)

// probe is the attempt to find room for a higher layer. The sender's mutex guards it.
type probe struct {
	bps   int // to send besides the layer, 0: none is under way
	owed  int // bytes of it
	since time.Duration
	after time.Duration // no other attempt before this time
	pause time.Duration
	best  int // highest estimate of this attempt
}

// planProbe begins, adapts or ends an attempt. Called locked, with each choice.
func (s *Sender) planProbe(now time.Duration) {
	c, limit := &s.choice, s.peerLimit()
	b := &c.probe
	wanted := c.above() * (room + 10) / 100
	switch {
	case c.current == 0 || limit == 0 || wanted == 0 || !s.canProbe() || s.max > 0 && s.max < wanted:
		b.bps = 0 // nothing to find out, or no way to
		return
	case limit >= wanted:
		*b = probe{} // found
		return
	case b.bps > 0 && (100*limit < probeFall*b.best || now-b.since > probeTime):
		b.pause = min(max(2*b.pause, probePause), probePauses)
		b.bps, b.after = 0, now+b.pause
		return
	case b.bps == 0:
		if now < b.after || c.wanted != c.current {
			return
		}
		b.since, b.best, b.owed = now, limit, 0
	}
	b.best = max(b.best, limit)
	b.bps = max(min(wanted, limit*probeMore/100)-c.rates[c.current], 1)
}

// canProbe tells whether packets can be sent more than once. Called locked.
func (s *Sender) canProbe() bool { return s.codec != nil && s.repeatsApart() }

// sendProbe sends p, which was just sent, as often again as is due. Called locked.
func (s *Sender) sendProbe(p *media.Packet) {
	c := &s.choice
	b, e := &c.probe, &s.splice.epochs[0]
	if b.bps == 0 || c.rates[c.current] == 0 || uint16(s.splice.top) != p.RTP.SequenceNumber+e.seqShift || !s.canProbe() {
		return
	}
	b.owed += len(p.Data) * b.bps / c.rates[c.current]
	for n := 0; n < probeCopies && b.owed >= len(p.Data) && len(p.Data) > 0; n++ {
		s.repeat(p, s.splice.top, e, p.Burst)
		s.counters.probed++
		b.owed -= len(p.Data)
	}
	b.owed = min(b.owed, probeCopies*len(p.Data))
}
