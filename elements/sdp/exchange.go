package sdp

import (
	"errors"
	"slices"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// exchange decides, m-line by m-line, what becomes of a peer's description.
type exchange struct {
	agent *Agent
	layout
	before     *Session // what was agreed last, nil: nothing
	session    Session
	taken      [3]int      // accepted m-lines of each media.Kind
	transports map[int]int // ours, by transport of the layout
	err        error       // our transport could not be made
}

func (a *Agent) newExchange(d *description) (*exchange, error) {
	l, err := newLayout(d)
	if err != nil {
		return nil, err
	}
	return &exchange{agent: a, layout: l, before: a.session, transports: make(map[int]int)}, nil
}

// prior is what was agreed last on m-line i, nil: it was not in use.
func (x *exchange) prior(i int, kind media.Kind) *Media {
	if x.before == nil || i >= len(x.before.Media) {
		return nil
	}
	if m := &x.before.Media[i]; !m.Rejected && m.Kind == kind {
		return m
	}
	return nil
}

// carry gives an m-line of the peer its transport, and tells whether it can have one. All of ours have rtcp-mux: RTP that
// wants RTCP on a second port cannot use them. In answers a transport is made for each BUNDLE group and each m-line
// outside of any; what we offered stands or falls with the transport that we offered it on.
func (x *exchange) carry(m *Media) bool {
	if m.Kind != media.Data && !x.muxed(m.Index) {
		return false
	}
	group := x.of[m.Index]
	if t, ok := x.transports[group]; ok {
		m.Transport = t
		return true
	}
	free := func(t int) bool {
		for _, other := range x.transports {
			if other == t {
				return false
			}
		}
		return true
	}
	switch prior := x.prior(m.Index, m.Kind); {
	case x.session.Offerer:
		if !free(m.Transport) {
			return false
		}
	case prior != nil && free(prior.Transport):
		m.Transport = prior.Transport
	default:
		m.Transport = 0
		for !free(m.Transport) || x.existing(m.Transport) != nil {
			m.Transport++
		}
		if x.err = x.agent.ensureTransport(m.Transport); x.err != nil {
			return false
		}
	}
	x.transports[group] = m.Transport
	return true
}

// ensureTransport has transports up to the i-th made.
func (a *Agent) ensureTransport(i int) error {
	for len(a.ice) <= i {
		c, err := a.local.Transport(len(a.ice))
		if err != nil {
			return err
		}
		a.ice = append(a.ice, ownTransport{credentials: c})
	}
	return nil
}

// finish completes the session when all m-lines have been decided.
func (x *exchange) finish() (*Session, error) {
	if x.err != nil {
		return nil, x.err
	}
	x.session.Transports = make([]Transport, len(x.agent.ice))
	for t := range x.session.Transports {
		members := slices.DeleteFunc(slices.Clone(x.session.Media), func(m Media) bool { return m.Rejected || m.Transport != t })
		if len(members) > 0 {
			x.session.Transports[t] = x.transport(members, x.dtlsClient(&members[0]))
		}
		if old := x.existing(t); old != nil && len(members) > 0 && !sameFingerprints(old.Fingerprints, x.session.Transports[t].Fingerprints) {
			return nil, errors.New("another certificate: DTLS of a session cannot begin anew")
		}
	}
	return &x.session, nil
}

// existing is what was agreed last of a transport, nil: it is not in use.
func (x *exchange) existing(t int) *Transport {
	if x.before == nil || t >= len(x.before.Transports) || len(x.before.Transports[t].MIDs) == 0 {
		return nil
	}
	return &x.before.Transports[t]
}

func sameFingerprints(a, b []Fingerprint) bool {
	in := func(list []Fingerprint) func(Fingerprint) bool {
		return func(f Fingerprint) bool {
			return slices.ContainsFunc(list, func(g Fingerprint) bool {
				return f.Algorithm == g.Algorithm && strings.EqualFold(f.Value, g.Value)
			})
		}
	}
	return len(a) == 0 || slices.ContainsFunc(b, in(a))
}

// dtlsClient tells whether we begin the DTLS handshake of an m-line's transport (RFC 8842
// §5.3, §5.4): as the answerer when we may, as the offerer when the peer will
// not. A peer that says nothing means to begin itself (RFC 4145 §4.1). A transport that exists keeps its roles.
func (x *exchange) dtlsClient(m *Media) bool {
	if old := x.existing(m.Transport); old != nil {
		return old.Client
	}
	setup := x.setup(m.Index)
	return setup == "passive" || setup == "actpass" && !x.session.Offerer
}

// restarted lists the transports whose peer has new ICE credentials (RFC 8839 §4.4.1.1.1).
func (x *exchange) restarted() (list []int) {
	for t, now := range x.session.Transports {
		if old := x.existing(t); old != nil && len(now.MIDs) > 0 && (old.Ufrag != now.Ufrag || old.Pwd != now.Pwd) {
			list = append(list, t)
		}
	}
	return list
}
