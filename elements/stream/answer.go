package stream

import (
	"math"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// maxResend bounds how many packets one message of the peer can have sent again.
	maxResend = 128
	// leastResend is the least time between two repetitions of one packet while the
	// round trip time is unknown or shorter.
	leastResend = 20 * time.Millisecond
	// mostResend bounds the same for a round trip time that was measured badly.
	mostResend = 500 * time.Millisecond
)

// resentPackets remembers what was sent again lately: a packet is not sent twice
// while the first repetition may still be under way. It takes memory with the
// first loss.
type resentPackets []resentPacket

type resentPacket struct {
	ext int64
	at  time.Duration
}

// allow tells whether packet ext may be sent again now, and notes it.
func (r *resentPackets) allow(ext int64, now, pause time.Duration) bool {
	if *r == nil {
		*r = make(resentPackets, 2*maxResend)
	}
	e := &(*r)[ext%int64(len(*r))]
	if e.ext == ext && now-e.at < pause {
		return false
	}
	e.ext, e.at = ext, now
	return true
}

// resend answers a loss report out of the source's ring. It runs on the read
// goroutine of the connection, which owns b.
func (s *Sender) resend(nacks []rtcp.NackPair, at time.Duration, b *media.Burst) {
	s.mu.Lock()
	s.counters.nack++
	s.mu.Unlock()
	left := maxResend
	for i := range nacks {
		nacks[i].Range(func(seq uint16) bool {
			s.resendOne(seq, at, b)
			left--
			return left > 0
		})
		if left <= 0 {
			return
		}
	}
}

// resendOne sends the packet with own number seq again, exactly as it was sent.
func (s *Sender) resendOne(seq uint16, at time.Duration, b *media.Burst) {
	s.mu.Lock()
	session, from, codec := s.session, s.from, s.codec
	source, ext, e, ok := s.splice.origin(seq)
	if !ok || session == nil || from == nil || codec == nil {
		s.mu.Unlock()
		return
	}
	pause := min(max(session.RoundTrip(), leastResend), mostResend)
	if !s.resent.allow(ext, at, pause) {
		s.mu.Unlock()
		return
	}
	h := rtp.Header{Version: 2, PayloadType: codec.PayloadType, SequenceNumber: seq, SSRC: s.ssrc}
	if s.absTime != nil && s.absTime.repeat(&h, ext) != nil {
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()

	size := -1
	from.Resend(source, func(p *media.Packet) {
		if p.RTP.SSRC != e.ssrc {
			return // the ring holds another stream's packet by this number
		}
		h.Marker, h.Timestamp = p.RTP.Marker, p.RTP.Timestamp+e.timeShift
		session.transport.WriteRTP(&h, e.pictures.numberAgain(p.Data), b)
		size = len(p.Data)
	})
	if size < 0 {
		return
	}
	s.mu.Lock()
	s.counters.packets++
	s.counters.bytes += uint64(size)
	s.counters.resent++
	s.mu.Unlock()
}

// keyFrameWanted passes the peer's request on.
func (s *Sender) keyFrameWanted(fir bool) {
	s.mu.Lock()
	if fir {
		s.counters.fir++
	} else {
		s.counters.pli++
	}
	s.mu.Unlock()
	s.RequestKeyFrame()
}

// RequestKeyFrame asks whatever feeds this sender for a key frame; false when
// nothing does. Anyone may call it.
func (s *Sender) RequestKeyFrame() bool {
	s.mu.Lock()
	from := s.from
	s.mu.Unlock()
	if from == nil {
		return false
	}
	from.RequestKeyFrame()
	return true
}

// limit takes the bitrate that the peer can receive.
func (s *Sender) limit(bps float64) {
	s.mu.Lock()
	s.remb = int(min(max(bps, 1), math.MaxInt32))
	target, from := s.target(), s.from
	s.mu.Unlock()
	if from != nil {
		from.SetMaxBitrate(target)
	}
}

// SetBitrateRange bounds what the peer's limits make of the source's bitrate, in
// bit/s; 0 takes a bound back. It may be called at any time.
func (s *Sender) SetBitrateRange(min, max int) {
	s.mu.Lock()
	s.min, s.max = min, max
	target, from := s.target(), s.from
	s.mu.Unlock()
	if from != nil {
		from.SetMaxBitrate(target)
	}
}

// target is the limit that the source is told, 0: none. Called locked.
func (s *Sender) target() int {
	bps := s.remb
	if bps == 0 {
		return s.max
	}
	if s.max > 0 {
		bps = min(bps, s.max)
	}
	return max(bps, s.min)
}

// reported takes what the peer says about the stream it gets.
func (s *Sender) reported(r *rtcp.ReceptionReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.counters
	c.lost, c.fraction = signed24(r.TotalLost), r.FractionLost
	c.jitter = 0
	if s.splice.rate != 0 {
		c.jitter = span(int64(r.Jitter), s.splice.rate)
	}
}

// signed24 is the cumulative loss of a report, which duplicates can turn
// negative (RFC 3550 section 6.4.1).
func signed24(v uint32) int64 { return int64(int32(v<<8) >> 8) }
