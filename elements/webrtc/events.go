package webrtc

import (
	"fmt"

	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
)

// An endpoint has one stream with one component: BUNDLE and rtcp-mux. (The original reports a second component, which
// no client needs.)
const (
	streamID    = 1
	streamText  = "1"
	componentID = 1
)

// events turns what happens to the connection into events of the endpoint.
type events struct{ e *Endpoint }

func (ev events) Candidate(text string) {
	agent := ev.e.Agent()
	if agent == nil {
		return
	}
	candidates, err := agent.AddLocalCandidate(text)
	if err != nil {
		log := ev.e.Log()
		log.Error().Err(err).Str("candidate", text).Msg("own candidate cannot be announced")
		return
	}
	for _, c := range candidates {
		ev.e.Emit(IceCandidateFound{Candidate: IceCandidate{
			Candidate: c.Candidate, SdpMid: c.SDPMid, SdpMLineIndex: c.SDPMLineIndex,
		}})
	}
}

func (ev events) GatheringDone() {
	if agent := ev.e.Agent(); agent != nil {
		agent.EndLocalCandidates()
	}
	ev.e.Emit(IceGatheringDone{})
}

func (ev events) ICEState(s transport.ICEState) {
	ev.e.mu.Lock()
	ev.e.ice = s
	ev.e.mu.Unlock()
	ev.e.Emit(IceComponentStateChanged{StreamID: streamID, ComponentID: componentID, State: IceComponentState(s)})
}

func (ev events) PairSelected(local, remote string) {
	pair := IceCandidatePair{
		StreamID: streamText, ComponentID: componentID,
		StreamIDOld: streamText, ComponentIDOld: componentID,
		LocalCandidate: local, RemoteCandidate: remote,
	}
	ev.e.mu.Lock()
	ev.e.pair = &pair
	ev.e.mu.Unlock()
	ev.e.Emit(NewCandidatePairSelected{CandidatePair: pair})
}

func (ev events) DTLSState(s transport.DTLSState) {
	ev.e.mu.Lock()
	ev.e.dtls = s
	ev.e.mu.Unlock()
	if s == transport.DTLSConnected {
		ev.e.Connected()
	}
	c := ev.e.dtlsConnection(s)
	ev.e.Emit(DtlsConnectionStateChange{
		StreamID: c.StreamID, ComponentID: c.ComponentID, ConnectionID: c.ConnectionID, State: c.State,
	})
	ev.e.SetConnected(s == transport.DTLSConnected)
}

func (ev events) Broken(v any) {
	log := ev.e.Log()
	log.Error().Any("panic", v).Msg("endpoint failed while it received")
	ev.e.Emit(pipeline.Error{Description: fmt.Sprintf("receiving failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}

func (e *Endpoint) dtlsConnection(s transport.DTLSState) DtlsConnection {
	return DtlsConnection{
		StreamID: streamText, ComponentID: fmt.Sprint(componentID), ConnectionID: e.ID(), State: DtlsConnectionState(s),
	}
}

func (e *Endpoint) candidatePairs() []IceCandidatePair {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pair == nil {
		return []IceCandidatePair{}
	}
	return []IceCandidatePair{*e.pair}
}

func (e *Endpoint) iceConnections() []IceConnection {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ice == "" {
		return []IceConnection{}
	}
	return []IceConnection{{StreamID: streamText, ComponentID: componentID, State: IceComponentState(e.ice)}}
}

func (e *Endpoint) dtlsConnections() []DtlsConnection {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dtls == "" {
		return []DtlsConnection{}
	}
	return []DtlsConnection{e.dtlsConnection(e.dtls)}
}
