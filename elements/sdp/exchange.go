package sdp

import (
	"slices"

	"github.com/rivero-media/rivero/pipeline/media"
)

// exchange decides, m-line by m-line, what becomes of a peer's description.
type exchange struct {
	agent *Agent
	layout
	session Session
	taken   [3]int // accepted m-lines of each media.Kind
	carried int    // the one transport that is carried, -1 while none is
}

func (a *Agent) newExchange(d *description) (*exchange, error) {
	l, err := newLayout(d)
	if err != nil {
		return nil, err
	}
	return &exchange{agent: a, layout: l, carried: -1}, nil
}

// carry tells whether m-line i can be carried. Our transport is one BUNDLE group
// with rtcp-mux: RTP that wants RTCP on a second port cannot use it, and once a
// transport is taken no m-line of another one.
func (x *exchange) carry(i int, kind media.Kind) bool {
	if kind != media.Data && !x.muxed(i) {
		return false
	}
	if x.carried < 0 {
		x.carried = x.of[i]
	}
	return x.of[i] == x.carried
}

// finish completes the session when all m-lines have been decided.
func (x *exchange) finish() *Session {
	members := slices.DeleteFunc(slices.Clone(x.session.Media), func(m Media) bool { return m.Rejected })
	if len(members) > 0 {
		x.session.Transports = []Transport{x.transport(members, x.dtlsClient(members[0].Index))}
	}
	return &x.session
}

// dtlsClient tells whether we begin the DTLS handshake of m-line i (RFC 8842
// §5.3, §5.4): as the answerer when we may, as the offerer when the peer will
// not. A peer that says nothing means to begin itself (RFC 4145 §4.1).
func (x *exchange) dtlsClient(i int) bool {
	setup := x.setup(i)
	return setup == "passive" || setup == "actpass" && !x.session.Offerer
}
