package sdp

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline/media"
)

// The RTP header extensions that are negotiated.
const (
	AbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	TransportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	AudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"            // RFC 6464 §4
	MID         = "urn:ietf:params:rtp-hdrext:sdes:mid"                    // RFC 9143 §15.1
	RID         = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"          // RFC 8852 §3
	RepairedRID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" // RFC 8852 §3
)

// Session is what a completed offer/answer exchange agreed on. Nobody changes it
// any more, the caller neither.
type Session struct {
	// Offerer tells that the local side made the offer. It is then the controlling
	// ICE agent, as it is towards an ICE-lite peer (RFC 8445 §6.1.1).
	Offerer bool
	// Media has one entry for each m-line, refused ones included, in their order.
	Media []Media
	// Transports are the connections that the accepted m-lines share: one for each
	// BUNDLE group and for each m-line outside of any. One that no m-line uses any
	// more has no MIDs.
	Transports []Transport
}

// carries tells whether m-lines use the t-th transport. No session has none.
func (s *Session) carries(t int) bool {
	return s != nil && t < len(s.Transports) && len(s.Transports[t].MIDs) > 0
}

// Media is one m-line as agreed.
type Media struct {
	Index    int
	MID      string // "" when the peer does not name its m-lines
	Kind     media.Kind
	Rejected bool // by either side; then only Index, MID and, of kinds we know, Kind have meaning

	Transport  int     // index into Session.Transports
	Send, Recv bool    // seen from the local side
	Codecs     []Codec // in order of preference; never empty for audio and video
	Events     []Codec // of the telephone (RFC 4733), on clocks of the codecs; audio only
	Extensions []Extension
	SSRC       uint32 // ours; 0 for data
	RTXSSRC    uint32 // ours, of retransmissions; 0: there is none
	// RIDs are the layers of the peer's simulcast (RFC 8853), as it lists them: the
	// best first, by convention.
	RIDs []string
	// RemoteSSRCs are those announced by the peer, without those of
	// retransmission or FEC streams; often empty.
	RemoteSSRCs []uint32
	// SCTPPort and RemoteSCTPPort are of data (RFC 8841 §5).
	SCTPPort, RemoteSCTPPort uint16
	MaxMessageSize           int // bytes that the peer takes in one message; 0: any number
}

// Codec is one payload type both sides agreed on.
type Codec struct {
	PayloadType uint8
	Format      media.Format
	Feedback    Feedback
	RTX         uint8 // payload type of its retransmissions (RFC 4588), 0: none
	// Sprop are the peer's parameter sets of H264 (sprop-parameter-sets, RFC 6184 §8.1), as it wrote them.
	Sprop string
}

// Feedback is the RTCP feedback agreed for a payload type.
type Feedback struct {
	NACK bool // generic NACK, RFC 4585 §6.2.1
	PLI  bool // picture loss indication, RFC 4585 §6.3.1
	FIR  bool // full intra request, RFC 5104 §4.3.1
	REMB bool // goog-remb, draft-alvestrand-rmcat-remb
	TWCC bool // transport-cc, draft-holmer-rmcat-transport-wide-cc-extensions
}

// Extension is an RTP header extension (RFC 8285).
type Extension struct {
	ID       uint8
	URI      string
	RecvOnly bool // only the peer sends it
}

// String is the value of the extmap attribute.
func (e Extension) String() string {
	if e.RecvOnly {
		return fmt.Sprintf("%d/%s %s", e.ID, RecvOnly, e.URI)
	}
	return fmt.Sprintf("%d %s", e.ID, e.URI)
}

// Transport is what the peer said of one connection.
type Transport struct {
	MIDs         []string // of the m-lines that use it, "" for one without a name
	Ufrag, Pwd   string   // "" when the peer gave none
	Lite         bool     // the peer is ICE-lite
	Fingerprints []Fingerprint
	Client       bool // the local side opens the DTLS handshake (RFC 8842 §5)
	Candidates   []Candidate
	Peer         *Peer // nil with ICE
}

// Fingerprint is the hash of a certificate (RFC 8122 §5), e.g. sha-256 and
// "AB:CD:...".
type Fingerprint struct {
	Algorithm, Value string
}

// String is the value of the fingerprint attribute.
func (f Fingerprint) String() string { return f.Algorithm + " " + f.Value }

// Accepts tells whether a peer that negotiated c can decode a stream of format
// f. How f's data is packed does not matter here. A format that equals c.Format
// is the better choice of two that are accepted.
func (c Codec) Accepts(f media.Format) bool {
	own := c.Format
	if f.Kind != own.Kind || f.Codec != own.Codec || f.ClockRate != own.ClockRate || f.Channels != own.Channels {
		return false
	}
	if f.Codec == media.H264 && f.Params != "" {
		return h264Accepts(own.Params, f.Params)
	}
	return f.Codec == media.H264 || f.Params == own.Params
}

// CodecFor picks the negotiated codec that a stream of format f can be sent as:
// the very same format if it was negotiated, else the peer's first choice of those
// that accept it. Which codec stands first in Codecs does not matter unless f must
// be transcoded.
func (m *Media) CodecFor(f media.Format) (c Codec, ok bool) {
	for _, c := range m.Codecs {
		if c.Format == f {
			return c, true
		}
	}
	for _, c := range m.Codecs {
		if c.Accepts(f) {
			return c, true
		}
	}
	return Codec{}, false
}

// ExtensionID returns the id agreed for a header extension, 0 if there is none.
func (m *Media) ExtensionID(uri string) uint8 {
	for _, e := range m.Extensions {
		if e.URI == uri {
			return e.ID
		}
	}
	return 0
}
