package endpoint

import (
	"context"
	"errors"
	"reflect"
	"sync"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/pipeline"
)

// SdpClass describes SdpEndpoint.
var SdpClass = &pipeline.Class{
	Name: "SdpEndpoint", Module: "core", Parent: SessionClass,
	Methods: pipeline.Methods(
		pipeline.Property("maxAudioRecvBandwidth",
			func(e sdpEndpoint) int { return e.sdpBase().bandwidth(&e.sdpBase().maxAudioRecv) },
			func(e sdpEndpoint, kbps int) error { return e.sdpBase().setBandwidth(&e.sdpBase().maxAudioRecv, kbps) }),
		pipeline.Property("maxVideoRecvBandwidth",
			func(e sdpEndpoint) int { return e.sdpBase().bandwidth(&e.sdpBase().maxVideoRecv) },
			func(e sdpEndpoint, kbps int) error { return e.sdpBase().setBandwidth(&e.sdpBase().maxVideoRecv, kbps) }),
		pipeline.Op("generateOffer", func(_ context.Context, e sdpEndpoint, p offerParams) (string, error) {
			return e.sdpBase().generateOffer(p.Options)
		}),
		pipeline.Op("processOffer", func(_ context.Context, e sdpEndpoint, p processOfferParams) (string, error) {
			return e.sdpBase().processOffer(p.Offer)
		}),
		pipeline.Op("processAnswer", func(_ context.Context, e sdpEndpoint, p processAnswerParams) (string, error) {
			return e.sdpBase().processAnswer(p.Answer)
		}),
		pipeline.Op("getLocalSessionDescriptor", func(_ context.Context, e sdpEndpoint, _ pipeline.None) (string, error) {
			return e.sdpBase().describe((*sdp.Agent).LocalSDP, sdp.ErrNoLocalSDP)
		}),
		pipeline.Op("getRemoteSessionDescriptor", func(_ context.Context, e sdpEndpoint, _ pipeline.None) (string, error) {
			return e.sdpBase().describe((*sdp.Agent).RemoteSDP, sdp.ErrNoRemoteSDP)
		}),
	),
	Types: []reflect.Type{reflect.TypeFor[CodecConfiguration]()},
}

// CodecConfiguration is a codec with settings. Nothing takes or gives it; old configuration files had it.
type CodecConfiguration struct {
	Name       *string           `kurento:"name,optional"`
	Properties map[string]string `kurento:"properties,optional"`
}

// OfferOptions shape an offer of the server.
type OfferOptions struct {
	OfferToReceiveAudio bool `kurento:"offerToReceiveAudio,optional,default=true"`
	OfferToReceiveVideo bool `kurento:"offerToReceiveVideo,optional,default=true"`
}

type (
	offerParams struct {
		Options *OfferOptions `kurento:"options,optional"`
	}
	processOfferParams struct {
		Offer string `kurento:"offer"`
	}
	processAnswerParams struct {
		Answer string `kurento:"answer"`
	}
)

// Negotiator is what a concrete endpoint does for SdpEndpoint.
type Negotiator interface {
	// NewAgent makes the SDP agent, before the first description is made or read.
	NewAgent() (*sdp.Agent, error)
	// Negotiated puts into force what was agreed upon, at first and after each later exchange.
	Negotiated(s sdp.Session) error
	// Lost tells whether a transport has lost its peer, so that a new offer has to restart ICE.
	Lost() bool
	// BandwidthChanged is told of a new maxAudioRecvBandwidth or maxVideoRecvBandwidth.
	BandwidthChanged()
}

type sdpEndpoint interface {
	pipeline.Element
	sdpBase() *SdpEndpoint
}

// SdpEndpoint is the base of endpoints that agree on their media by SDP.
type SdpEndpoint struct {
	pipeline.MediaElement
	negotiator Negotiator

	// negotiation is held while a description is made or read: one at a time.
	negotiation sync.Mutex

	mu                         sync.Mutex
	agent                      *sdp.Agent // nil before the first description
	maxAudioRecv, maxVideoRecv int        // kbit/s, 0: no limit
}

// Setup gives the endpoint its identity.
func (e *SdpEndpoint) Setup(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline, n Negotiator) {
	e.negotiator = n
	e.MediaElement.Setup(c, self, p, p)
}

func (e *SdpEndpoint) sdpBase() *SdpEndpoint { return e }

// Agent is the endpoint's SDP agent, nil before the first description.
func (e *SdpEndpoint) Agent() *sdp.Agent {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.agent
}

// MaxRecvBandwidth are the limits of what the endpoint wants to receive, in kbit/s; 0 means none.
func (e *SdpEndpoint) MaxRecvBandwidth() (audio, video int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.maxAudioRecv, e.maxVideoRecv
}

func (e *SdpEndpoint) bandwidth(field *int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return *field
}

