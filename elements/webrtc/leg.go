package webrtc

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
)

// leg is one transport of an endpoint, which Kurento calls a stream: a BUNDLE group, or an m-line outside of any. It turns
// what happens to the connection into events of the endpoint.
type leg struct {
	*endpoint.RTPLeg
	e          *Endpoint
	id         int // from 1 on
	conn       *transport.Conn
	statsSpace uuid.UUID // of the names of its statistics
	started    bool      // only touched while a description is processed

	// Guarded by the endpoint's mutex.
	gone    bool     // closed: no m-line used it any more
	gathers bool     // candidates are looked for
	turn    []string // host:port of the servers
	pair    *IceCandidatePair
	ice     transport.ICEState  // "" before it is told
	dtls    transport.DTLSState // "" before it is told
}

// componentID is that of RTP; RTCP comes by the same way. (The original reports a second component, which no client
// needs.)
const componentID = 1

func (l *leg) credentials() sdp.Credentials {
	return sdp.Credentials{Ufrag: l.conn.LocalUfrag(), Pwd: l.conn.LocalPwd()}
}

// agree starts the connection, or tells it what the peer says now.
func (l *leg) agree(remote transport.Remote) error {
	if l.started {
		return l.conn.Renegotiate(remote)
	}
	if err := l.conn.Start(remote); err != nil {
		return err
	}
	l.started = true
	return nil
}

// retire closes a transport that was started and that no m-line uses any more (RFC 8829 §5.11).
func (l *leg) retire() {
	if l.started {
		l.close()
	}
}

// close ends the connection. It may be called twice.
func (l *leg) close() {
	l.e.mu.Lock()
	l.gone = true
	l.e.mu.Unlock()
	l.conn.Close()
	l.RTPLeg.Close()
}

// turnServers notes which servers are asked for relays.
func (l *leg) turnServers(servers []transport.TURN) {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	l.turn = nil
	for _, t := range servers {
		l.turn = append(l.turn, t.Address)
	}
}

// Candidate is part of transport.Events.
func (l *leg) Candidate(text string) {
	agent := l.e.Agent()
	if agent == nil {
		return
	}
	candidates, err := agent.AddLocalCandidate(l.id-1, text)
	if err != nil {
		log := l.e.Log()
		log.Error().Err(err).Str("candidate", text).Msg("own candidate cannot be announced")
		return
	}
	for _, c := range candidates {
		l.e.Emit(IceCandidateFound{Candidate: IceCandidate{
			Candidate: c.Candidate, SdpMid: c.SDPMid, SdpMLineIndex: c.SDPMLineIndex,
		}})
	}
}

// GatheringDone is part of transport.Events. The last of the transports tells.
func (l *leg) GatheringDone() {
	if agent := l.e.Agent(); agent != nil && !agent.EndLocalCandidates(l.id-1) {
		return
	}
	l.e.Emit(IceGatheringDone{})
}

// ICEState is part of transport.Events.
func (l *leg) ICEState(s transport.ICEState) {
	l.e.mu.Lock()
	l.ice = s
	l.e.mu.Unlock()
	l.e.Emit(IceComponentStateChanged{StreamID: l.id, ComponentID: componentID, State: IceComponentState(s)})
}

// PairSelected is part of transport.Events.
func (l *leg) PairSelected(local, remote string) {
	id := strconv.Itoa(l.id)
	pair := IceCandidatePair{
		StreamID: id, ComponentID: componentID,
		StreamIDOld: id, ComponentIDOld: componentID,
		LocalCandidate: local, RemoteCandidate: remote,
	}
	l.e.mu.Lock()
	l.pair = &pair
	l.e.mu.Unlock()
	l.e.Emit(NewCandidatePairSelected{CandidatePair: pair})
}

// DTLSState is part of transport.Events.
func (l *leg) DTLSState(s transport.DTLSState) {
	l.e.mu.Lock()
	l.dtls = s
	l.e.mu.Unlock()
	c := l.dtlsConnection(s)
	l.e.Emit(DtlsConnectionStateChange{
		StreamID: c.StreamID, ComponentID: c.ComponentID, ConnectionID: c.ConnectionID, State: c.State,
	})
	l.SetConnected(s == transport.DTLSConnected)
}

// ServerFailed is part of transport.ServerEvents. Without STUN most calls work, so that is only logged, by the transport;
// without TURN those that need it fail in silence.
func (l *leg) ServerFailed(server string, err error) {
	l.e.mu.Lock()
	turn := slices.Contains(l.turn, server)
	l.e.mu.Unlock()
	if turn {
		l.e.Emit(pipeline.Error{Description: fmt.Sprintf("TURN server %s is of no use: %v", server, err), Type: "UNEXPECTED_ELEMENT_ERROR"})
	}
}

// Broken is part of transport.Events.
func (l *leg) Broken(v any) {
	log := l.e.Log()
	log.Error().Any("panic", v).Msg("endpoint failed while it received")
	l.e.Emit(pipeline.Error{Description: fmt.Sprintf("receiving failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}

func (l *leg) dtlsConnection(s transport.DTLSState) DtlsConnection {
	return DtlsConnection{
		StreamID: strconv.Itoa(l.id), ComponentID: strconv.Itoa(componentID), ConnectionID: l.e.ID(), State: DtlsConnectionState(s),
	}
}

// list describes each leg of which f knows something.
func list[T any](e *Endpoint, f func(l *leg) (T, bool)) []T {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []T{}
	for _, l := range e.legs {
		if v, ok := f(l); ok && !l.gone {
			out = append(out, v)
		}
	}
	return out
}

func (e *Endpoint) candidatePairs() []IceCandidatePair {
	return list(e, func(l *leg) (p IceCandidatePair, ok bool) {
		if l.pair != nil {
			p = *l.pair
		}
		return p, l.pair != nil
	})
}

func (e *Endpoint) iceConnections() []IceConnection {
	return list(e, func(l *leg) (IceConnection, bool) {
		return IceConnection{StreamID: strconv.Itoa(l.id), ComponentID: componentID, State: IceComponentState(l.ice)}, l.ice != ""
	})
}

func (e *Endpoint) dtlsConnections() []DtlsConnection {
	return list(e, func(l *leg) (DtlsConnection, bool) { return l.dtlsConnection(l.dtls), l.dtls != "" })
}

var (
	_ transport.Events       = (*leg)(nil)
	_ transport.ServerEvents = (*leg)(nil)
)
