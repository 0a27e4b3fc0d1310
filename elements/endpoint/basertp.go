package endpoint

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

// BaseRtpClass describes BaseRtpEndpoint.
var BaseRtpClass = &pipeline.Class{
	Name: "BaseRtpEndpoint", Module: "core", Parent: SdpClass,
	Methods: pipeline.Methods(
		rtpProperty("minVideoRecvBandwidth",
			func(b *bandwidth) *int { return &b.minVideoRecv }, (*BaseRtpEndpoint).clampMinVideoRecv),
		rtpProperty("minVideoSendBandwidth",
			func(b *bandwidth) *int { return &b.minVideoSend }, (*BaseRtpEndpoint).clampMinVideoSend),
		rtpProperty("maxVideoSendBandwidth",
			func(b *bandwidth) *int { return &b.maxVideoSend }, (*BaseRtpEndpoint).clampMaxVideoSend),
		rtpProperty("mtu",
			func(b *bandwidth) *int { return &b.mtu }, func(_ *BaseRtpEndpoint, v int) int { return v }),
		pipeline.Property("rembParams",
			func(e rtpEndpoint) RembParams { return e.rtpBase().rembParams() },
			func(e rtpEndpoint, p RembParams) error { e.rtpBase().setRembParams(p); return nil }),
		pipeline.Get("mediaState", func(e rtpEndpoint) MediaState { return e.rtpBase().states().media }),
		pipeline.Get("connectionState", func(e rtpEndpoint) ConnectionState { return e.rtpBase().states().connection }),
		pipeline.Do("requestKeyframe", func(_ context.Context, e rtpEndpoint, _ pipeline.None) error {
			return e.rtpBase().requestKeyframe()
		}),
	),
	Events: []pipeline.EventType{
		pipeline.Raises[MediaStateChanged](),
		pipeline.Raises[ConnectionStateChanged](),
	},
	Types: append([]reflect.Type{
		reflect.TypeFor[RTCInboundRTPStreamStats](), reflect.TypeFor[RTCOutboundRTPStreamStats](),
	}, rtcStatsTypes...),
}

// MediaState tells whether the peer sends anything.
type MediaState string

// Values are the texts of the protocol.
func (MediaState) Values() []string { return []string{"DISCONNECTED", "CONNECTED"} }

// ConnectionState tells whether all transports are connected.
type ConnectionState string

// Values are the texts of the protocol.
func (ConnectionState) Values() []string { return []string{"DISCONNECTED", "CONNECTED"} }

// MediaStateChanged is raised when the peer begins or ceases to send.
type MediaStateChanged struct {
	pipeline.Media
	OldState MediaState `kurento:"oldState"`
	NewState MediaState `kurento:"newState"`
}

// ConnectionStateChanged is raised when the transports get connected or lose their connection.
type ConnectionStateChanged struct {
	pipeline.Media
	OldState ConnectionState `kurento:"oldState"`
	NewState ConnectionState `kurento:"newState"`
}

// RembParams tune what bandwidth a publisher is told who does not measure its path itself: one without
// transport-cc, whose loss is measured as in the original. Whoever has it is not touched by them. RembOnConnect acts
// when it is set: what a source is told first, in bit/s. They all act at once.
type RembParams struct {
	PacketsRecvIntervalTop *int     `kurento:"packetsRecvIntervalTop,optional,default=100"`
	ExponentialFactor      *float32 `kurento:"exponentialFactor,optional,default=0.04"`
	LinealFactorMin        *int     `kurento:"linealFactorMin,optional,default=50"`
	LinealFactorGrade      *float32 `kurento:"linealFactorGrade,optional,default=30"`
	DecrementFactor        *float32 `kurento:"decrementFactor,optional,default=0.5"`
	ThresholdFactor        *float32 `kurento:"thresholdFactor,optional,default=0.8"`
	UpLosses               *int     `kurento:"upLosses,optional,default=12"`
	RembOnConnect          *int     `kurento:"rembOnConnect,optional,default=300000"`
}

