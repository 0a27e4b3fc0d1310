package media

// LastKey looks back from p, a source's latest packet, through what the source still keeps (Resend), for the packet that the last key
// frame begins with. fits tells whether a key frame will do; nil: any. Nothing is found when something in between is not kept.
func LastKey(from Source, p *Packet, fits func(key *Packet) bool) (seq uint16, found bool) {
	for back := uint16(1); back < LongRingSlots; back++ {
		seq := p.RTP.SequenceNumber - back
		related := false
		kept := from.Resend(seq, func(kept *Packet) {
			related = kept.Format == p.Format && kept.RTP.SSRC == p.RTP.SSRC
			found = related && kept.Key && (fits == nil || fits(kept))
		})
		if found {
			return seq, true
		}
		if !kept || !related {
			return 0, false
		}
	}
	return 0, false
}
