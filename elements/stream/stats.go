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
	probed              uint64 // sent again unasked
	pli, fir, nack      uint64
	reported            uint64 // packets at the time of the last report
	lost                int64
	fraction            uint8
	jitter              time.Duration
}

// ReceiverStats describes the stream that comes from the peer, beginning with
// its current SSRC. Of a simulcast it is the sum of all layers, with SSRC and
// Jitter of the highest.
type ReceiverStats struct {
	SSRC         uint32 // 0: nothing came yet
	RID          string // of a layer, else ""
	Bitrate      int    // of a layer in bit/s, 0: it does not flow
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
	Layers       []ReceiverStats // of a simulcast, as the peer listed them; else none
}

// Stats reads the receiver's counters. Anyone may call it.
func (r *Receiver) Stats() ReceiverStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.tracks[0].stats()
	if len(r.tracks) > 1 {
		st = r.layerStats()
	}
	st.REMB = r.rate.told
	if r.session != nil {
		st.RoundTrip = r.session.RoundTrip()
	}
	return st
}

// layerStats adds the layers up. Called locked.
func (r *Receiver) layerStats() (sum ReceiverStats) {
	rates := r.layerBitrates()
	highest := rates.Highest()
	for _, t := range r.tracks {
		st := t.stats()
		st.RID, st.Bitrate = t.rid, rates[t.number]
		sum.Layers = append(sum.Layers, st)
		if sum.SSRC == 0 || t.number == highest {
			sum.SSRC, sum.Jitter = st.SSRC, st.Jitter
		}
		sum.Packets += st.Packets
		sum.Bytes += st.Bytes
		sum.Discarded += st.Discarded
		sum.Repeated += st.Repeated
		sum.Spare += st.Spare
		sum.Lost += st.Lost
		sum.FractionLost = max(sum.FractionLost, st.FractionLost)
		sum.PLI += st.PLI
		sum.FIR += st.FIR
		sum.NACK += st.NACK
	}
	return sum
}

// stats is called locked.
func (t *track) stats() ReceiverStats {
	c := &t.counters
	st := ReceiverStats{
		SSRC: t.ssrc, Packets: c.packets, Bytes: c.bytes, Discarded: c.discarded,
		Repeated: c.repeated, Spare: c.spare,
		Lost: t.arrivals.lost(), FractionLost: c.fraction,
		PLI: c.pli, FIR: c.fir, NACK: c.nack,
	}
	if t.codec != nil {
		st.Jitter = span(t.arrivals.jitter>>4, t.codec.Format.ClockRate)
	}
	return st
}

// SenderStats describes the stream that goes to the peer.
type SenderStats struct {
	SSRC          uint32 // 0: not negotiated
	Packets       uint64
	Bytes         uint64 // payload only
	Resent        uint64 // packets sent again because the peer asked; among Packets when not by RFC 4588
	ResentBytes   uint64 // payload only
	Probes        uint64 // packets sent again to find out what the path carries
	Lost          int64  // by the peer's last report, as the next two
	FractionLost  uint8  // in 1/256
	Jitter        time.Duration
	PLI           uint64 // requests received
	FIR           uint64
	NACK          uint64
	REMB          int // last limit of the peer in bit/s, 0: none
	Estimate      int // bit/s that the path was measured to carry, 0: unknown
	TargetBitrate int // what the source was told because of it, 0: nothing
	Layer         int // the one of the source's simulcast that is sent, from 1 on; 0: it has none
	RoundTrip     time.Duration
}

// Stats reads the sender's counters. Anyone may call it.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.counters
	st := SenderStats{
		SSRC: s.ssrc, Packets: c.packets, Bytes: c.bytes, Resent: c.resent, ResentBytes: c.resentBytes, Probes: c.probed,
		Lost: c.lost, FractionLost: c.fraction, Jitter: c.jitter,
		PLI: c.pli, FIR: c.fir, NACK: c.nack, REMB: s.remb, Estimate: s.estimate, TargetBitrate: s.target(),
		Layer: int(s.choice.current),
	}
	if s.session != nil {
		st.RoundTrip = s.session.RoundTrip()
	}
	return st
}
