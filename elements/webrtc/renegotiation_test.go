package webrtc_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/webrtc"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

// offerAgain lets a make another offer to b, with which it is connected.
func offerAgain(t testing.TB, a, b pipeline.Object, audio, video bool) {
	t.Helper()
	options := map[string]any{"options": map[string]any{"offerToReceiveAudio": audio, "offerToReceiveVideo": video}}
	offer := text(t, elementtest.Must(t, a, "generateOffer", options))
	answer := text(t, elementtest.Must(t, b, "processOffer", map[string]any{"offer": offer}))
	elementtest.Must(t, a, "processAnswer", map[string]any{"answer": answer})
}

func TestMediaIsAddedAndRestsLater(t *testing.T) {
	s := newServer(t)
	p, q := elementtest.Pipeline(t, s), elementtest.Pipeline(t, s)
	a, b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p)), elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(q))
	elementtest.Connect(t, elementtest.Create(t, s, "TestSource", elementtest.In(p)), a)
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(q)).(*elementtest.Sink)
	elementtest.Connect(t, b, sink)
	tr, back := &trickle{t: t, to: b}, &trickle{t: t, to: a}
	for e, sub := range map[pipeline.Object]*trickle{a: tr, b: back} {
		if err := e.Base().Subscribe("IceCandidateFound", sub); err != nil {
			t.Fatal(err)
		}
	}
	states := elementtest.Listen(t, b, "ConnectionStateChanged", "IceComponentStateChanged")
	offerAgain(t, a, b, true, false)
	elementtest.Must(t, a, "gatherCandidates", nil)
	elementtest.Must(t, b, "gatherCandidates", nil)
	elementtest.Eventually(t, "audio", func() bool { return sink.Count(media.Audio) > 5 })
	if n := sink.Count(media.Video); n > 0 {
		t.Fatalf("%d packets of video that was not negotiated", n)
	}

	offerAgain(t, a, b, true, true)
	elementtest.Eventually(t, "video", func() bool { return sink.Count(media.Video) > 5 })

	offerAgain(t, a, b, true, false)
	elementtest.Eventually(t, "video to rest", func() bool {
		video, audio := sink.Count(media.Video), sink.Count(media.Audio)
		elementtest.Eventually(t, "more audio", func() bool { return sink.Count(media.Audio) > audio+3 })
		return sink.Count(media.Video) == video
	})

	// And the other one, which has only answered so far.
	video := sink.Count(media.Video)
	offerAgain(t, b, a, true, true)
	elementtest.Eventually(t, "video again", func() bool { return sink.Count(media.Video) > video+5 })
	if n := strings.Count(strings.Join(states.Types(), " "), "ConnectionStateChanged"); n != 1 {
		t.Errorf("the connection changed its state %d times: %v", n, states.Types())
	}
}

func TestStrictNegotiationAllowsOneExchange(t *testing.T) {
	s := newServer(t, func(w *webrtc.Settings) { w.StrictNegotiation = true })
	p := elementtest.Pipeline(t, s)
	a, b := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p)), elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	offerAgain(t, a, b, true, true)
	_, err := elementtest.Invoke(a, "generateOffer", nil)
	if fault, ok := err.(*pipeline.Fault); !ok || fault.Code != pipeline.SdpAlreadyNegotiated {
		t.Errorf("error %v", err)
	}
}

// farEnd is a peer made of bare connections, one for each m-line.
type farEnd struct {
	*transport.Conn
	transport.NoEvents
	endpoint  pipeline.Object
	line      int
	t         testing.TB
	mu        sync.Mutex
	changed   *sync.Cond
	connected bool
}

func (f *farEnd) HandleRTP(*rtp.Header, []byte, time.Duration, *media.Burst) {}
func (f *farEnd) HandleRTCP([]byte, time.Duration, *media.Burst)             {}
func (f *farEnd) Candidate(c string) {
	if _, err := elementtest.Invoke(f.endpoint, "addIceCandidate", map[string]any{"candidate": map[string]any{
		"candidate": c, "sdpMid": fmt.Sprint(f.line), "sdpMLineIndex": f.line,
	}}); err != nil {
		f.t.Error(err)
	}
}

