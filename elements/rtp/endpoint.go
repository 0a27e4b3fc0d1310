package rtp

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline"
)

// Endpoint is an RtpEndpoint.
type Endpoint struct {
	endpoint.BaseRtpEndpoint
	settings *Settings
	crypto   sdp.Crypto // of no suite: media is not protected
	ipv6     bool
	cname    string

	mu       sync.Mutex
	legs     []*leg // one for each m-line; none before the first description
	replaced []*leg // others have their places; not closed yet
	closed   bool
}

var errClosed = errors.New("endpoint is closed")

func create(s *Settings, c pipeline.Creation, p params) (pipeline.Object, error) {
	crypto, err := p.Crypto.crypto()
	if err != nil {
		return nil, err
	}
	e := &Endpoint{settings: s, crypto: crypto, ipv6: p.UseIpv6, cname: endpoint.RandomCNAME()}
	e.Setup(c, e, p.MediaPipeline, e, s.RTP)
	return e, nil
}

// NewAgent is part of endpoint.Negotiator.
func (e *Endpoint) NewAgent() (*sdp.Agent, error) {
	address, err := localAddress(e.ipv6)
	if err != nil {
		return nil, err
	}
	profile := sdp.RTP
	if e.crypto.Suite != "" {
		profile = sdp.SDES
	}
	return sdp.NewAgent(sdp.Config{
		Profile: profile, Address: address.String(),
		AudioCodecs: e.settings.AudioCodecs, VideoCodecs: e.settings.VideoCodecs,
		NumAudioMedias: e.settings.NumAudio, NumVideoMedias: e.settings.NumVideo,
		Classic: e.settings.ClassicSDP, Strict: e.settings.StrictNegotiation,
	}, sdp.Local{Transport: e.addLeg, Crypto: e.crypto, CNAME: e.cname, SSRC: endpoint.RandomSSRC})
}

// addLeg opens the ports of the i-th m-line: one more, or one in the place of another that is out of use. It is called by
// the agent, whose lock events need: nothing may be closed here.
func (e *Endpoint) addLeg(i int) (sdp.Credentials, error) {
	l := &leg{e: e}
	conn, err := newConn(l, e.settings, e.ipv6, e.crypto, e.Log())
	if err != nil {
		log := e.Log()
		log.Error().Err(err).Msg("ports cannot be opened")
		return sdp.Credentials{}, err
	}
	l.conn = conn
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		conn.close()
		return sdp.Credentials{}, errClosed
	}
	l.RTPLeg = e.NewLeg(i)
	if i < len(e.legs) {
		e.replaced = append(e.replaced, e.legs[i])
		e.legs[i] = l
	} else {
		e.legs = append(e.legs, l)
	}
	return sdp.Credentials{Ports: conn.ports()}, nil
}

func (e *Endpoint) transports() []*leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.legs)
}

// Lost is part of endpoint.Negotiator: there is nothing that a new offer could restart.
func (e *Endpoint) Lost() bool { return false }

// Negotiated is part of endpoint.Negotiator.
func (e *Endpoint) Negotiated(s sdp.Session) error {
	e.closeReplaced()
	legs := e.transports()
	if len(legs) < len(s.Transports) {
		return errClosed
	}
	for _, m := range s.Media {
		if !m.Rejected {
			legs[m.Transport].kind.Store(int32(m.Kind))
			legs[m.Transport].sets.agree(&m)
		}
	}
	carriers := make([]stream.Transport, len(legs))
	for i, l := range legs {
		carriers[i] = l.conn
	}
	if err := e.Agree(carriers, s, e.cname); err != nil {
		return err
	}
	for i, t := range s.Transports {
		if t.Peer == nil { // the m-line was refused
			legs[i].retire()
		} else if err := legs[i].agree(*t.Peer); err != nil {
			return fmt.Errorf("m-line %s: %w", t.MIDs[0], err)
		}
	}
	return nil
}

// closeReplaced ends those that others have the places of.
func (e *Endpoint) closeReplaced() {
	e.mu.Lock()
	list := e.replaced
	e.replaced = nil
	e.mu.Unlock()
	for _, l := range list {
		l.close()
	}
}

// Close gives the ports back. Whoever feeds the endpoint loses it first.
func (e *Endpoint) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.BaseRtpEndpoint.Close()
	e.CloseSession()
	e.closeReplaced()
	for _, l := range e.transports() {
		l.conn.close()
	}
}

var _ endpoint.Negotiator = (*Endpoint)(nil)
