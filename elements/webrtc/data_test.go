package webrtc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/elements/webrtc"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// board is an element that sends and keeps messages.
type board struct {
	pipeline.MediaElement
	output *media.Output
	format *media.Format

	mu    sync.Mutex
	bound *media.Format
	heard []string // "true " for text, "false " for binary, and what it says
}

var boardClass = &pipeline.Class{
	Name: "Board", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p struct {
		MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	}) (pipeline.Object, error) {
		b := &board{}
		b.Setup(c, b, p.MediaPipeline, p.MediaPipeline)
		b.output = b.NewOutput(media.NoUpstream{})
		b.format = b.output.SetFormat(media.Format{Kind: media.Data, Codec: media.Message})
		b.Update(func(g *graph.Edit, n *graph.Node) {
			g.SetOutput(n, media.Data, b.output)
			g.SetInput(n, media.Data, b)
		})
		return b, nil
	}),
}

func (b *board) say(text bool, message string) {
	b.output.Write(&media.Packet{Format: b.format, Text: text, Data: []byte(message), Burst: &media.Burst{}})
}

func (b *board) Accept(f media.Format) (int, bool) { return 0, f == *b.format }

func (b *board) Bind(f *media.Format, _ media.Source) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bound = f
}

func (b *board) Write(p *media.Packet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Format == b.bound {
		b.heard = append(b.heard, fmt.Sprintf("%v %s", p.Text, p.Data))
	}
}

func (b *board) await(t *testing.T, want ...string) {
	t.Helper()
	elementtest.Eventually(t, "messages "+strings.Join(want, ", "), func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.heard) >= len(want)
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.heard, want) {
		t.Errorf("heard %q, wanted %q", b.heard, want)
	}
	b.heard = nil
}

func newDataServer(t *testing.T) *pipeline.Server {
	pool, err := transport.NewPool(transport.PoolConfig{Loopback: true, Interfaces: []string{"lo"}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	settings := &webrtc.Settings{
		Pool: pool, Certificates: transport.NewCertificates(),
		AudioCodecs: []string{"opus/48000/2"}, VideoCodecs: []string{"VP8/90000"}, NumAudio: 1, NumVideo: 1, RTP: endpoint.RTPSettings{MTU: 1200},
	}
	return elementtest.Server(t, nil, boardClass, passthrough.Class, webrtc.Class(func() *webrtc.Settings { return settings }))
}

// dataStats are the statistics of data channels: the session's, and by channel id those of the channels.
func dataStats(t *testing.T, e pipeline.Object, params map[string]any) (session map[string]any, channels map[int]map[string]any) {
	t.Helper()
	var all map[string]map[string]any
	if err := json.Unmarshal([]byte(elementtest.Must(t, e, "getStats", params)), &all); err != nil {
		t.Fatal(err)
	}
	channels = map[int]map[string]any{}
	for id, st := range all {
		if st["id"] != id {
			t.Errorf("the entry %s has the id %v", id, st["id"])
		}
		switch st["type"] {
		case "session":
			session = st
		case "datachannel":
			channels[int(st["datachannelid"].(float64))] = st
		}
	}
	return session, channels
}

// The recorded conversation of two endpoints of one server (golden e6), and messages through it.
func TestDataChannels(t *testing.T) {
	s := newDataServer(t)
	p, q := elementtest.Pipeline(t, s), elementtest.Pipeline(t, s)
	a := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p, "useDataChannels", true))
	b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(q, "useDataChannels", true))
	here, there := elementtest.Create(t, s, "Board", elementtest.In(p)).(*board), elementtest.Create(t, s, "Board", elementtest.In(q)).(*board)
	through := elementtest.Create(t, s, "PassThrough", elementtest.In(p))
	elementtest.Connect(t, here, through)
	elementtest.Connect(t, through, a)
	elementtest.Connect(t, a, here)
	elementtest.Connect(t, b, there)
	elementtest.Connect(t, there, b)

	names := []string{"DataChannelOpened", "DataChannelClosed"}
	ofA, ofB := elementtest.Listen(t, a, names...), elementtest.Listen(t, b, names...)
	flow := elementtest.Listen(t, b, "MediaFlowInStateChanged", "MediaFlowOutStateChanged", "MediaTranscodingStateChanged")
	join(t, a, b)
	elementtest.Must(t, a, "createDataChannel", nil) // queued
	for _, events := range []*elementtest.Events{ofA, ofB} {
		if id := events.Await(t, "DataChannelOpened")["channelId"]; id != 1.0 {
			t.Errorf("channel %v", id)
		}
	}
	here.say(true, "hello")
	here.say(false, "\x00\x01")
	here.say(true, "")
	here.say(false, "")
	there.await(t, "true hello", "false \x00\x01", "true ", "false ")
	there.say(true, "back")
	here.await(t, "true back")

	session, channels := dataStats(t, a, map[string]any{"mediaType": "DATA"})
	if session["dataChannelsOpened"] != 1.0 || session["dataChannelsClosed"] != 0.0 || len(channels) != 1 {
		t.Errorf("statistics %v, %v", session, channels)
	}
	for field, want := range map[string]any{
		"label": "", "protocol": "", "state": "open", "messagesSent": 4.0, "bytesSent": 7.0, "messagesReceived": 1.0, "bytesReceived": 4.0,
	} {
		if got := channels[1][field]; got != want {
			t.Errorf("%s is %v, wanted %v", field, got, want)
		}
	}
	if session, _ := dataStats(t, a, map[string]any{"mediaType": "AUDIO"}); session != nil {
		t.Error("data channels count as audio")
	}

	elementtest.Must(t, b, "createDataChannel", map[string]any{
		"label": "chat", "ordered": false, "maxPacketLifeTime": -1, "maxRetransmits": 100000, "protocol": "p"})
	for _, events := range []*elementtest.Events{ofA, ofB} {
		if id := events.Await(t, "DataChannelOpened")["channelId"]; id != 0.0 {
			t.Errorf("channel %v of the DTLS client", id)
		}
	}
	// As recorded: without ordered nothing after it counts, not even that it makes no sense.
	elementtest.Must(t, a, "createDataChannel", map[string]any{"label": "bad", "maxPacketLifeTime": 100, "maxRetransmits": 2})
	ofA.Await(t, "DataChannelOpened")
	ofB.Await(t, "DataChannelOpened")
	if _, channels := dataStats(t, a, nil); channels[0]["label"] != "chat" || channels[0]["protocol"] != "p" || channels[3]["label"] != "bad" {
		t.Errorf("statistics %v", channels)
	}
	elementtest.Must(t, a, "closeDataChannel", map[string]any{"channelId": 1})
	elementtest.Must(t, a, "closeDataChannel", map[string]any{"channelId": 77})
	for _, events := range []*elementtest.Events{ofA, ofB} {
		if id := events.Await(t, "DataChannelClosed")["channelId"]; id != 1.0 {
			t.Errorf("channel %v was closed", id)
		}
	}
	if more := append(ofA.Types(), ofB.Types()...); len(more) != 0 {
		t.Errorf("more than once: %v", more)
	}
	if session, _ := dataStats(t, a, nil); session["dataChannelsOpened"] != 3.0 || session["dataChannelsClosed"] != 1.0 {
		t.Errorf("statistics %v", session)
	}
	if raised := flow.Types(); len(raised) != 0 {
		t.Errorf("%v were raised for DATA", raised)
	}
	s.Release(p)
	ofB.Await(t, "DataChannelClosed")
	ofB.Await(t, "DataChannelClosed")
}

