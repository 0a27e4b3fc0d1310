package webrtc

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
)

// Endpoint is a WebRtcEndpoint.
type Endpoint struct {
	endpoint.BaseRtpEndpoint
	settings *Settings
	keyType  transport.KeyType
	direct   sdp.Direction // of own offers
	cname    string
	streamID string // under which the peer finds audio and video together
	dscp     uint8
	useData  bool                 // data channels are offered and accepted
	data     atomic.Pointer[data] // nil: not negotiated

	mu         sync.Mutex
	properties properties
	legs       []*leg // one for each transport; none before the first description
	replaced   []*leg // others have their places; not closed yet
	gathering  bool   // the client has asked for candidates
	early      []sdp.IceCandidate
	closed     bool
}

func create(s *Settings, c pipeline.Creation, p params) pipeline.Object {
	e := &Endpoint{settings: s, keyType: transport.KeyType(p.CertificateKeyType), direct: sdp.SendRecv, cname: endpoint.RandomCNAME(),
		streamID: uuid.NewString(), useData: p.UseDataChannels}
	if !c.Given("certificateKeyType") {
		e.keyType = transport.ECDSA // the published default is RSA, whose handshakes cost many times as much
	}
	if p.QosDscp == "NO_VALUE" {
		p.QosDscp = s.QosDscp
	}
	e.dscp = p.QosDscp.codePoint()
	switch {
	case p.Sendonly:
		e.direct = sdp.SendOnly
	case p.Recvonly:
		e.direct = sdp.RecvOnly
	}
	e.properties = properties{
		networkInterfaces: s.NetworkInterfaces,
		iceTCP:            s.IceTCP,
		stunServerAddress: s.StunServerAddress,
		stunServerPort:    s.StunServerPort,
		turnURL:           s.TurnURL,
		externalIPv4:      s.ExternalIPv4,
		externalIPv6:      s.ExternalIPv6,
	}
	e.Setup(c, e, p.MediaPipeline, e, s.RTP)
	return e
}

// NewAgent is part of endpoint.Negotiator.
func (e *Endpoint) NewAgent() (*sdp.Agent, error) {
	certificate, err := e.settings.Certificates.Get(e.keyType)
	if err != nil {
		return nil, err
	}
	return sdp.NewAgent(sdp.Config{
		AudioCodecs: e.settings.AudioCodecs, VideoCodecs: e.settings.VideoCodecs,
		NumAudioMedias: e.settings.NumAudio, NumVideoMedias: e.settings.NumVideo,
		DataChannels: e.useData, Direction: e.direct,
		Classic: e.settings.ClassicSDP, Strict: e.settings.StrictNegotiation,
	}, sdp.Local{
		Transport:      func(i int) (sdp.Credentials, error) { return e.addLeg(i, certificate) },
		Restart:        e.restart,
		Fingerprint:    sdp.Fingerprint{Algorithm: "sha-256", Value: certificate.Fingerprint()},
		CNAME:          e.cname,
		StreamID:       e.streamID,
		SSRC:           endpoint.RandomSSRC,
		SCTPPort:       sctpPort,
		MaxMessageSize: transport.MaxMessage,
	})
}

// addLeg makes the i-th transport, which does nothing before it is started: one more, or one in the place of another that
// is out of use. It is called by the agent, whose lock events need: nothing may be closed here.
func (e *Endpoint) addLeg(i int, certificate *transport.Certificate) (sdp.Credentials, error) {
	l := &leg{e: e, id: i + 1, statsSpace: uuid.New()}
	cfg := transport.ConnConfig{
		Pool: e.settings.Pool, Certificate: certificate, KeepDTLS: e.useData, DSCP: e.dscp,
		Handler: l, Messages: e, Events: l, Log: e.Log(),
	}
	conn, err := transport.NewConn(cfg)
	if err != nil {
		return sdp.Credentials{}, err
	}
	l.conn = conn
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return sdp.Credentials{}, transport.ErrClosed
	}
	l.RTPLeg = e.NewLeg(i)
	if i < len(e.legs) {
		e.replaced = append(e.replaced, e.legs[i])
		e.legs[i] = l
	} else {
		e.legs = append(e.legs, l)
	}
	return l.credentials(), nil
}

// restart begins ICE anew on one transport.
func (e *Endpoint) restart(i int) (sdp.Credentials, error) {
	l := e.transports()[i]
	if err := l.conn.Restart(); err != nil {
		return sdp.Credentials{}, err
	}
	return l.credentials(), nil
}

func (e *Endpoint) transports() []*leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.legs)
}

// Lost is part of endpoint.Negotiator.
func (e *Endpoint) Lost() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.legs, func(l *leg) bool {
		return !l.gone && (l.ice == transport.ICEFailed || l.ice == transport.ICEDisconnected)
	})
}

