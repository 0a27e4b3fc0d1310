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
	probeMore = 150
	// probeTime is how long one attempt takes at most.
	probeTime = 6 * time.Second
	// probePause is the time to the next attempt, a quarter more with each one that fails, up to probePauses: a link
	// that recovers after ten seconds is to be found out within a few more.
	probePause  = 3 * time.Second
	probePauses = 20 * time.Second
	// probeFall, in per cent, is what the estimate falls to when the path is full.
	probeFall = 95
	// probeTick is the time between two packets of an attempt, so that it makes no queue of its own, and probeBurst
	// bounds how many are sent at a time.
	probeTick  = 5 * time.Millisecond
	probeBurst = 4
	// probePast is how many packets back are sent again.
	probePast = 16
)

// probe is the attempt to find room for a higher layer. The sender's mutex guards it.
type probe struct {
	bps   int           // to send besides the layer, 0: none is under way
	owed  int           // bytes of it
	sent  time.Duration // when the last of it were
	back  int64         // which packet is next, counted from the top
	since time.Duration
	after time.Duration // no other attempt before this time
	pause time.Duration
	best  int // highest estimate of this attempt
}

// planProbe begins, adapts or ends an attempt. Called locked, with each choice.
func (s *Sender) planProbe(now time.Duration) {
	c, limit := &s.choice, s.peerLimit()
	b := &c.probe
	wanted := c.above() * (room + 2) / 100
	switch {
	case c.current == 0 || limit == 0 || wanted == 0 || !s.canProbe() || s.max > 0 && s.max < wanted:
		b.bps = 0 // nothing to find out, or no way to
		return
	case limit >= wanted:
		*b = probe{} // found
		return
	case b.bps > 0 && (100*limit < probeFall*b.best || now-b.since > probeTime):
		b.fail(now)
		return
	case b.bps == 0:
		if now < b.after || c.wanted != c.current {
			return
		}
		b.since, b.best, b.owed, b.sent = now, limit, 0, 0
		defer s.session.kick()
	}
	b.best = max(b.best, limit)
	b.bps = max(min(wanted, limit*probeMore/100)-c.rates[c.current], 1)
}

// fail ends an attempt and puts the next one off.
func (b *probe) fail(now time.Duration) {
	b.pause = min(max(b.pause+b.pause/4, probePause), probePauses)
	b.bps, b.after = 0, now+b.pause
}

// canProbe tells whether packets can be sent more than once. Called locked.
func (s *Sender) canProbe() bool { return s.codec != nil && s.repeatsApart() }

// sendProbe sends what is due of an attempt and tells when to look again. It runs on the session's goroutine, which
// owns burst.
func (s *Sender) sendProbe(now time.Duration, burst *media.Burst) (next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &s.choice.probe
	if b.bps == 0 || s.session == nil || s.from == nil || !s.canProbe() {
		return never
	}
	if b.sent == 0 {
		b.sent = now
	}
	b.owed += int(float64(b.bps) / 8 * min(now-b.sent, 4*probeTick).Seconds())
	b.sent = now
	for n := 0; n < probeBurst && b.owed > 0; n++ {
		b.back = (b.back + 1) % probePast
		source, ext, e, ok := s.splice.origin(uint16(s.splice.top - b.back))
		if !ok {
			continue
		}
		s.resendFrom(&e).Resend(source, func(p *media.Packet) {
			if p.RTP.SSRC == e.ssrc && s.repeat(p, ext, &e, burst) {
				s.counters.probed++
				b.owed -= len(p.Data) + packetOverhead
			}
		})
	}
	return now + probeTick
}