// bandwidth are the properties that can be set, in kbit/s and bytes.
type bandwidth struct {
	minVideoRecv, minVideoSend, maxVideoSend, mtu int

	sendLimited bool // somebody set a limit of what is sent: only then does it act
}

type states struct {
	media      MediaState
	connection ConnectionState
}

type rtpEndpoint interface {
	pipeline.Element
	rtpBase() *BaseRtpEndpoint
}

// BaseRtpEndpoint is the base of endpoints whose media is RTP. It runs the RTP session that was negotiated
// and is the endpoint's place in the graph: a Receiver's output and a Sender's input for each kind.
type BaseRtpEndpoint struct {
	SdpEndpoint
	settings RTPSettings

	rtpMu     sync.Mutex
	limits    bandwidth
	remb      RembParams
	now       states
	receivers [len(media.Kinds)]*stream.Receiver
	senders   [len(media.Kinds)]*stream.Sender
	statsIDs  [len(media.Kinds)]struct{ in, out uuid.UUID }
	announced [len(media.Kinds)]uint32 // SSRC of what the peer is going to send, 0: not known
	legs      []*RTPLeg
	places    map[any]place    // of the receivers and senders at work; only touched while a description is processed
	clock     stream.PeerClock // of all legs

	telling sync.Mutex // held while a change of state is told: changes are told in their order
}

// RTPSettings are the configuration of BaseRtpEndpoint.
type RTPSettings struct {
	MTU        int // bytes of the largest RTP packet made here
	RembPolicy stream.RembPolicy
	RembFloor  int // bit/s
}

// Setup gives the endpoint its identity.
func (e *BaseRtpEndpoint) Setup(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline, n Negotiator, s RTPSettings) {
	e.settings = s
	e.limits = bandwidth{minVideoSend: 100, maxVideoSend: 500, mtu: s.MTU}
	e.now = states{"DISCONNECTED", "DISCONNECTED"}
	e.SdpEndpoint.Setup(c, self, p, n)
}

func (e *BaseRtpEndpoint) rtpBase() *BaseRtpEndpoint { return e }

// rtpProperty describes a number that setters never refuse but clamp against the opposite limit, as the original does.
func rtpProperty(name string, field func(*bandwidth) *int, clamp func(*BaseRtpEndpoint, int) int) []pipeline.Method {
	return pipeline.Property(name,
		func(e rtpEndpoint) int {
			b := e.rtpBase()
			b.rtpMu.Lock()
			defer b.rtpMu.Unlock()
			return *field(&b.limits)
		},
		func(e rtpEndpoint, v int) error {
			b := e.rtpBase()
			_, maxRecv := b.MaxRecvBandwidth()
			b.rtpMu.Lock()
			defer b.rtpMu.Unlock()
			*field(&b.limits) = clamp(b, v)
			b.applyLimits(maxRecv)
			return nil
		})
}

func (e *BaseRtpEndpoint) clampMinVideoRecv(v int) int {
	if _, highest := e.MaxRecvBandwidth(); highest != 0 && v > highest {
		return highest
	}
	return v
}

func (e *BaseRtpEndpoint) clampMinVideoSend(v int) int {
	e.limits.sendLimited = true
	if v != 0 && v > e.limits.maxVideoSend {
		return e.limits.maxVideoSend
	}
	return v
}

func (e *BaseRtpEndpoint) clampMaxVideoSend(v int) int {
	e.limits.sendLimited = true
	if v != 0 && v < e.limits.minVideoSend {
		return e.limits.minVideoSend
	}
	return v
}

// BandwidthChanged applies a new maxVideoRecvBandwidth to the running session.
func (e *BaseRtpEndpoint) BandwidthChanged() {
	_, maxRecv := e.MaxRecvBandwidth()
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	e.applyLimits(maxRecv)
}

