package webrtc_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/webrtc"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer is an object model with WebRtcEndpoint on a pool of loopback sockets.
func newServer(t testing.TB, change ...func(*webrtc.Settings)) *pipeline.Server {
	return serverWith(t, nil, func(s *webrtc.Settings) {
		for _, f := range change {
			f(s)
		}
	})
}

// serverWith is newServer with conversions and other classes.
func serverWith(t testing.TB, steps codec.Steps, change func(*webrtc.Settings), others ...*pipeline.Class) *pipeline.Server {
	pool, err := transport.NewPool(transport.PoolConfig{Loopback: true, Interfaces: []string{"lo"}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	settings := webrtc.Settings{
		Pool: pool, Certificates: transport.NewCertificates(),
		AudioCodecs: []string{"opus/48000/2", "PCMU/8000", "PCMA/8000"},
		VideoCodecs: []string{"VP8/90000", "VP9/90000", "AV1/90000", "H264/90000"},
		NumAudio:    1, NumVideo: 1, RTP: endpoint.RTPSettings{MTU: 1200}, StunServerPort: 3478,
	}
	if change != nil {
		change(&settings)
	}
	return elementtest.Server(t, steps, append(others, webrtc.Class(func() *webrtc.Settings { return &settings }))...)
}

// text is a result that is a string.
func text(t testing.TB, raw string) string {
	t.Helper()
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// trickle carries candidates from one endpoint to another as a client does.
type trickle struct {
	t  testing.TB
	to pipeline.Object
	mu sync.Mutex
	n  int
}

func (tr *trickle) Notify(n pipeline.Notification) {
	var data struct {
		Candidate json.RawMessage `json:"candidate"`
	}
	if err := json.Unmarshal(n.Data, &data); err != nil {
		tr.t.Error(err)
		return
	}
	tr.mu.Lock()
	tr.n++
	tr.mu.Unlock()
	if _, err := elementtest.Invoke(tr.to, "addIceCandidate", map[string]any{"candidate": data.Candidate}); err != nil {
		tr.t.Error(err)
	}
}

// join negotiates between two endpoints: a offers.
func join(t testing.TB, a, b pipeline.Object) {
	t.Helper()
	joinWith(t, a, b, func(answer string) string { return answer })
}

// joinWith is join with what change makes of the answer.
func joinWith(t testing.TB, a, b pipeline.Object, change func(answer string) string) {
	t.Helper()
	ab, ba := &trickle{t: t, to: b}, &trickle{t: t, to: a}
	for _, s := range []struct {
		from pipeline.Object
		sub  *trickle
	}{{a, ab}, {b, ba}} {
		if err := s.from.Base().Subscribe("IceCandidateFound", s.sub); err != nil {
			t.Fatal(err)
		}
	}
	offer := text(t, elementtest.Must(t, a, "generateOffer", nil))
	answer := text(t, elementtest.Must(t, b, "processOffer", map[string]any{"offer": offer}))
	elementtest.Must(t, a, "processAnswer", map[string]any{"answer": change(answer)})
	elementtest.Must(t, a, "gatherCandidates", nil)
	elementtest.Must(t, b, "gatherCandidates", nil)
}

func TestSuite(t *testing.T) {
	s := newServer(t)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
		elementtest.Must(t, e, "generateOffer", nil)
		elementtest.Must(t, e, "gatherCandidates", nil)
		return e
	})
}

func TestTwoEndpointsExchangeMedia(t *testing.T) {
	s := newServer(t)
	p, q := elementtest.Pipeline(t, s), elementtest.Pipeline(t, s)
	a, b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p)), elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(q))
	events := elementtest.Listen(t, b, "MediaSessionStarted", "ConnectionStateChanged", "MediaStateChanged",
		"NewCandidatePairSelected", "MediaFlowOutStateChanged", "IceGatheringDone", "DtlsConnectionStateChange")
	elementtest.Connect(t, elementtest.Create(t, s, "TestSource", elementtest.In(p)), a)
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(q)).(*elementtest.Sink)
	elementtest.Connect(t, b, sink)
	join(t, a, b)
	for _, name := range []string{"MediaSessionStarted", "IceGatheringDone", "NewCandidatePairSelected",
		"ConnectionStateChanged", "MediaStateChanged", "MediaFlowOutStateChanged"} {
		events.Await(t, name)
	}
	elementtest.Eventually(t, "audio and video", func() bool {
		return sink.Count(media.Audio) > 20 && sink.Count(media.Video) > 20
	})
	if state := elementtest.Must(t, b, "getIceConnectionState", nil); !strings.Contains(state, `"READY"`) {
		t.Errorf("ICE state %s", state)
	}
	if state := elementtest.Must(t, b, "getDtlsConnectionState", nil); !strings.Contains(state, `"CONNECTED"`) {
		t.Errorf("DTLS state %s", state)
	}
	elementtest.Must(t, a, "requestKeyframe", nil)
	if _, err := elementtest.Invoke(b, "requestKeyframe", nil); err == nil {
		t.Error("a key frame can be asked for where nothing sends")
	}
	var stats map[string]map[string]any
	if err := json.Unmarshal([]byte(elementtest.Must(t, b, "getStats", map[string]any{"mediaType": "VIDEO"})), &stats); err != nil {
		t.Fatal(err)
	}
	received := 0.0
	for _, st := range stats {
		if st["type"] == "inboundrtp" {
			received = st["packetsReceived"].(float64)
		}
	}
	if received < 20 {
		t.Errorf("statistics count %v packets: %v", received, stats)
	}
}

