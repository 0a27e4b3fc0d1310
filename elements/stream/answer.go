package stream

import (
	"math"
	"time"

	"github.com/pion/rtcp"

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
	// mostQueued bounds what is added for the time that packets wait in a queue on the way, which grows faster than
	// the round trip time is measured. Without it a full queue is filled with copies.
	mostQueued = 2 * time.Second
	// resendShare is the part of the limit that repetitions may take, in per cent, and resendSaved how much of it
	// can be saved up.
	resendShare = 20
	resendSaved = time.Second
	// rescueInterval is the least time between two key frames that are asked for because more was lost than
	// repetitions may take.
	rescueInterval = 2 * time.Second
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

// resendBudget keeps repetitions from filling a path that is full already. What it does not allow is not worth
// waiting for: a key frame is.
type resendBudget struct {
	bytes   int // that may be sent again
	at      time.Duration
	spent   bool          // more was asked for than allowed
	rescued time.Duration // when a key frame was asked for instead
}

// allows tells whether anything may be sent again now, on a path that carries limit bit/s, 0: any.
func (b *resendBudget) allows(limit int, now time.Duration) bool {
	if limit == 0 {
		b.at = 0
		return true
	}
	rate := limit / 8 * resendShare / 100
	if b.at == 0 {
		b.bytes, b.at = int(float64(rate)*resendSaved.Seconds()), now
	}
	elapsed := min(max(now-b.at, 0), resendSaved)
	b.bytes = min(b.bytes+int(float64(rate)*elapsed.Seconds()), int(float64(rate)*resendSaved.Seconds()))
	b.at = now
	return b.bytes > 0
}

func (b *resendBudget) spend(bytes int) { b.bytes -= bytes }

// rescue tells whether it is time to ask for a key frame.
func (b *resendBudget) rescue(now time.Duration) bool {
	if !b.spent || b.rescued > 0 && now-b.rescued < rescueInterval {
		return false
	}
	b.rescued = now
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
			break
		}
	}
	s.mu.Lock()
	from, rescue := s.from, s.kind == media.Video && s.budget.rescue(at)
	s.mu.Unlock()
	if rescue && from != nil {
		from.RequestKeyFrame()
	}
}

// resendOne sends the packet with own number seq again: as a retransmission, or else exactly as it was sent.
func (s *Sender) resendOne(seq uint16, at time.Duration, b *media.Burst) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source, ext, e, ok := s.splice.origin(seq)
	if !ok || s.session == nil || s.from == nil || s.codec == nil {
		return
	}
	pause := min(max(s.session.RoundTrip(), leastResend), mostResend) + min(time.Duration(s.session.congestion.queue.Load()), mostQueued)
	if !s.budget.allows(s.peerLimit(), at) {
		s.budget.spent = true
		return
	}
	if !s.resent.allow(ext, at, pause) {
		return
	}
	s.resendFrom(&e).Resend(source, func(p *media.Packet) {
		// Else the ring holds another stream's packet by this number.
		if p.RTP.SSRC == e.ssrc && s.repeat(p, ext, &e, b, 0) {
			s.budget.spend(len(p.Data) + packetOverhead)
			s.counters.resent++
			s.counters.resentBytes += uint64(len(p.Data))
		}
	})
}

// resendFrom is the source of what was sent in an epoch. Called locked.
func (s *Sender) resendFrom(e *epoch) media.Source {
	if e.layer != 0 && s.choice.source != nil {
		return layerView{s.choice.source, e.layer}
	}
	return s.from
}

// repeatsApart tells whether retransmissions are packets of a stream of their own. Called locked.
func (s *Sender) repeatsApart() bool { return s.codec.RTX != 0 && s.repeats.header.SSRC != 0 }

// repeat sends p, a packet of the source, once more as number ext, with a mark of departures; false when it would not be
// the same. Called locked.
func (s *Sender) repeat(p *media.Packet, ext int64, e *epoch, b *media.Burst, mark departure) bool {
	h := &s.header
	h.Marker, h.PayloadType = p.RTP.Marker, s.codec.PayloadType
	h.SequenceNumber, h.Timestamp = uint16(ext), p.RTP.Timestamp+e.timeShift
	payload := s.pictures.numberAgain(s.codec.Format.Codec, p.Data, e.pictures)
	switch {
	case s.repeatsApart():
		h, payload = s.repeats.wrap(h, payload, s.codec.RTX)
		if s.stamps != nil {
			s.stamps.loudness(h, p.Level)
			s.stamp(len(payload), mark)
		}
	case s.stamps != nil:
		number, known := s.stamps.repeat(ext)
		if !known {
			return false
		}
		s.session.departures.repeated(number)
		s.stamps.loudness(h, p.Level)
	}
	s.session.transport.WriteRTP(h, payload, b)
	if !s.repeatsApart() {
		s.counters.packets++
		s.counters.bytes += uint64(len(p.Data))
	}
	return true
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
	s.retarget(func() { s.remb = int(min(max(bps, 1), math.MaxInt32)) })
}

// SetBitrateRange bounds what the peer's limits make of the source's bitrate, in
// bit/s; 0 takes a bound back. It may be called at any time.
func (s *Sender) SetBitrateRange(min, max int) {
	s.retarget(func() { s.min, s.max = min, max })
}

// retarget changes what decides the target and tells the source of it.
func (s *Sender) retarget(change func()) {
	s.mu.Lock()
	change()
	target, from := s.target(), s.from
	s.choice.limited(target)
	s.mu.Unlock()
	if from != nil {
		from.SetMaxBitrate(target)
	}
}

// SetRembOnConnect sets the bit/s that a source is told when it is connected, as long as it is not known
// what the peer can take; 0: nothing. It may be called at any time.
func (s *Sender) SetRembOnConnect(bps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connect = bps
}

// limitComes tells whether it is not known yet what the peer can take, but will be. Called locked.
func (s *Sender) limitComes() bool {
	if s.measured {
		return s.estimate == 0
	}
	return s.remb == 0 && s.codec != nil && s.codec.Feedback.REMB
}

// target is the limit that the source is told, 0: none. Called locked.
func (s *Sender) target() int {
	bps := s.peerLimit()
	if s.limitComes() {
		bps = s.connect
	}
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
