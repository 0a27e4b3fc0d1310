// Package webrtc is the WebRtcEndpoint class: properties, events, statistics, and the negotiation that starts a
// connection. The connection itself is in the package transport below, SDP and RTP are in sdp and stream.
package webrtc

import (
	"context"
	"net/netip"
	"reflect"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
)

// Settings are what the class needs of the configuration.
type Settings struct {
	Pool         *transport.Pool
	Certificates *transport.Certificates

	AudioCodecs, VideoCodecs []string // "name/clock[/channels]", in order of preference
	NumAudio, NumVideo       int      // m-lines of a kind
	RTP                      endpoint.RTPSettings
	ClassicSDP               bool // offers and answers say only what Kurento knows
	StrictNegotiation        bool // one exchange for each endpoint, as in Kurento

	QosDscp           DSCPValue // of endpoints that are created without one
	StunServerAddress string    // one or several, as conf.ParseSTUNServers reads them
	StunServerPort    int
	TurnURL           string // one or several, as conf.ParseTURNURLs reads them
	NetworkInterfaces string // names separated by comma or space
	IceTCP            bool
	ExternalIPv4      string
	ExternalIPv6      string
}

// Class describes WebRtcEndpoint. settings gives those that a new endpoint starts with and keeps; nobody changes them.
func Class(settings func() *Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "WebRtcEndpoint", Module: "elements", Parent: endpoint.BaseRtpClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(settings(), c, p), nil
		}),
		Methods: pipeline.Methods(
			text("networkInterfaces", func(p *properties) *string { return &p.networkInterfaces }),
			pipeline.Property("iceTcp",
				func(e *Endpoint) bool { return e.snapshot().iceTCP },
				func(e *Endpoint, on bool) error { e.set(func(p *properties) { p.iceTCP = on }); return nil }),
			text("stunServerAddress", func(p *properties) *string { return &p.stunServerAddress }),
			pipeline.Property("stunServerPort",
				func(e *Endpoint) int { return e.snapshot().stunServerPort },
				func(e *Endpoint, port int) error { e.setStunServerPort(port); return nil }),
			text("turnUrl", func(p *properties) *string { return &p.turnURL }),
			text("externalIPv4", func(p *properties) *string { return &p.externalIPv4 }),
			text("externalIPv6", func(p *properties) *string { return &p.externalIPv6 }),
			pipeline.Property("externalAddress", // 6.x: one for both families
				func(e *Endpoint) string { return e.externalAddress() },
				func(e *Endpoint, address string) error { e.setExternalAddress(address); return nil }),
			pipeline.Get("ICECandidatePairs", (*Endpoint).candidatePairs),
			pipeline.Get("IceConnectionState", (*Endpoint).iceConnections),
			pipeline.Get("DtlsConnectionState", (*Endpoint).dtlsConnections),
			pipeline.Do("gatherCandidates", func(_ context.Context, e *Endpoint, _ pipeline.None) error {
				return e.gatherCandidates()
			}),
			pipeline.Do("addIceCandidate", func(_ context.Context, e *Endpoint, p candidateParams) error {
				return e.addIceCandidate(p.Candidate)
			}),
			pipeline.Do("createDataChannel", func(_ context.Context, e *Endpoint, p createChannelParams) error {
				return e.createDataChannel(p)
			}),
			pipeline.Do("closeDataChannel", func(_ context.Context, e *Endpoint, p closeChannelParams) error {
				return e.closeDataChannel(p.ChannelID)
			}),
		),
		Events: []pipeline.EventType{
			pipeline.Raises[IceCandidateFound]("OnIceCandidate"),
			pipeline.Raises[IceGatheringDone]("OnIceGatheringDone"),
			pipeline.Raises[IceComponentStateChanged]("IceComponentStateChange", "OnIceComponentStateChanged"),
			pipeline.Raises[DtlsConnectionStateChange](),
			pipeline.Raises[DataChannelOpened]("DataChannelOpen", "OnDataChannelOpened"),
			pipeline.Raises[DataChannelClosed]("DataChannelClose", "OnDataChannelClosed"),
			pipeline.Raises[NewCandidatePairSelected](),
		},
		Types: []reflect.Type{
			reflect.TypeFor[IceCandidatePair](), reflect.TypeFor[IceConnection](), reflect.TypeFor[DtlsConnection](),
		},
	}
}

type params struct {
	MediaPipeline      *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Recvonly           bool                    `kurento:"recvonly,optional,default=false"`
	Sendonly           bool                    `kurento:"sendonly,optional,default=false"`
	UseDataChannels    bool                    `kurento:"useDataChannels,optional,default=false"`
	CertificateKeyType CertificateKeyType      `kurento:"certificateKeyType,optional,default=RSA"`
	QosDscp            DSCPValue               `kurento:"qosDscp,optional,default=NO_VALUE"`
}

type candidateParams struct {
	Candidate IceCandidate `kurento:"candidate"`
}

type createChannelParams struct {
	Label             string `kurento:"label,optional,default="`
	Ordered           bool   `kurento:"ordered,optional,default=true"`
	MaxPacketLifeTime int    `kurento:"maxPacketLifeTime,optional,default=-1"`
	MaxRetransmits    int    `kurento:"maxRetransmits,optional,default=-1"`
	Protocol          string `kurento:"protocol,optional,default="`
}

type closeChannelParams struct {
	ChannelID int `kurento:"channelId"`
}

// properties are what a client can change before candidates are gathered. Texts are kept as they come: the original
// stores garbage too, and a client gets back what it set.
type properties struct {
	networkInterfaces string
	iceTCP            bool
	stunServerAddress string
	stunServerPort    int
	turnURL           string
	externalIPv4      string
	externalIPv6      string
}

func text(name string, field func(*properties) *string) []pipeline.Method {
	return pipeline.Property(name,
		func(e *Endpoint) string { p := e.snapshot(); return *field(&p) },
		func(e *Endpoint, value string) error {
			e.set(func(p *properties) { *field(p) = value })
			return nil
		})
}

func (e *Endpoint) snapshot() properties {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.properties
}

func (e *Endpoint) set(change func(*properties)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.properties)
}

// setStunServerPort ignores what is no port, as the original does.
func (e *Endpoint) setStunServerPort(port int) {
	if port > 0 && port <= 65535 {
		e.set(func(p *properties) { p.stunServerPort = port })
	}
}

func (e *Endpoint) externalAddress() string {
	p := e.snapshot()
	if p.externalIPv4 != "" {
		return p.externalIPv4
	}
	return p.externalIPv6
}

func (e *Endpoint) setExternalAddress(address string) {
	ip, err := netip.ParseAddr(address)
	e.set(func(p *properties) {
		switch {
		case address == "":
			p.externalIPv4, p.externalIPv6 = "", ""
		case err == nil && ip.Is6():
			p.externalIPv6 = address
		default:
			p.externalIPv4 = address
		}
	})
}