func (e *SdpEndpoint) setBandwidth(field *int, kbps int) error {
	e.mu.Lock()
	*field = kbps
	e.mu.Unlock()
	e.negotiator.BandwidthChanged()
	return nil
}

// ready returns the agent, made at the first call. Called with negotiation held.
func (e *SdpEndpoint) ready() (*sdp.Agent, error) {
	if a := e.Agent(); a != nil {
		return a, nil
	}
	a, err := e.negotiator.NewAgent()
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.agent = a
	e.mu.Unlock()
	return a, nil
}

func (e *SdpEndpoint) generateOffer(o *OfferOptions) (string, error) {
	e.negotiation.Lock()
	defer e.negotiation.Unlock()
	agent, err := e.ready()
	if err != nil {
		return "", pipeline.Errorf(pipeline.SdpGenerateOfferError, "Error generating offer: %v", err)
	}
	options := sdp.DefaultOfferOptions()
	if o != nil {
		options.OfferToReceiveAudio, options.OfferToReceiveVideo = o.OfferToReceiveAudio, o.OfferToReceiveVideo
	}
	options.MaxAudioRecvBandwidth, options.MaxVideoRecvBandwidth = e.MaxRecvBandwidth()
	options.ICERestart = e.negotiator.Lost()
	offer, err := agent.GenerateOffer(options)
	return offer, Fault(err)
}

func (e *SdpEndpoint) processOffer(offer string) (string, error) {
	e.negotiation.Lock()
	defer e.negotiation.Unlock()
	agent, err := e.ready()
	if err != nil {
		return "", pipeline.Errorf(pipeline.SdpProcessOfferError, "Error processing offer: %v", err)
	}
	answer, err := agent.ProcessOffer(offer)
	if err != nil {
		return "", Fault(err)
	}
	if err := e.start(agent, pipeline.SdpProcessOfferError); err != nil {
		return "", err
	}
	return answer, nil
}

func (e *SdpEndpoint) processAnswer(answer string) (string, error) {
	e.negotiation.Lock()
	defer e.negotiation.Unlock()
	agent := e.Agent()
	if agent == nil {
		return "", Fault(sdp.ErrNotOfferGenerated)
	}
	if err := agent.ProcessAnswer(answer); err != nil {
		return "", Fault(err)
	}
	if err := e.start(agent, pipeline.SdpProcessAnswerError); err != nil {
		return "", err
	}
	local, err := agent.LocalSDP()
	return local, Fault(err)
}

// start puts into force what was agreed upon.
func (e *SdpEndpoint) start(agent *sdp.Agent, code int) error {
	session, ok := agent.Negotiated()
	if !ok {
		return pipeline.Errorf(code, "nothing was negotiated")
	}
	if err := e.negotiator.Negotiated(session); err != nil {
		agent.Undo()
		return pipeline.Errorf(code, "%v", err)
	}
	e.Emit(MediaSessionStarted{})
	return nil
}

// describe answers one of the descriptions, or the error for one that is not there yet.
func (e *SdpEndpoint) describe(get func(*sdp.Agent) (string, error), none error) (string, error) {
	agent := e.Agent()
	if agent == nil {
		return "", Fault(none)
	}
	text, err := get(agent)
	return text, Fault(err)
}

// sdpCodes are the protocol's numbers for the agent's errors.
var sdpCodes = []struct {
	err  sdp.Error
	code int
}{
	{sdp.ErrEmptyOffer, pipeline.SdpParseError},
	{sdp.ErrEmptyAnswer, pipeline.SdpParseError},
	{sdp.ErrParse, pipeline.SdpParseError},
	{sdp.ErrInvalid, pipeline.SdpParseError},
	{sdp.ErrNoLocalSDP, pipeline.SdpNoLocalSdp},
	{sdp.ErrNoRemoteSDP, pipeline.SdpNoRemoteSdp},
	{sdp.ErrGenerateOffer, pipeline.SdpGenerateOfferError},
	{sdp.ErrProcessOffer, pipeline.SdpProcessOfferError},
	{sdp.ErrProcessAnswer, pipeline.SdpProcessAnswerError},
	{sdp.ErrAlreadyNegotiated, pipeline.SdpAlreadyNegotiated},
	{sdp.ErrNotOfferGenerated, pipeline.SdpNotOfferGenerated},
	{sdp.ErrAnswerAlreadyProcessed, pipeline.SdpAnswerAlreadyProcesed},
	{sdp.ErrAddCandidate, pipeline.IceAddCandidateError},
}

// Fault gives an error of the SDP agent its number; nil stays nil. The message is the protocol's alone: clients compare it.
func Fault(err error) error {
	for _, c := range sdpCodes {
		if errors.Is(err, c.err) {
			return pipeline.Errorf(c.code, "%s", c.err)
		}
	}
	return err
}
