package sdp

import "slices"

// Profile is a way to carry media.
type Profile string

// The profiles.
const (
	// WebRTC is ICE, DTLS-SRTP, BUNDLE and rtcp-mux (RFC 8829).
	WebRTC Profile = "webrtc"
	// RTP is RTP without any of that: each m-line has a port of its own, and a second one for RTCP (RFC 3550 §11).
	RTP Profile = "rtp"
	// SDES is the same, protected with keys that stand in the descriptions (RFC 4568).
	SDES Profile = "sdes"
)

// rules are what profiles differ in.
type rules struct {
	offers  string   // proto of the m-lines that we offer
	accepts []string // protos that a peer may use, besides
	ice     bool     // peers find each other by ICE and m-lines share transports; else both sides name their ports
	keys    bool     // a=crypto
}

// profiles are the known ones. WebRTC offers RTP/SAVPF, as Kurento does; a peer's may also say UDP/TLS/RTP/SAVPF (RFC 8829 §5.1.2).
var profiles = map[Profile]rules{
	WebRTC: {offers: "RTP/SAVPF", accepts: []string{"UDP/TLS/RTP/SAVPF"}, ice: true},
	RTP:    {offers: "RTP/AVPF", accepts: []string{"RTP/AVP"}},
	SDES:   {offers: "RTP/SAVPF", accepts: []string{"RTP/SAVP", "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"}, keys: true},
}

func (r *rules) accept(proto string) bool {
	return proto == r.offers || slices.Contains(r.accepts, proto)
}

// modern tells whether descriptions say what Kurento does not know and browsers do.
func (a *Agent) modern() bool { return a.rules.ice && !a.config.Classic }
