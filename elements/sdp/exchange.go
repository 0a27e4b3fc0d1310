package sdp

import (
	"errors"
	"fmt"
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
	taken      [3]int        // accepted m-lines of each media.Kind
	transports map[int]int   // ours, by transport of the layout
	peers      map[int]*Peer // without ICE, by m-line
	err        error         // our transport could not be made, or what the peer says of its own cannot be read
}

func (a *Agent) newExchange(d *description) (*exchange, error) {
	l, err := newLayout(d, a.rules.ice)
	if err != nil {
		return nil, err
	}
	return &exchange{agent: a, layout: l, before: a.session, transports: make(map[int]int), peers: make(map[int]*Peer)}, nil
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

// carry gives an m-line of the peer its transport, and tells whether it can have one. With ICE all of ours have rtcp-mux: RTP
// that wants RTCP on a second port cannot use them. In answers a transport is made for each BUNDLE group and each m-line
// outside of any; what we offered stands or falls with the transport that we offered it on.
func (x *exchange) carry(m *Media) bool {
	switch {
	case x.agent.rules.ice && m.Kind != media.Data && !x.muxed(m.Index), !x.agent.rules.ice && !x.approach(m):
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
	if x.session.Offerer {
		if !free(m.Transport) {
			return false
		}
	} else if m.Transport = x.carrier(group, free); m.Transport < 0 {
		m.Transport = 0
		for !free(m.Transport) || x.existing(m.Transport) != nil {
			m.Transport++
		}
		if x.err = x.agent.freshTransport(m.Transport); x.err != nil {
			return false
		}
	}
	x.transports[group] = m.Transport
	return true
}

// carrier is the transport that has carried a group so far, -1: it is new. The group's first m-line may be new in it, and
// have the place of one that was closed (RFC 8829 §5.2.2).
func (x *exchange) carrier(group int, free func(t int) bool) int {
	for i := range x.sections {
		kind, _ := kindOf(x.sections[i].media)
		if prior := x.prior(i, kind); x.of[i] == group && prior != nil && !x.closed(i) && free(prior.Transport) {
			return prior.Transport
		}
	}
	return -1
}

// freshTransport has transports up to the i-th made. One that was in use is made anew: its DTLS association is not the
// peer's next one.
func (a *Agent) freshTransport(i int) error {
	for n := min(i, len(a.ice)); n <= i; n++ {
		if n < len(a.ice) && !a.ice[n].used {
			continue
		}
		c, err := a.local.Transport(n)
		if err != nil {
			return err
		}
		if n == len(a.ice) {
			a.ice = append(a.ice, ownTransport{})
		}
		a.ice[n] = ownTransport{credentials: c}
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
		if len(members) == 0 {
			continue
		}
		now := x.transport(members, x.dtlsClient(&members[0]))
		now.Peer = x.peers[members[0].Index]
		x.session.Transports[t] = now
		if err := x.later(&now, x.existing(t), x.setup(members[0].Index)); err != nil {
			return nil, err
		}
		if err := onePurpose(members); err != nil {
			return nil, err
		}
	}
	return &x.session, nil
}

// later tells what cannot be put into force in a later exchange, because DTLS of a connection does not begin anew. old
// is nil for a transport that is new.
func (x *exchange) later(now, old *Transport, setup string) error {
	switch {
	case x.before == nil, !x.agent.rules.ice:
		return nil
	case now.Ufrag == "" || now.Pwd == "" || len(now.Fingerprints) == 0:
		return errors.New("no ICE credentials or no fingerprint")
	case old == nil:
		return nil
	case !sameFingerprints(old.Fingerprints, now.Fingerprints):
		return errors.New("another certificate: DTLS of a session cannot begin anew")
	case setup == "active" && old.Client, setup == "passive" && !old.Client:
		return errors.New("another DTLS role: DTLS of a session cannot begin anew")
	}
	return nil
}

// onePurpose refuses a payload type that means audio and video in what we receive on one transport (RFC 9143 §9.1).
func onePurpose(members []Media) error {
	kinds := map[uint8]media.Kind{}
	for _, m := range members {
		if !m.Recv {
			continue
		}
		for _, c := range m.Codecs {
			types := []uint8{c.PayloadType, c.RTX}
			if c.RTX == 0 {
				types = types[:1]
			}
			for _, pt := range types {
				if kind, ok := kinds[pt]; ok && kind != m.Kind {
					return fmt.Errorf("payload type %d is used for audio and video", pt)
				}
				kinds[pt] = m.Kind
			}
		}
	}
	return nil
}

// existing is what was agreed last of a transport, nil: it is not in use.
func (x *exchange) existing(t int) *Transport {
	if !x.before.carries(t) {
		return nil
	}
	return &x.before.Transports[t]
}

// sameFingerprints compares sets: any difference is another certificate (RFC 8842 §4).
func sameFingerprints(a, b []Fingerprint) bool {
	missing := func(list []Fingerprint) func(Fingerprint) bool {
		return func(f Fingerprint) bool {
			return !slices.ContainsFunc(list, func(g Fingerprint) bool {
				return f.Algorithm == g.Algorithm && strings.EqualFold(f.Value, g.Value)
			})
		}
	}
	return !slices.ContainsFunc(a, missing(b)) && !slices.ContainsFunc(b, missing(a))
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
