package webrtc

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
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
	useData  bool                 // data channels are offered and accepted
	data     atomic.Pointer[data] // nil: not negotiated

	mu         sync.Mutex
	properties properties
	conn       *transport.Conn // nil before the first description
	early      []sdp.IceCandidate
	pair       *IceCandidatePair
	ice        transport.ICEState  // "" before it is told
	dtls       transport.DTLSState // "" before it is told
	closed     bool
}

func create(s *Settings, c pipeline.Creation, p params) pipeline.Object {
	e := &Endpoint{settings: s, keyType: transport.KeyType(p.CertificateKeyType), direct: sdp.SendRecv, cname: randomName(),
		useData: p.UseDataChannels}
	if !c.Given("certificateKeyType") {
		e.keyType = transport.ECDSA // the published default is RSA, whose handshakes cost many times as much
	}
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
	e.Setup(c, e, p.MediaPipeline, e, s.MTU)
	return e
}

// randomName makes a canonical name (RFC 7022): unguessable, and the same for all streams of the endpoint.
func randomName() string {
	var b [8]byte
	rand.Read(b[:])
	return fmt.Sprintf("user%x@host", b)
}

func randomSSRC() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return max(binary.BigEndian.Uint32(b[:]), 1)
}

// NewAgent is part of endpoint.Negotiator.
func (e *Endpoint) NewAgent() (*sdp.Agent, error) {
	certificate, err := e.settings.Certificates.Get(e.keyType)
	if err != nil {
		return nil, err
	}
	conn, err := e.connect(certificate)
	if err != nil {
		return nil, err
	}
	return sdp.NewAgent(sdp.Config{
		AudioCodecs: e.settings.AudioCodecs, VideoCodecs: e.settings.VideoCodecs,
		NumAudioMedias: e.settings.NumAudio, NumVideoMedias: e.settings.NumVideo,
		DataChannels: e.useData, Direction: e.direct,
	}, sdp.Local{
		Ufrag: conn.LocalUfrag(), Pwd: conn.LocalPwd(),
		Fingerprint: sdp.Fingerprint{Algorithm: "sha-256", Value: certificate.Fingerprint()},
		CNAME:       e.cname,
		SSRC:        randomSSRC,
		SCTPPort:    sctpPort,
	})
}

// connect makes the transport, which does nothing before it is started. One call at a time.
func (e *Endpoint) connect(certificate *transport.Certificate) (*transport.Conn, error) {
	if conn := e.transport(); conn != nil {
		return conn, nil // from an attempt that failed later
	}
	cfg, problems := e.snapshot().connConfig()
	for _, err := range problems {
		e.Emit(pipeline.Error{Description: err.Error(), Type: "UNEXPECTED_ELEMENT_ERROR"})
	}
	cfg.Pool, cfg.Certificate = e.settings.Pool, certificate
	cfg.Handler, cfg.Messages, cfg.Events, cfg.Log = e, e, events{e}, e.Log()
	conn, err := transport.NewConn(cfg)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, transport.ErrClosed
	}
	e.conn = conn
	return conn, nil
}

func (e *Endpoint) transport() *transport.Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.conn
}

// Negotiated is part of endpoint.Negotiator.
func (e *Endpoint) Negotiated(s sdp.Session) error {
	conn := e.transport()
	if conn == nil {
		return transport.ErrClosed
	}
	if len(s.Transports) == 0 {
		return nil // every m-line was refused: there is nothing to connect
	}
	if err := e.StartSession(conn, s, e.cname); err != nil {
		return err
	}
	peer := s.Transports[0]
	remote := transport.Remote{
		Ufrag: peer.Ufrag, Pwd: peer.Pwd,
		DTLSClient:  peer.Client,
		Controlling: s.Offerer || peer.Lite,
		SCTP:        e.startData(conn, s),
	}
	for _, f := range peer.Fingerprints {
		remote.Fingerprints = append(remote.Fingerprints, transport.Fingerprint{Hash: f.Algorithm, Value: f.Value})
	}
	if err := conn.Start(remote); err != nil {
		return err
	}
	for _, c := range peer.Candidates {
		e.offerCandidate(conn, c)
	}
	e.mu.Lock()
	early := e.early
	e.early = nil
	e.mu.Unlock()
	for _, c := range early {
		if err := e.addCandidate(conn, c); err != nil {
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
	conn := e.transport()
	if conn == nil {
		return nil
	}
	if err := conn.Gather(); err != nil {
		log := e.Log()
		log.Error().Err(err).Msg("candidates cannot be gathered")
		return pipeline.Errorf(pipeline.IceGatherError, "Error gathering candidates")
	}
	return nil
}

// maxEarly bounds the candidates that are kept before there is a description.
const maxEarly = 128

func (e *Endpoint) addIceCandidate(c IceCandidate) error {
	ic := sdp.IceCandidate{Candidate: c.Candidate, SDPMid: c.SdpMid, SDPMLineIndex: c.SdpMLineIndex}
	e.mu.Lock()
	if e.Agent() == nil {
		if len(e.early) < maxEarly {
			e.early = append(e.early, ic)
		}
		e.mu.Unlock()
		return nil
	}
	conn := e.conn
	e.mu.Unlock()
	return endpoint.Fault(e.addCandidate(conn, ic))
}

func (e *Endpoint) addCandidate(conn *transport.Conn, ic sdp.IceCandidate) error {
	candidate, usable, err := e.Agent().AddRemoteCandidate(ic)
	if usable {
		e.offerCandidate(conn, candidate)
	}
	return err
}

// Close ends the connection. Whoever feeds the endpoint loses it first.
func (e *Endpoint) Close() {
	e.mu.Lock()
	e.closed = true
	conn := e.conn
	e.mu.Unlock()
	e.BaseRtpEndpoint.Close()
	e.CloseSession()
	if conn != nil {
		conn.Close()
	}
	e.closeData()
}

var _ endpoint.Negotiator = (*Endpoint)(nil)
