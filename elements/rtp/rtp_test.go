package rtp

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testSettings() *Settings {
	return &Settings{
		MinPort: 20000, MaxPort: 40000,
		AudioCodecs: []string{"opus/48000/2", "PCMU/8000", "PCMA/8000", "AMR/8000"},
		VideoCodecs: []string{"H265/90000", "VP8/90000", "H264/90000"},
		NumAudio:    1, NumVideo: 1,
	}
}

func newServer(t testing.TB, s *Settings) *pipeline.Server {
	return elementtest.Server(t, nil, Class(func() *Settings { return s }))
}

// text is the result of an operation that returns a text.
func text(t testing.TB, o pipeline.Object, operation string, params any) string {
	t.Helper()
	var s string
	if err := json.Unmarshal([]byte(elementtest.Must(t, o, operation, params)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// index is where a part of a text begins.
func index(t testing.TB, text, part string) int {
	t.Helper()
	i := strings.Index(text, part)
	if i < 0 {
		t.Fatalf("no %q in %s", part, text)
	}
	return i
}

// join negotiates between two endpoints.
func join(t testing.TB, offerer, answerer pipeline.Object) {
	t.Helper()
	offer := text(t, offerer, "generateOffer", nil)
	answer := text(t, answerer, "processOffer", map[string]any{"offer": here(offer)})
	text(t, offerer, "processAnswer", map[string]any{"answer": here(answer)})
}

// here has a description name loopback: tests send nothing outside.
func here(sdp string) string {
	var out []string
	for line := range strings.SplitSeq(sdp, "\r\n") {
		switch {
		case strings.HasPrefix(line, "c=IN IP4 "):
			line = "c=IN IP4 127.0.0.1"
		case strings.HasPrefix(line, "c=IN IP6 "):
			line = "c=IN IP6 ::1"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\r\n")
}

// quietOffer is a peer on loopback that takes and sends everything, at ports where nobody is.
func quietOffer(t testing.TB) string {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	port := c.LocalAddr().(*net.UDPAddr).Port
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVPF 0\r\na=rtcp:%[1]d\r\nm=video %[1]d RTP/AVPF 96\r\na=rtcp:%[1]d\r\na=rtpmap:96 VP8/90000\r\n", port)
}

func TestSuite(t *testing.T) {
	s := newServer(t, testSettings())
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		e := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p))
		text(t, e, "processOffer", map[string]any{"offer": quietOffer(t)})
		return e
	})
}

// TestMedia sends between two endpoints, plain and in all suites, both families.
func TestMedia(t *testing.T) {
	if testing.Short() {
		t.Skip("packets over loopback")
	}
	suites := append(CryptoSuite("").Values(), "")
	for _, ipv6 := range []bool{false, true} {
		for _, suite := range suites {
			t.Run(fmt.Sprintf("%s IPv6 %t", suite, ipv6), func(t *testing.T) {
				if _, err := localAddress(ipv6); err != nil {
					t.Skip(err)
				}
				s := newServer(t, testSettings())
				p := elementtest.Pipeline(t, s)
				params := elementtest.In(p, "useIpv6", ipv6)
				if suite != "" {
					params["crypto"] = map[string]any{"crypto": suite}
				}
				a, b := elementtest.Create(t, s, "RtpEndpoint", params), elementtest.Create(t, s, "RtpEndpoint", params)
				source := elementtest.Create(t, s, "TestSource", elementtest.In(p))
				sink := elementtest.Create(t, s, "TestSink", elementtest.In(p)).(*elementtest.Sink)
				elementtest.Connect(t, source, a)
				elementtest.Connect(t, b, sink)
				events := elementtest.Listen(t, b, "MediaSessionStarted", "ConnectionStateChanged", "MediaStateChanged")
				join(t, a, b)
				for _, k := range []media.Kind{media.Audio, media.Video} {
					elementtest.Eventually(t, "packets of "+k.String(), func() bool { return sink.Count(k) > 100 })
				}
				elementtest.Eventually(t, "events", func() bool {
					return slices.Equal(events.Types(), []string{"ConnectionStateChanged", "MediaSessionStarted", "MediaStateChanged"})
				})
				if state := elementtest.Must(t, a, "getConnectionState", nil); state != `"CONNECTED"` {
					t.Errorf("connection state %s", state)
				}
				elementtest.Eventually(t, "reports of the receiver", func() bool {
					return !strings.Contains(elementtest.Must(t, a, "getStats", map[string]any{"mediaType": "VIDEO"}), `"roundTripTime":0.0,`)
				})
			})
		}
	}
}

func TestKeys(t *testing.T) {
	s := newServer(t, testSettings())
	p := elementtest.Pipeline(t, s)
	const text30, base30 = "4321ZYXWVUTSRQPONMLKJIHGFEDCBA", "NDMyMVpZWFdWVVRTUlFQT05NTEtKSUhHRkVEQ0JB"
	for name, c := range map[string]struct {
		crypto map[string]any
		want   string // error, or "" and the a=crypto line
		line   string
	}{
		"text":              {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80", "key": text30}, "", "AES_CM_128_HMAC_SHA1_80 inline:" + base30},
		"base64":            {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_32", "keyBase64": base30}, "", "AES_CM_128_HMAC_SHA1_32 inline:" + base30},
		"text before":       {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80", "key": text30, "keyBase64": "***"}, "", "inline:" + base30},
		"256 bits":          {map[string]any{"crypto": "AES_256_CM_HMAC_SHA1_80", "key": text30 + "4321ZYXWVUTSRQPO"}, "", "AES_256_CM_HMAC_SHA1_80 inline:"},
		"random":            {map[string]any{"crypto": "AES_256_CM_HMAC_SHA1_32"}, "", "AES_256_CM_HMAC_SHA1_32 inline:"},
		"too short for 256": {map[string]any{"crypto": "AES_256_CM_HMAC_SHA1_80", "key": text30}, "Master key size is wrong", ""},
		"too short":         {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80", "key": "short"}, "Master key size is wrong", ""},
		"too short base64":  {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80", "keyBase64": "c2hvcnQ="}, "Master key size is wrong", ""},
		"no base64 at all":  {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80", "keyBase64": "***"}, "Master key size is wrong", ""},
		"mended base64":     {map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80", "keyBase64": "*" + base30}, "Master key is not valid Base64", ""},
		"no suite":          {map[string]any{"key": "short"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(elementtest.In(p, "crypto", c.crypto))
			if err != nil {
				t.Fatal(err)
			}
			e, err := s.Create(t.Context(), "RtpEndpoint", raw)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Release(e)
			offer := text(t, e, "generateOffer", nil)
			if !strings.Contains(offer, c.line) || strings.Contains(offer, "a=crypto") != (c.line != "") {
				t.Errorf("%s in %s", c.line, offer)
			}
		})
	}
}

// TestKeySoftLimit: the lifetime that the peer gives its key is told when it ends.
func TestKeySoftLimit(t *testing.T) {
	s := newServer(t, testSettings())
	p := elementtest.Pipeline(t, s)
	crypto := map[string]any{"crypto": "AES_128_CM_HMAC_SHA1_80"}
	a := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p, "crypto", crypto))
	b := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p, "crypto", crypto))
	events := elementtest.Listen(t, b, "OnKeySoftLimit")
	elementtest.Connect(t, elementtest.Create(t, s, "TestSource", elementtest.In(p)), a)
	offer := here(text(t, a, "generateOffer", nil))
	audio, video, _ := strings.Cut(offer, "m=video")
	for line := range strings.SplitSeq(audio, "\r\n") {
		if strings.HasPrefix(line, "a=crypto:") {
			audio = strings.Replace(audio, line, line+"|2^5", 1)
		}
	}
	answer := text(t, b, "processOffer", map[string]any{"offer": audio + "m=video" + video})
	text(t, a, "processAnswer", map[string]any{"answer": here(answer)})
	if kind := events.Await(t, "OnKeySoftLimit")["mediaType"]; kind != "AUDIO" {
		t.Errorf("key of %v", kind)
	}
	if more := events.Types(); len(more) != 0 {
		t.Errorf("told again: %v", more)
	}
}

// TestPortsAreGivenBack uses a range that is just enough for one endpoint, over and over.
func TestPortsAreGivenBack(t *testing.T) {
	settings := testSettings()
	settings.MinPort, settings.MaxPort = freeRange(t)
	s := newServer(t, settings)
	p := elementtest.Pipeline(t, s)
	for range 3 {
		e := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p))
		text(t, e, "generateOffer", nil)
		other := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p))
		if _, err := elementtest.Invoke(other, "processOffer", map[string]any{"offer": quietOffer(t)}); err == nil || !strings.Contains(err.Error(), sdp.ErrProcessOffer.Error()) {
			t.Errorf("no port is left: %v", err)
		}
		s.Release(e)
		text(t, other, "processOffer", map[string]any{"offer": quietOffer(t)})
		s.Release(other)
	}
}