func TestLatencyIsReported(t *testing.T) {
	s := newServer(t)
	p := elementtest.Pipeline(t, s)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	peer := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	elementtest.Connect(t, elementtest.Create(t, s, "TestSource", elementtest.In(p)), e)
	join(t, e, peer)
	type entry struct {
		Type              string
		E2ELatency        []struct{ Avg float64 }
		InputVideoLatency float64
	}
	latency := func() (found entry, ok bool) {
		var stats map[string]entry
		if err := json.Unmarshal([]byte(elementtest.Must(t, e, "getStats", nil)), &stats); err != nil {
			t.Fatal(err)
		}
		found, ok = stats[e.ID()]
		return found, ok
	}
	if _, ok := latency(); ok {
		t.Error("latency is reported that nobody has asked for")
	}
	elementtest.Must(t, p, "setLatencyStats", map[string]any{"latencyStats": true})
	elementtest.Eventually(t, "latency of audio and video", func() bool {
		st, ok := latency()
		return ok && st.Type == "endpoint" && len(st.E2ELatency) == 2 && st.E2ELatency[0].Avg > 0 && st.InputVideoLatency > 0
	})
}

func TestPropertiesAreKeptAsTheyCome(t *testing.T) {
	s := newServer(t)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	for _, c := range []struct {
		property string
		set      any
		want     string
	}{
		{"StunServerAddress", "stun.example.com", `"stun.example.com"`},
		{"StunServerPort", 19302, "19302"},
		{"StunServerPort", 0, "19302"},
		{"StunServerPort", 70000, "19302"},
		{"TurnUrl", "garbage", `"garbage"`},
		{"NetworkInterfaces", "nope0", `"nope0"`},
		{"IceTcp", false, "false"},
		{"ExternalIPv4", "nope", `"nope"`},
		{"ExternalIPv6", "2001:db8::1", `"2001:db8::1"`},
		{"ExternalAddress", "198.51.100.1", `"198.51.100.1"`},
		{"MinVideoRecvBandwidth", 100, "100"},
		{"MaxVideoSendBandwidth", 2000, "2000"},
		{"MaxVideoSendBandwidth", 10, "100"},   // clamped to the minimum
		{"MinVideoSendBandwidth", 5000, "100"}, // clamped to the maximum
		{"MaxVideoRecvBandwidth", -1, "-1"},    // never refused
		{"Mtu", 1400, "1400"},
		{"EncoderBitrate", 500000, "500000"},
		{"MaxOuputBitrate", 400000, "400000"}, // 6.x, misspelt there
	} {
		name := strings.ToLower(c.property[:1]) + c.property[1:]
		elementtest.Must(t, e, "set"+c.property, map[string]any{name: c.set})
		if got := elementtest.Must(t, e, "get"+c.property, nil); got != c.want {
			t.Errorf("%s after %v is %s, wanted %s", c.property, c.set, got, c.want)
		}
	}
}