func (f *farEnd) DTLSState(s transport.DTLSState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connected = s == transport.DTLSConnected
	f.changed.Broadcast()
}

func TestUnbundledLinesHaveTransportsOfTheirOwn(t *testing.T) {
	s := newServer(t)
	p := elementtest.Pipeline(t, s)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(p)).(*elementtest.Sink)
	elementtest.Connect(t, e, sink)
	events := elementtest.Listen(t, e, "ConnectionStateChanged", "IceGatheringDone")

	pool, err := transport.NewPool(transport.PoolConfig{Loopback: true, Interfaces: []string{"lo"}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	certificate, err := transport.NewCertificates().Get(transport.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	offer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	var ends []*farEnd
	for i, codec := range []string{"audio 111 opus/48000/2", "video 96 VP8/90000"} {
		f := &farEnd{endpoint: e, line: i, t: t}
		f.changed = sync.NewCond(&f.mu)
		if f.Conn, err = transport.NewConn(transport.ConnConfig{
			Pool: pool, Certificate: certificate, Handler: f, Events: f, Log: zerolog.Nop(),
		}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		ends = append(ends, f)
		part := strings.Fields(codec)
		offer += fmt.Sprintf("m=%s 9 UDP/TLS/RTP/SAVPF %s\r\na=rtpmap:%s %s\r\na=mid:%d\r\na=rtcp-mux\r\na=setup:actpass\r\na=sendonly\r\n"+
			"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n",
			part[0], part[1], part[1], part[2], i, f.LocalUfrag(), f.LocalPwd(), certificate.Fingerprint())
	}
	answer := text(t, elementtest.Must(t, e, "processOffer", map[string]any{"offer": offer}))
	ufrags := regexp.MustCompile(`a=ice-ufrag:(\S+)`).FindAllStringSubmatch(answer, -1)
	pwds := regexp.MustCompile(`a=ice-pwd:(\S+)`).FindAllStringSubmatch(answer, -1)
	print := regexp.MustCompile(`a=fingerprint:sha-256 (\S+)`).FindStringSubmatch(answer)[1]
	if len(ufrags) != 2 || ufrags[0][1] == ufrags[1][1] {
		t.Fatalf("answer\n%s", answer)
	}
	elementtest.Must(t, e, "gatherCandidates", nil)
	events.Await(t, "IceGatheringDone")
	for i, f := range ends {
		if err := f.Start(transport.Remote{
			Ufrag: ufrags[i][1], Pwd: pwds[i][1], Controlling: true,
			Fingerprints: []transport.Fingerprint{{Hash: "sha-256", Value: print}},
		}); err != nil {
			t.Fatal(err)
		}
		if err := f.Gather(); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range ends {
		f.mu.Lock()
		for !f.connected {
			f.changed.Wait()
		}
		f.mu.Unlock()
	}
	events.Await(t, "ConnectionStateChanged")
	key := []byte{0x10, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00, 0, 0, 0} // a VP8 payload that begins a key frame
	var sequence uint16
	elementtest.Eventually(t, "media of both", func() bool {
		sequence++
		var burst media.Burst
		for i, f := range ends {
			h := rtp.Header{Version: 2, PayloadType: []uint8{111, 96}[i], SequenceNumber: sequence, Timestamp: uint32(sequence) * 3000, SSRC: uint32(i + 1)}
			f.WriteRTP(&h, key, &burst)
		}
		burst.Flush()
		return sink.Count(media.Audio) > 0 && sink.Count(media.Video) > 0
	})
	if states := elementtest.Must(t, e, "getIceConnectionState", nil); !strings.Contains(states, `"streamId":"2"`) {
		t.Errorf("ICE states %s", states)
	}
}

// lineOf is an m-line of an offer that no connection stands behind.
func lineOf(codec, mid, port, direction, ufrag string) string {
	kind, rest, _ := strings.Cut(codec, " ")
	pt, name, _ := strings.Cut(rest, " ")
	return fmt.Sprintf("m=%s %s UDP/TLS/RTP/SAVPF %s\r\na=rtpmap:%s %s\r\na=mid:%s\r\na=rtcp-mux\r\na=setup:actpass\r\na=%s\r\n"+
		"a=ice-ufrag:%s\r\na=ice-pwd:0123456789abcdef0123456789\r\na=fingerprint:sha-256 %s\r\n",
		kind, port, pt, pt, name, mid, direction, ufrag, strings.TrimSuffix(strings.Repeat("AB:", 32), ":"))
}

func session(version int, attrs string, lines ...string) map[string]any {
	return map[string]any{"offer": fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", version) + attrs + strings.Join(lines, "")}
}

const (
	someAudio = "audio 111 opus/48000/2"
	someVideo = "video 96 VP8/90000"
)

// The sender of an m-line that is closed goes over to another one, which has another SSRC.
func TestSecondVideoTakesThePlaceOfTheFirst(t *testing.T) {
	s := newServer(t)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	audio, second := lineOf(someAudio, "0", "9", "sendrecv", "abcd"), lineOf(someVideo, "2", "9", "sendrecv", "abcd")
	elementtest.Must(t, e, "processOffer", session(1, "a=group:BUNDLE 0 1\r\n", audio, lineOf(someVideo, "1", "9", "sendrecv", "abcd")))
	answer := text(t, elementtest.Must(t, e, "processOffer",
		session(2, "a=group:BUNDLE 0 2\r\n", audio, lineOf(someVideo, "1", "0", "inactive", "abcd"), second)))
	if !strings.Contains(answer, "BUNDLE 0 2") {
		t.Errorf("answer\n%s", answer)
	}
}

// M-lines leave their transports for others; those that nobody uses are closed, and made anew when they are needed.
func TestLinesMoveBetweenTransports(t *testing.T) {
	s := newServer(t)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	events := elementtest.Listen(t, e, "IceGatheringDone")
	audio, video := lineOf(someAudio, "0", "9", "sendrecv", "abcd"), lineOf(someVideo, "1", "9", "sendrecv", "efgh")
	elementtest.Must(t, e, "processOffer", session(1, "", audio, video))
	elementtest.Must(t, e, "gatherCandidates", nil)
	events.Await(t, "IceGatheringDone")
	bundled := lineOf(someVideo, "1", "9", "sendrecv", "abcd")
	elementtest.Must(t, e, "processOffer", session(2, "a=group:BUNDLE 0 1\r\n", audio, bundled))
	elementtest.Must(t, e, "processOffer", session(3, "", audio, lineOf(someVideo, "1", "0", "inactive", "abcd")))
	answer := text(t, elementtest.Must(t, e, "processOffer", session(4, "", audio, lineOf(someVideo, "2", "9", "sendrecv", "ijkl"))))
	ufrags := regexp.MustCompile(`a=ice-ufrag:(\S+)`).FindAllStringSubmatch(answer, -1)
	if len(ufrags) != 2 || ufrags[0][1] == ufrags[1][1] {
		t.Fatalf("answer\n%s", answer)
	}
	elementtest.Eventually(t, "candidates of the new transport", func() bool {
		local := text(t, elementtest.Must(t, e, "getLocalSessionDescriptor", nil))
		parts := strings.Split(local, "m=")
		return strings.Contains(parts[2], "a=candidate:")
	})
	elementtest.Must(t, e, "generateOffer", nil)
}

// An offer that cannot be put into force leaves the endpoint as it was, in the first exchange too.
func TestOfferThatCannotBePutIntoForce(t *testing.T) {
	s := newServer(t)
	e := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(elementtest.Pipeline(t, s)))
	audio := lineOf(someAudio, "0", "9", "sendrecv", "abcd")
	bad := session(1, "", strings.ReplaceAll(audio, "a=ice-ufrag", "a=nothing"))
	if _, err := elementtest.Invoke(e, "processOffer", bad); err == nil {
		t.Fatal("an offer without credentials is answered")
	}
	other := session(1, "", audio)
	other["offer"] = strings.Replace(other["offer"].(string), "o=- 1", "o=- 2", 1)
	elementtest.Must(t, e, "processOffer", other)
}
