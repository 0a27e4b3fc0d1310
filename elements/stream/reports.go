package stream

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// reportInterval is the mean time between two reports; each one comes between
	// half and one and a half of it (RFC 3550 section 6.3.1), so that sessions do
	// not march in step.
	reportInterval = time.Second
	// firstReport is the mean time to the first one after silence: it carries what
	// the peer needs to play sound and picture together.
	firstReport = 200 * time.Millisecond
	// peerTimeout is the silence after which the peer is taken to have left.
	peerTimeout = 10 * time.Second
)

// run is the session's goroutine: it does what is due and sleeps until
// something is due again.
func (s *Session) run() {
	defer func() {
		if v := recover(); v != nil && s.opts.Fail != nil {
			s.opts.Fail(v)
		}
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := s.opts.Now()
		next := s.tick(now)
		timer.Reset(min(next-now, time.Hour))
		select {
		case <-s.closing:
			return
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// tick does what is due at the time now and tells when it has to be called
// again. Calling it early does no harm.
func (s *Session) tick(now time.Duration) (next time.Duration) {
	next = s.report(now)
	lines := s.lines()
	for i := range lines {
		l := &lines[i]
		if l.Receiver != nil {
			next = min(next, l.Receiver.repair(now))
			remb, again := l.Receiver.remb(now, false)
			if remb != nil {
				s.sendFeedback(l.SSRC, remb)
			}
			next = min(next, again)
		}
		if l.Sender != nil && l.Sender.kind == media.Video {
			next = min(next, l.Sender.sendProbe(now, &s.burst))
		}
	}
	s.burst.Flush()
	arrivals, local, again := s.arrivals.report(now)
	for _, message := range arrivals {
		s.sendFeedback(local, message)
	}
	return min(next, again, s.expire(now))
}

// report sends the regular report when it is due and tells when the next one
// is. With nothing received and sent since the last one it plans none; the next
// packet does, through stir.
func (s *Session) report(now time.Duration) (next time.Duration) {
	if s.reportAt == never {
		if s.quiet.Load() {
			return never
		}
		s.reportAt = now + s.spread(firstReport)
	}
	if now < s.reportAt {
		return s.reportAt
	}
	s.quiet.Store(true) // before looking: a packet that comes meanwhile takes it back
	packets := s.compose(now)
	if len(packets) == 0 {
		s.reportAt = never
		return never
	}
	s.quiet.Store(false)
	s.send(packets)
	s.reportAt = now + s.spread(reportInterval)
	return s.reportAt
}

// around is a random time between half and one and a half of mean.
func around(mean time.Duration) time.Duration {
	return mean/2 + rand.N(mean)
}

// compose makes the compound report: for each line that was active since the
// last time a sender report, or else a receiver report, then our name, then what
// bitrate the publisher may use.
func (s *Session) compose(now time.Duration) []rtcp.Packet {
	var reports, rates []rtcp.Packet
	var sources []uint32
	lines := s.lines()
	for i := range lines {
		l := &lines[i]
		var blocks []rtcp.ReceptionReport
		if l.Receiver != nil {
			if blocks = l.Receiver.reception(now); len(blocks) > 0 {
				if remb, _ := l.Receiver.remb(now, true); remb != nil {
					rates = append(rates, remb)
				}
			}
		}
		var sr *rtcp.SenderReport
		if l.Sender != nil {
			sr = l.Sender.report(now)
		}
		switch {
		case sr != nil:
			sr.Reports = blocks
			reports = append(reports, sr)
		case len(blocks) > 0:
			reports = append(reports, &rtcp.ReceiverReport{SSRC: l.SSRC, Reports: blocks})
		default:
			continue
		}
		sources = append(sources, l.SSRC)
		if sr != nil && l.RTX != 0 {
			sources = append(sources, l.RTX)
		}
	}
	if len(reports) == 0 {
		return nil
	}
	// The name stands behind the first report: more sender reports than one before
	// it are not foreseen (RFC 3550 section 6.1).
	packets := []rtcp.Packet{reports[0], s.description(sources...)}
	return append(append(packets, reports[1:]...), rates...)
}

// reception makes the report blocks about the streams of which something came since the last ones.
func (r *Receiver) reception(now time.Duration) (blocks []rtcp.ReceptionReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.tracks {
		if t.arrivals.running && t.arrivals.received != t.reportedPackets {
			blocks = append(blocks, t.reception(now))
		}
	}
	return blocks
}

// reception is the report block about the stream. Called locked.
func (t *track) reception(now time.Duration) rtcp.ReceptionReport {
	t.reportedPackets = t.arrivals.received
	t.counters.fraction = t.arrivals.fraction()
	b := rtcp.ReceptionReport{
		SSRC:               t.ssrc,
		FractionLost:       t.counters.fraction,
		TotalLost:          uint32(min(max(t.arrivals.lost(), 0), 1<<23-1)),
		LastSequenceNumber: uint32(t.arrivals.top),
		Jitter:             uint32(t.arrivals.jitter >> 4),
		LastSenderReport:   t.senderReport,
	}
	if t.senderReport != 0 {
		b.Delay = toMiddle(now - t.senderReportAt)
	}
	return b
}