// Negotiated is part of endpoint.Negotiator.
func (e *Endpoint) Negotiated(s sdp.Session) error {
	e.closeReplaced()
	legs := e.transports()
	if len(legs) < len(s.Transports) {
		return transport.ErrClosed
	}
	carriers := make([]stream.Transport, len(legs))
	for i, l := range legs {
		carriers[i] = l.conn
	}
	if err := e.Agree(carriers, s, e.cname); err != nil {
		return err
	}
	ports := e.agreeData(legs, s)
	for i, peer := range s.Transports {
		if len(peer.MIDs) == 0 { // every m-line was refused: there is nothing to connect
			legs[i].retire()
			continue
		}
		remote := remoteOf(peer, s.Offerer)
		if ports.leg == i {
			remote.SCTP = ports.SCTPPorts
		}
		if err := legs[i].agree(remote); err != nil {
			return err
		}
		for _, c := range peer.Candidates {
			e.offerCandidate(legs[i].conn, c)
		}
	}
	return e.catchUp()
}

// remoteOf is what the peer said of a transport, in the words of the connection.
func remoteOf(peer sdp.Transport, offerer bool) transport.Remote {
	remote := transport.Remote{
		Ufrag: peer.Ufrag, Pwd: peer.Pwd,
		DTLSClient:  peer.Client,
		Controlling: offerer || peer.Lite,
	}
	for _, f := range peer.Fingerprints {
		remote.Fingerprints = append(remote.Fingerprints, transport.Fingerprint{Hash: f.Algorithm, Value: f.Value})
	}
	return remote
}

// catchUp does what the client has asked for before: transports that are new gather too, early candidates are added.
func (e *Endpoint) catchUp() error {
	e.mu.Lock()
	early, gathering := e.early, e.gathering
	e.early = nil
	e.mu.Unlock()
	if gathering {
		if err := e.gatherCandidates(); err != nil {
			return err
		}
	}
	for _, c := range early {
		if err := e.addCandidate(c); err != nil {
			log := e.Log()
			log.Warn().Err(err).Msg("candidate from before the negotiation is dropped")
		}
	}
	return nil
}

// offerCandidate gives the transport a candidate of the peer. One that it cannot use is no error for the client.
func (e *Endpoint) offerCandidate(conn *transport.Conn, c sdp.Candidate) {
	if err := conn.AddRemoteCandidate(c.String()); err != nil {
		log := e.Log()
		log.Debug().Err(err).Str("candidate", c.String()).Msg("remote candidate is not used")
	}
}

// gatherCandidates before there is a description succeeds and does nothing, as in the original.
func (e *Endpoint) gatherCandidates() error {
	p := e.snapshot() // what is set later has no effect
	for i, l := range e.ungathered() {
		var problems []error
		var turn []transport.TURN
		err := l.conn.Reconfigure(func(cfg *transport.ConnConfig) {
			problems = p.apply(cfg)
			turn = cfg.TURN
		})
		if turn != nil {
			l.turnServers(turn)
		}
		if i == 0 { // they are the same for all
			for _, problem := range problems {
				e.Emit(pipeline.Error{Description: problem.Error(), Type: "UNEXPECTED_ELEMENT_ERROR"})
			}
		}
		if err == nil {
			err = l.conn.Gather()
		}
		if err != nil {
			log := e.Log()
			log.Error().Err(err).Msg("candidates cannot be gathered")
			return pipeline.Errorf(pipeline.IceGatherError, "Error gathering candidates")
		}
		e.mu.Lock()
		l.gathers = true
		e.mu.Unlock()
	}
	return nil
}

// ungathered are the transports that do not look for candidates yet.
func (e *Endpoint) ungathered() []*leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gathering = e.gathering || len(e.legs) > 0
	return slices.DeleteFunc(slices.Clone(e.legs), func(l *leg) bool { return l.gone || l.gathers })
}

// closeReplaced ends transports that others have the places of.
func (e *Endpoint) closeReplaced() {
	e.mu.Lock()
	list := e.replaced
	e.replaced = nil
	e.mu.Unlock()
	for _, l := range list {
		l.close()
	}
}

// maxEarly bounds the candidates that are kept before there is a description.
const maxEarly = 128

// maxCandidate bounds the texts of one candidate, in bytes.
const maxCandidate = 2048

func (e *Endpoint) addIceCandidate(c IceCandidate) error {
	if n := len(c.Candidate) + len(c.SdpMid); n > maxCandidate {
		return endpoint.Fault(fmt.Errorf("%w: %d bytes", sdp.ErrAddCandidate, n))
	}
	ic := sdp.IceCandidate{Candidate: c.Candidate, SDPMid: c.SdpMid, SDPMLineIndex: c.SdpMLineIndex}
	e.mu.Lock()
	if e.Agent() == nil {
		if len(e.early) < maxEarly {
			e.early = append(e.early, ic)
		}
		e.mu.Unlock()
		return nil
	}
	e.mu.Unlock()
	return endpoint.Fault(e.addCandidate(ic))
}

func (e *Endpoint) addCandidate(ic sdp.IceCandidate) error {
	candidate, i, err := e.Agent().AddRemoteCandidate(ic)
	if legs := e.transports(); i >= 0 && i < len(legs) {
		e.offerCandidate(legs[i].conn, candidate)
	}
	return err
}

// Close ends the connections. Whoever feeds the endpoint loses it first.
func (e *Endpoint) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.BaseRtpEndpoint.Close()
	e.CloseSession()
	e.closeReplaced()
	for _, l := range e.transports() {
		l.conn.Close()
	}
	e.closeData()
}

var _ endpoint.Negotiator = (*Endpoint)(nil)
