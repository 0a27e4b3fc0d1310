package stream

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Nobody finds out by sending a low layer whether the path carries a higher one: every estimate stays near what is
// sent. So from time to time packets are sent more than once, as retransmissions that the peer drops, until the
// estimate has grown enough or shrinks.
const (
	// probeFall, in per cent, is what the estimate falls to when the path is full, and probeRise what it has to rise to
	// for the next attempt to follow at once.
	probeFall = 95
	probeRise = 110
	// probeTick is the time between two packets of an attempt, so that it makes no queue of its own, and probeBurst
	// bounds how many are sent at a time.
	probeTick  = 5 * time.Millisecond
	probeBurst = 4
	// probePast is how many packets back are sent again.
	probePast = 16
)

// probing is how attempts are made.
type probing struct {
	more  int           // than the estimate, or what is sent, in per cent of it
	most  int           // that is sent, in per cent of what is wanted
	time  time.Duration // one attempt takes at most
	pause time.Duration // to the next one, a quarter more with each that fails
	last  time.Duration // the longest pause
}

// Where the peer reports when each packet came, a few of them show what the path carries: a moment is enough, and where
// the path is full the queue is short. An estimate that the peer makes itself has to grow while more arrives.
var (
	inClusters = probing{more: 300, most: 115, time: 60 * time.Millisecond, pause: 1500 * time.Millisecond, last: 4 * time.Second}
	forAWhile  = probing{more: 150, most: 100, time: 6 * time.Second, pause: 3 * time.Second, last: 20 * time.Second}
)

// probe is the attempt to find room for a higher layer. The sender's mutex guards it.
type probe struct {
	running bool
	since   time.Duration
	best    int           // highest estimate of this attempt, as far as it was looked at
	after   time.Duration // no other attempt before this time
	pause   time.Duration

	bps  int           // to send besides the layer, 0: nothing
	owed int           // bytes of it
	sent time.Duration // when the last of it were, 0: none yet
	end  time.Duration // nothing is sent from then on
	back int64         // which packet is next, counted from the top
}

// planProbe begins, adapts or ends an attempt. Called locked, with each choice.
func (s *Sender) planProbe(now time.Duration) {
	c, limit := &s.choice, s.peerLimit()
	b, how := &c.probe, s.probing()
	wanted := c.above() * (room + 2) / 100
	switch {
	case c.current == 0 || limit == 0 || wanted == 0 || !s.canProbe() || s.max > 0 && s.max < wanted:
		b.running, b.bps = false, 0 // nothing to find out, or no way to
		return
	case limit >= wanted:
		if b.running { // found, and tried
			c.roomSince = now - roomTime
		}
		*b = probe{}
		return
	case b.running && (100*limit < probeFall*b.best || now-b.since > how.time):
		b.running = false
		if 100*limit < probeRise*b.best {
			b.fail(now, how)
		}
	}
	if !b.running {
		if now < b.after || c.wanted != c.current {
			return
		}
		b.running, b.since, b.best, b.owed, b.sent = true, now, limit, 0, 0
		defer s.session.kick()
	}
	b.best = max(b.best, limit)
	sent := c.rates[c.current]
	b.bps = max(min(wanted*how.most/100, max(limit, sent)*how.more/100)-sent, 1)
}

// fail ends an attempt and puts the next one off: a link that recovers after ten seconds is to be found out within a few
// more.
func (b *probe) fail(now time.Duration, how *probing) {
	b.pause = min(max(b.pause+b.pause/4, how.pause), how.last)
	b.running, b.bps, b.after = false, 0, now+b.pause
}

// probing is how the sender's path can be probed. Called locked.
func (s *Sender) probing() *probing {
	if s.measured {
		return &inClusters
	}
	return &forAWhile
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
		b.sent, b.end = now, now+s.probing().time
	}
	if now > b.end {
		b.bps = 0
		return never
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
			if p.RTP.SSRC == e.ssrc && s.repeat(p, ext, &e, burst, sentToProbe) {
				s.counters.probed++
				b.owed -= len(p.Data) + packetOverhead
			}
		})
	}
	return now + probeTick
}