// What the peer says it cannot take is not sent (RFC 8831 §6.6).
func TestMessagesThatAreTooLargeForThePeerAreDropped(t *testing.T) {
	s := newDataServer(t)
	p, q := elementtest.Pipeline(t, s), elementtest.Pipeline(t, s)
	a := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p, "useDataChannels", true))
	b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(q, "useDataChannels", true))
	here, there := elementtest.Create(t, s, "Board", elementtest.In(p)).(*board), elementtest.Create(t, s, "Board", elementtest.In(q)).(*board)
	elementtest.Connect(t, here, a)
	elementtest.Connect(t, b, there)
	opened := elementtest.Listen(t, a, "DataChannelOpened")
	joinWith(t, a, b, func(answer string) string {
		if !strings.Contains(answer, "a=max-message-size:262144\r\n") {
			t.Errorf("the answer does not say what we take:\n%s", answer)
		}
		return strings.Replace(answer, "max-message-size:262144", "max-message-size:10", 1)
	})
	elementtest.Must(t, a, "createDataChannel", nil)
	opened.Await(t, "DataChannelOpened")
	here.say(true, "more than ten")
	here.say(true, "just ten!!")
	there.await(t, "true just ten!!")
}

func TestDataChannelsThatWereNotNegotiated(t *testing.T) {
	s := newDataServer(t)
	p := elementtest.Pipeline(t, s)
	with := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p, "useDataChannels", true))
	without := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	refused := func(e pipeline.Object, when string) {
		t.Helper()
		for operation, params := range map[string]map[string]any{"createDataChannel": nil, "closeDataChannel": {"channelId": 1}} {
			_, err := elementtest.Invoke(e, operation, params)
			if fault, ok := err.(*pipeline.Fault); !ok || fault.Code != pipeline.OperationNotSupported || fault.Message != "Data channels are not supported" {
				t.Errorf("%s %s: %v", operation, when, err)
			}
		}
	}
	refused(with, "before negotiation")
	offer := text(t, elementtest.Must(t, with, "generateOffer", nil))
	if !strings.Contains(offer, "m=application 1 UDP/DTLS/SCTP webrtc-datachannel") {
		t.Errorf("no data m-line in %s", offer)
	}
	refused(with, "after the offer")
	answer := text(t, elementtest.Must(t, without, "processOffer", map[string]any{"offer": offer}))
	if !strings.Contains(answer, "m=application 0 ") {
		t.Errorf("the data m-line is not refused in %s", answer)
	}
	refused(without, "without useDataChannels")
	elementtest.Must(t, with, "processAnswer", map[string]any{"answer": answer})
	refused(with, "that the peer refused")
	if session, _ := dataStats(t, with, nil); session != nil {
		t.Error("there are statistics of what was not negotiated")
	}
}

func TestSuiteWithDataChannels(t *testing.T) {
	s := newDataServer(t)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		a := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p, "useDataChannels", true))
		b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p, "useDataChannels", true))
		join(t, a, b)
		elementtest.Must(t, a, "createDataChannel", nil)
		return a
	})
}

func TestAChannelThatCannotBeCreated(t *testing.T) {
	s := newDataServer(t)
	a := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s), "useDataChannels", true))
	b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s), "useDataChannels", true))
	join(t, a, b)
	for _, c := range []struct {
		params  map[string]any
		code    int
		message string
	}{
		{map[string]any{"label": strings.Repeat("x", 65536)}, pipeline.UnexpectedError, "Can not create data channel"},
		{map[string]any{"label": "x", "ordered": true, "maxPacketLifeTime": 0, "maxRetransmits": 0}, pipeline.IllegalParam, "Syntax error"},
	} {
		_, err := elementtest.Invoke(a, "createDataChannel", c.params)
		if fault, ok := err.(*pipeline.Fault); !ok || fault.Code != c.code || fault.Message != c.message {
			t.Errorf("error %v, wanted %d %s", err, c.code, c.message)
		}
	}
}