const kbps = 1000

// applyLimits tells the running session its limits. The original copies them when the session starts; here they
// act at once, because OpenVidu sets them asynchronously. Called locked.
func (e *BaseRtpEndpoint) applyLimits(maxVideoRecv int) {
	if r := e.receivers[media.Video]; r != nil {
		r.SetBitrateRange(max(e.limits.minVideoRecv, 0)*kbps, max(maxVideoRecv, 0)*kbps)
	}
	if s := e.senders[media.Video]; s != nil && e.limits.sendLimited {
		s.SetBitrateRange(max(e.limits.minVideoSend, 0)*kbps, max(e.limits.maxVideoSend, 0)*kbps)
	}
}

func (e *BaseRtpEndpoint) rembParams() RembParams {
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	return e.remb
}

func (e *BaseRtpEndpoint) setRembParams(p RembParams) {
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	e.remb = p
	if s := e.senders[media.Video]; s != nil {
		e.applyRemb(s)
	}
	if r := e.receivers[media.Video]; r != nil {
		r.SetRembParams(e.remb.ofLoss())
	}
}

// ofLoss is what counts of the parameters for a receiver; 0 where nothing is set.
func (p *RembParams) ofLoss() stream.RembParams {
	return stream.RembParams{
		PacketsRecvIntervalTop: value(p.PacketsRecvIntervalTop), UpLosses: value(p.UpLosses),
		ExponentialFactor: float64(value(p.ExponentialFactor)),
		LinealFactorMin:   value(p.LinealFactorMin), LinealFactorGrade: float64(value(p.LinealFactorGrade)),
		DecrementFactor: float64(value(p.DecrementFactor)), ThresholdFactor: float64(value(p.ThresholdFactor)),
	}
}

// value is what p points to, or zero.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// applyRemb gives a sender what counts of the parameters here. Called locked.
func (e *BaseRtpEndpoint) applyRemb(s *stream.Sender) {
	if bps := e.remb.RembOnConnect; bps != nil {
		s.SetRembOnConnect(max(*bps, 0))
	}
}

func (e *BaseRtpEndpoint) states() states {
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	return e.now
}

// reportConnection tells whether all transports in use are connected, if that is news.
func (e *BaseRtpEndpoint) reportConnection() {
	e.telling.Lock()
	defer e.telling.Unlock()
	e.rtpMu.Lock()
	used, connected := 0, 0
	for _, l := range e.legs {
		if l.used {
			used++
			if l.connected {
				connected++
			}
		}
	}
	old, state := e.now.connection, ConnectionState("DISCONNECTED")
	if used > 0 && connected == used {
		state = "CONNECTED"
	}
	e.now.connection = state
	e.rtpMu.Unlock()
	if old != state {
		e.Emit(ConnectionStateChanged{OldState: old, NewState: state})
	}
}

// reportMedia tells whether the peer sends on any transport, if that is news.
func (e *BaseRtpEndpoint) reportMedia() {
	e.telling.Lock()
	defer e.telling.Unlock()
	e.rtpMu.Lock()
	old, state := e.now.media, MediaState("DISCONNECTED")
	if slices.ContainsFunc(e.legs, func(l *RTPLeg) bool { return l.live }) {
		state = "CONNECTED"
	}
	e.now.media = state
	e.rtpMu.Unlock()
	if old != state {
		e.Emit(MediaStateChanged{OldState: old, NewState: state})
	}
}

// requestKeyframe asks whoever feeds this endpoint's peer with video.
func (e *BaseRtpEndpoint) requestKeyframe() error {
	e.rtpMu.Lock()
	s := e.senders[media.Video]
	e.rtpMu.Unlock()
	if s == nil || !s.RequestKeyFrame() {
		return pipeline.Errorf(pipeline.OperationNotSupported,
			"Keyframe request failed (must be requested from a subscriber element)")
	}
	return nil
}