func TestNegotiationErrors(t *testing.T) {
	s := newServer(t)
	p := elementtest.Pipeline(t, s)
	offerer := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	offer := text(t, elementtest.Must(t, offerer, "generateOffer", nil))
	for name, c := range map[string]struct {
		operation string
		params    map[string]any
		before    func(e pipeline.Object)
		code      int
	}{
		"an empty offer":             {"processOffer", map[string]any{"offer": ""}, nil, pipeline.SdpParseError},
		"an offer that is no SDP":    {"processOffer", map[string]any{"offer": "hello"}, nil, pipeline.SdpParseError},
		"an answer without an offer": {"processAnswer", map[string]any{"answer": offer}, nil, pipeline.SdpNotOfferGenerated},
		"no local description":       {"getLocalSessionDescriptor", nil, nil, pipeline.SdpNoLocalSdp},
		"no remote description":      {"getRemoteSessionDescriptor", nil, nil, pipeline.SdpNoRemoteSdp},
		"a second offer": {"processOffer", map[string]any{"offer": offer}, func(e pipeline.Object) {
			elementtest.Must(t, e, "processOffer", map[string]any{"offer": offer})
		}, pipeline.SdpAlreadyNegotiated},
		"a candidate for no m-line": {"addIceCandidate", map[string]any{"candidate": map[string]any{
			"candidate": "candidate:1 1 UDP 1 127.0.0.1 1 typ host", "sdpMid": "x", "sdpMLineIndex": 9,
		}}, func(e pipeline.Object) {
			elementtest.Must(t, e, "processOffer", map[string]any{"offer": offer})
		}, pipeline.IceAddCandidateError},
		"a data channel": {"createDataChannel", nil, nil, pipeline.OperationNotSupported},
	} {
		t.Run(name, func(t *testing.T) {
			e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
			if c.before != nil {
				c.before(e)
			}
			_, err := elementtest.Invoke(e, c.operation, c.params)
			if fault, ok := err.(*pipeline.Fault); !ok || fault.Code != c.code {
				t.Errorf("error %v, wanted %d", err, c.code)
			}
			if c.code == pipeline.SdpParseError { // it may be tried again
				elementtest.Must(t, e, "processOffer", map[string]any{"offer": offer})
			}
		})
	}
}

func TestCandidatesBeforeTheNegotiationAreKept(t *testing.T) {
	s := newServer(t)
	p := elementtest.Pipeline(t, s)
	offer := text(t, elementtest.Must(t, elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p)), "generateOffer", nil))
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	for _, c := range []string{"candidate:7 1 UDP 1 127.0.0.1 4321 typ host", "", "garbage", "candidate:1 1 udp 1 a-b.local 1 typ host"} {
		elementtest.Must(t, e, "addIceCandidate", map[string]any{"candidate": map[string]any{
			"candidate": c, "sdpMid": "video0", "sdpMLineIndex": 1,
		}})
	}
	elementtest.Must(t, e, "gatherCandidates", nil) // nothing to gather for: succeeds
	elementtest.Must(t, e, "processOffer", map[string]any{"offer": offer})
	if remote := elementtest.Must(t, e, "getRemoteSessionDescriptor", nil); !strings.Contains(remote, "127.0.0.1 4321 typ host") {
		t.Error("the early candidate is not in the remote description")
	}
}

func TestBadServersAreEvents(t *testing.T) {
	s := newServer(t, func(w *webrtc.Settings) { w.TurnURL, w.ExternalIPv4 = "user:secret@", "nope" })
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	events := elementtest.Listen(t, e, "Error")
	elementtest.Must(t, e, "generateOffer", nil)
	elementtest.Must(t, e, "gatherCandidates", nil)
	for range 2 {
		if d := events.Await(t, "Error")["description"].(string); strings.Contains(d, "secret") {
			t.Errorf("the password is told: %s", d)
		}
	}
}

func TestEventsHaveTheirOldNamesToo(t *testing.T) {
	s := newServer(t)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	events := elementtest.Listen(t, e, "OnIceCandidate", "IceCandidateFound", "OnIceGatheringDone")
	elementtest.Must(t, e, "generateOffer", nil)
	elementtest.Must(t, e, "gatherCandidates", nil)
	if d := events.Await(t, "OnIceCandidate"); d["type"] != "OnIceCandidate" || d["timestamp"] == nil {
		t.Errorf("old event %v", d)
	}
	if d := events.Await(t, "IceCandidateFound"); d["type"] != "IceCandidateFound" || d["timestamp"] != nil {
		t.Errorf("new event %v", d)
	}
	events.Await(t, "OnIceGatheringDone")
}

func TestServersAreSetUntilCandidatesAreGathered(t *testing.T) {
	s := newServer(t)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	elementtest.Must(t, e, "generateOffer", nil)
	elementtest.Must(t, e, "setExternalIPv4", map[string]any{"externalIPv4": "198.51.100.7"})
	events := elementtest.Listen(t, e, "IceCandidateFound", "IceGatheringDone")
	elementtest.Must(t, e, "gatherCandidates", nil)
	events.Await(t, "IceGatheringDone")
	if local := elementtest.Must(t, e, "getLocalSessionDescriptor", nil); !strings.Contains(local, "198.51.100.7") {
		t.Errorf("the address is not announced:\n%s", local)
	}
}