// freeRange finds four ports that can be used, and another in the middle that somebody else has: a socket of WebRTC has one
// address of the machine.
func freeRange(t testing.TB) (first, last uint16) {
	t.Helper()
	for base := uint16(41000); base < 60000; base += 8 {
		taken, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), base+3)))
		if err != nil {
			continue
		}
		free := true
		for _, port := range []uint16{base, base + 1, base + 4, base + 5} {
			c, err := listen(port, false)
			if free = free && err == nil; err == nil {
				c.Close()
			}
		}
		if !free {
			taken.Close()
			continue
		}
		t.Cleanup(func() { taken.Close() })
		return base, base + 5 // base+2 is of no use without its neighbour
	}
	t.Fatal("no free ports")
	return 0, 0
}

// TestRenegotiation moves a peer and puts it on hold.
func TestRenegotiation(t *testing.T) {
	s := newServer(t, testSettings())
	p := elementtest.Pipeline(t, s)
	e := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p))
	elementtest.Connect(t, elementtest.Create(t, s, "TestSource", elementtest.In(p)), e)
	for version := range 3 {
		peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		offer := fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video %d RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
			version, peer.LocalAddr().(*net.UDPAddr).Port)
		text(t, e, "processOffer", map[string]any{"offer": offer})
		if err := peer.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Read(make([]byte, 2000)); err != nil {
			t.Errorf("offer %d: %v", version, err)
		}
	}
	held := "v=0\r\no=- 1 9 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 9 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
	text(t, e, "processOffer", map[string]any{"offer": held})
}
