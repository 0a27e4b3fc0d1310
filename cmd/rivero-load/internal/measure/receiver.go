package measure

import (
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// receiverState keeps what a receiver report says about a source (RFC 3550 appendices A.1, A.3 and A.8).
type receiverState struct {
	clockRate uint32

	ssrc          uint32
	started       bool
	base, highest uint32 // extended sequence numbers
	received      uint32
	jitter        float64 // in RTP clock ticks
	transit       int64

	priorExpected, priorReceived uint32 // at the last report
}

func (s *receiverState) update(h *rtp.Header, now int64) {
	arrival := int64(float64(now) / 1e9 * float64(s.clockRate))
	transit := arrival - int64(h.Timestamp)
	if !s.started || s.ssrc != h.SSRC {
		*s = receiverState{
			clockRate: s.clockRate, ssrc: h.SSRC, started: true, transit: transit,
			base: uint32(h.SequenceNumber), highest: uint32(h.SequenceNumber), received: 1,
		}
		return
	}
	s.received++
	if ahead := h.SequenceNumber - uint16(s.highest); ahead < 1<<15 {
		s.highest += uint32(ahead)
	}
	d := int64(int32(transit - s.transit)) // timestamps wrap at 32 bits
	s.transit = transit
	if d < 0 {
		d = -d
	}
	s.jitter += (float64(d) - s.jitter) / 16
}

func (s *receiverState) report() (r rtcp.ReceptionReport, ok bool) {
	if !s.started {
		return r, false
	}
	expected := s.highest - s.base + 1
	newExpected, newReceived := expected-s.priorExpected, s.received-s.priorReceived
	s.priorExpected, s.priorReceived = expected, s.received
	r = rtcp.ReceptionReport{SSRC: s.ssrc, LastSequenceNumber: s.highest, Jitter: uint32(s.jitter)}
	if expected > s.received {
		r.TotalLost = min(expected-s.received, 1<<23-1)
	}
	if newExpected > newReceived {
		r.FractionLost = uint8(min((newExpected-newReceived)*256/newExpected, 255))
	}
	return r, true
}

// keyFrameFinder waits for the first key frame whose packets have all come, in order.
type keyFrameFinder struct {
	found chan struct{}
	at    int64

	inside bool   // the packets of a key frame are coming
	next   uint16 // sequence number that continues it
}

func newKeyFrameFinder() keyFrameFinder { return keyFrameFinder{found: make(chan struct{})} }

func (f *keyFrameFinder) update(h *rtp.Header, p *codecs.VP8Packet, now int64) {
	if f.at != 0 {
		return
	}
	switch {
	case p.S == 1 && p.PID == 0:
		f.inside = len(p.Payload) > 0 && p.Payload[0]&1 == 0 // RFC 6386 section 9.1
	case h.SequenceNumber != f.next:
		f.inside = false
	}
	f.next = h.SequenceNumber + 1
	if f.inside && h.Marker {
		f.at = now
		close(f.found)
	}
}
