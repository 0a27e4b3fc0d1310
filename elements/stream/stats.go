package stream

import "time"

// receiverCounters counts one remote stream. Guarded by the receiver's mutex.
type receiverCounters struct {
	packets, bytes, discarded uint64
	repeated, spare           uint64 // retransmissions (RFC 4588) that were missing, and the others
	pli, fir, nack            uint64
	fraction                  uint8
}

// senderCounters counts what was sent. Guarded by the sender's mutex.
type senderCounters struct {
	packets, bytes      uint64 // of the stream itself
	resent, resentBytes uint64 // sent again by whichever way
	pli, fir, nack      uint64
	reported            uint64 // packets at the time of the last report
	lost                int64
	fraction            uint8
	jitter              time.Duration
}

// ReceiverStats describes the stream that comes from the peer, beginning with
// its current SSRC.
type ReceiverStats struct {
	SSRC         uint32 // 0: nothing came yet
	Packets      uint64
	Bytes        uint64 // payload only
	Discarded    uint64 // duplicates and packets far out of order
	Repeated     uint64 // retransmissions (RFC 4588) among Packets
	Spare        uint64 // retransmissions of what had come already: the publisher probed its path
	Lost         int64
	FractionLost uint8 // since the report before the last, in 1/256
	Jitter       time.Duration
	PLI          uint64 // requests sent
	FIR          uint64
	NACK         uint64
	REMB         int // last bitrate told to the publisher in bit/s, 0: none
	RoundTrip    time.Duration
}

// Stats reads the receiver's counters. Anyone may call it.
func (r *Receiver) Stats() ReceiverStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tracks[0]
	c := &t.counters
	st := ReceiverStats{
		SSRC: t.ssrc, Packets: c.packets, Bytes: c.bytes, Discarded: c.discarded,
		Repeated: c.repeated, Spare: c.spare,
		Lost: t.arrivals.lost(), FractionLost: c.fraction,
		PLI: c.pli, FIR: c.fir, NACK: c.nack, REMB: r.rate.told,
	}
	if t.codec != nil {
		st.Jitter = span(t.arrivals.jitter>>4, t.codec.Format.ClockRate)
	}
	if r.session != nil {
		st.RoundTrip = r.session.RoundTrip()
	}
	return st
}

// SenderStats describes the stream that goes to the peer.
type SenderStats struct {
	SSRC          uint32 // 0: not negotiated
	Packets       uint64
	Bytes         uint64 // payload only
	Resent        uint64 // repetitions among Packets
	Lost          int64  // by the peer's last report, as the next two
	FractionLost  uint8  // in 1/256
	Jitter        time.Duration
	PLI           uint64 // requests received
	FIR           uint64
	NACK          uint64
	REMB          int // last limit of the peer in bit/s, 0: none
	Estimate      int // bit/s that the path was measured to carry, 0: unknown
	TargetBitrate int // what the source was told because of it, 0: nothing
	RoundTrip     time.Duration
}

// Stats reads the sender's counters. Anyone may call it.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.counters
	st := SenderStats{
		SSRC: s.ssrc, Packets: c.packets, Bytes: c.bytes, Resent: c.resent,
		Lost: c.lost, FractionLost: c.fraction, Jitter: c.jitter,
		PLI: c.pli, FIR: c.fir, NACK: c.nack, REMB: s.remb, Estimate: s.estimate, TargetBitrate: s.target(),
	}
	if s.session != nil {
		st.RoundTrip = s.session.RoundTrip()
	}
	return st
}
