package rtp

import (
	"net/netip"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
)

// learner finds out where an active peer is: where its packets come from (COMEDIA). RTP and RTCP are learned once each,
// because a NAT gives them ports that have nothing to do with each other.
type learner struct {
	active        bool
	rtpAt, rtcpAt netip.Addr // learned; not valid: not yet
	candidate     udp.Key    // who sent last
	ssrc          uint32
	next          uint16 // the sequence number that would prove it
}

func (l *learner) wantsRTP() bool  { return l.active && !l.rtpAt.IsValid() }
func (l *learner) wantsRTCP() bool { return l.active && !l.rtcpAt.IsValid() }

// media tells whether a packet shows the peer's address: one that is authentic does, else it takes two in sequence, as for
// any new source (RFC 3550 §6.2.1).
func (l *learner) media(from udp.Key, h *rtp.Header, authentic bool) bool {
	proven := authentic || l.candidate == from && l.ssrc == h.SSRC && l.next == h.SequenceNumber
	l.candidate, l.ssrc, l.next = from, h.SSRC, h.SequenceNumber+1
	return proven && l.settle(&l.rtpAt, from, l.rtcpAt)
}

// report tells the same of RTCP.
func (l *learner) report(from udp.Key, packet []byte) bool {
	isReport := len(packet) >= minRTCP && (packet[1] == senderReport || packet[1] == receiverReport)
	return isReport && l.settle(&l.rtcpAt, from, l.rtpAt)
}

// settle takes an address, but not that of another machine than the one learned before.
func (l *learner) settle(at *netip.Addr, from udp.Key, known netip.Addr) bool {
	ip := from.AddrPort().Addr()
	if known.IsValid() && known != ip {
		return false
	}
	*at = ip
	return true
}
