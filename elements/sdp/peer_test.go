package sdp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"

	"github.com/rivero-media/rivero/pipeline/media"
)

// plainOffer is one of a peer without ICE: the session's lines, and an m-line with more of its own.
func plainOffer(session, m string, more ...string) string {
	lines := append([]string{"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-"}, strings.Fields(session)...)
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(l, "_", " ")
	}
	lines = append(append(lines, "t=0 0", m), more...)
	return strings.Join(lines, "\r\n") + "\r\n"
}

func plainAnswer(t *testing.T, a *Agent, offer string) (answer string, s Session) {
	t.Helper()
	answer, err := a.ProcessOffer(offer)
	if err != nil {
		t.Fatal(err)
	}
	var judge pion.SessionDescription
	if err := judge.UnmarshalString(answer); err != nil {
		t.Errorf("pion/sdp cannot read our answer: %v\n%s", err, answer)
	}
	s, _ = a.Negotiated()
	return answer, s
}

func TestPeerAddress(t *testing.T) {
	const session = "c=IN_IP4_192.0.2.1"
	for name, c := range map[string]struct {
		session   string
		more      []string
		rtp, rtcp string
		active    bool
	}{
		"of the session":   {session, nil, "192.0.2.1:5004", "192.0.2.1:5005", false},
		"of the m-line":    {session, []string{"c=IN IP4 192.0.2.9"}, "192.0.2.9:5004", "192.0.2.9:5005", false},
		"with a TTL":       {"", []string{"c=IN IP4 233.252.0.1/127"}, "233.252.0.1:5004", "233.252.0.1:5005", false},
		"IPv6":             {"", []string{"c=IN IP6 2001:db8::1"}, "[2001:db8::1]:5004", "[2001:db8::1]:5005", false},
		"port of RTCP":     {session, []string{"a=rtcp:6000"}, "192.0.2.1:5004", "192.0.2.1:6000", false},
		"address of RTCP":  {session, []string{"a=rtcp:6000 IN IP4 192.0.2.7"}, "192.0.2.1:5004", "192.0.2.7:6000", false},
		"on hold":          {"c=IN_IP4_0.0.0.0", nil, "invalid AddrPort", "invalid AddrPort", false},
		"none":             {"", nil, "invalid AddrPort", "invalid AddrPort", false},
		"active":           {session, []string{"a=direction:active"}, "192.0.2.1:5004", "192.0.2.1:5005", true},
		"active in all":    {session + " a=direction:active", nil, "192.0.2.1:5004", "192.0.2.1:5005", true},
		"passive":          {session, []string{"a=direction:passive"}, "192.0.2.1:5004", "192.0.2.1:5005", false},
		"in a group alone": {session + " a=group:BUNDLE_0", []string{"a=mid:0", "a=rtcp-mux"}, "192.0.2.1:5004", "192.0.2.1:5005", false},
	} {
		t.Run(name, func(t *testing.T) {
			answer, s := plainAnswer(t, newPlainAgent(t, "", false), plainOffer(c.session, "m=audio 5004 RTP/AVP 0", c.more...))
			p := s.Transports[0].Peer
			if p.RTP.String() != c.rtp || p.RTCP.String() != c.rtcp || p.Active != c.active {
				t.Errorf("%v, %v, active %t", p.RTP, p.RTCP, p.Active)
			}
			if c.active != strings.Contains(answer, "a=direction:passive\r\n") {
				t.Errorf("answered %s", answer)
			}
			for _, never := range []string{"BUNDLE", "rtcp-mux", "ice-", "fingerprint"} {
				if strings.Contains(answer, never) {
					t.Errorf("%s in the answer %s", never, answer)
				}
			}
			if !strings.Contains(answer, "m=audio 4000 RTP/AVP 0\r\n") || !strings.Contains(answer, "a=rtcp:4001\r\n") || !strings.Contains(answer, "c=IN IP4 192.0.2.2\r\n") {
				t.Errorf("ports in the answer %s", answer)
			}
		})
	}
}

func TestPeerCannotBeRead(t *testing.T) {
	for name, more := range map[string]string{
		"a name":              "c=IN IP4 camera.example.org",
		"another network":     "c=ATM NSAP 47.0091",
		"nothing":             "c=IN IP4",
		"RTCP without a port": "a=rtcp:",
		"RTCP beyond ports":   "a=rtcp:70000",
	} {
		t.Run(name, func(t *testing.T) {
			a := newPlainAgent(t, "", false)
			_, err := a.ProcessOffer(plainOffer("", "m=audio 5004 RTP/AVP 0", more))
			if !errors.Is(err, ErrProcessOffer) || len(err.Error()) <= len(ErrProcessOffer.Error()) {
				t.Errorf("error %v", err)
			}
			if _, err := a.ProcessOffer(plainOffer("c=IN_IP4_192.0.2.1", "m=audio 5004 RTP/AVP 0")); err != nil {
				t.Errorf("the agent is of no more use: %v", err)
			}
		})
	}
}

// TestPlainTransports: each m-line has its own ports, whatever the peer groups.
func TestPlainTransports(t *testing.T) {
	a := newPlainAgent(t, "", false)
	_, s := plainAnswer(t, a, plainOffer("c=IN_IP4_192.0.2.1 a=group:BUNDLE_a_v", "m=audio 5004 RTP/AVP 0", "a=mid:a", "m=video 5006 RTP/AVPF 96", "a=rtpmap:96 VP8/90000", "a=mid:v"))
	if len(s.Transports) != 2 || s.Media[0].Transport == s.Media[1].Transport || s.Transports[1].Peer.RTP.Port() != 5006 {
		t.Errorf("%+v", s)
	}
	offerer := newPlainAgent(t, "", false)
	offer, err := offerer.GenerateOffer(DefaultOfferOptions())
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := plainAnswer(t, newPlainAgent(t, "", false), offer)
	if err := offerer.ProcessAnswer(answer); err != nil {
		t.Fatal(err)
	}
	agreed, _ := offerer.Negotiated()
	for i, want := range []uint16{4000, 4002} {
		m := agreed.Media[i]
		if got := agreed.Transports[m.Transport].Peer.RTP.Port(); m.Rejected || got != want {
			t.Errorf("m-line %d: port %d, rejected %t", i, got, m.Rejected)
		}
	}
}

func TestCrypto(t *testing.T) {
	key := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	good := "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + key(30)
	for name, c := range map[string]struct {
		lines []string
		tag   int // of the answer, 0: refused
	}{
		"one":                 {[]string{good}, 7},
		"the second":          {[]string{"a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:" + key(46), good}, 7},
		"behind nonsense":     {[]string{"a=crypto:1", "a=crypto:x y z", "a=crypto:2 AEAD_AES_128_GCM inline:" + key(28), good}, 7},
		"with a lifetime":     {[]string{good + "|2^20"}, 7},
		"lifetime in decimal": {[]string{good + "|1000"}, 7},
		"a hint":              {[]string{good + " WSH=128"}, 7},
		"another suite":       {[]string{"a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" + key(30)}, 0},
		"none":                {nil, 0},
		"short key":           {[]string{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key(29)}, 0},
		"no base64":           {[]string{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***"}, 0},
		"key identifiers":     {[]string{good + "|2^20|1:4"}, 0},
		"two keys":            {[]string{good + ";inline:" + key(30)}, 0},
		"not encrypted":       {[]string{good + " UNENCRYPTED_SRTP"}, 0},
		"keys that change":    {[]string{good + " KDR=5"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newPlainAgent(t, "AES_128_CM_HMAC_SHA1_80", false)
			answer, s := plainAnswer(t, a, plainOffer("c=IN_IP4_192.0.2.1", "m=audio 5004 RTP/SAVP 0", c.lines...))
			if c.tag == 0 {
				if !strings.Contains(answer, "m=audio 0 RTP/SAVP 0\r\n") || strings.Contains(answer, "crypto") {
					t.Errorf("answered %s", answer)
				}
				return
			}
			want := fmt.Sprintf("a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:%s\r\n", c.tag, base64.StdEncoding.EncodeToString([]byte(a.local.Crypto.Key)))
			if !strings.Contains(answer, want) {
				t.Errorf("answered %s, want %s", answer, want)
			}
			got := s.Transports[0].Peer.Crypto
			if got.Key != string(make([]byte, 30)) || strings.Contains(fmt.Sprint(got), got.Key) {
				t.Errorf("key of the peer %v", got)
			}
			if name == "with a lifetime" && got.Lifetime != 1<<20 || name == "lifetime in decimal" && got.Lifetime != 1000 {
				t.Errorf("lifetime %d", got.Lifetime)
			}
		})
	}
}

// TestPlainTelephone: events are negotiated beside the voice, and nothing else that Kurento does not know.
func TestPlainTelephone(t *testing.T) {
	a := newPlainAgent(t, "", false)
	a.config.Classic = false
	offer, err := a.GenerateOffer(DefaultOfferOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"telephone-event/8000", "telephone-event/48000"} {
		if !strings.Contains(offer, want) {
			t.Errorf("no %s in %s", want, offer)
		}
	}
	for _, never := range []string{"rtx/", "transport-cc", "msid", "ice-options", "audio-level"} {
		if strings.Contains(offer, never) {
			t.Errorf("%s in %s", never, offer)
		}
	}
	if err := a.ProcessAnswer(plainOffer("c=IN_IP4_192.0.2.1", "m=audio 5004 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "m=video 0 RTP/AVP 108")); err != nil {
		t.Fatal(err)
	}
	s, _ := a.Negotiated()
	if m := s.Media[0]; m.Rejected || len(m.Codecs) != 1 || m.Codecs[0].Format.Codec != media.PCMU || m.Codecs[0].Feedback != (Feedback{}) {
		t.Errorf("agreed on %+v", m)
	}
	if s.Transports[1].Peer != nil || len(s.Transports[1].MIDs) != 0 {
		t.Errorf("transport of the refused m-line: %+v", s.Transports[1])
	}
}

// TestPlainAgain: a later offer may move the peer and change its key, and put it on hold.
func TestPlainAgain(t *testing.T) {
	a := newPlainAgent(t, "", false)
	a.config.Strict = false
	offer := plainOffer("c=IN_IP4_192.0.2.1", "m=audio 5004 RTP/AVP 0")
	_, before := plainAnswer(t, a, offer)
	later := strings.Replace(strings.Replace(offer, "o=- 1 1", "o=- 1 2", 1), "192.0.2.1", "192.0.2.8", 1)
	answer, after := plainAnswer(t, a, later+"a=sendonly\r\n")
	if after.Transports[0].Peer.RTP.String() != "192.0.2.8:5004" || after.Media[0].SSRC != before.Media[0].SSRC || !strings.Contains(answer, "a=recvonly\r\n") {
		t.Errorf("%+v\n%s", after, answer)
	}
	if !strings.Contains(answer, "m=audio 4000 ") {
		t.Errorf("our ports changed: %s", answer)
	}
}

func FuzzPlainOffer(f *testing.F) {
	key := base64.StdEncoding.EncodeToString(make([]byte, 30))
	f.Add(plainOffer("c=IN_IP4_192.0.2.1", "m=audio 5004 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=rtcp:5 IN IP4 192.0.2.2", "a=direction:active"))
	f.Add(plainOffer("c=IN_IP6_::1", "m=video 65535 RTP/SAVP 96", "a=rtpmap:96 VP8/90000", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key+"|2^31 WSH=64"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, suite := range []string{"", "AES_128_CM_HMAC_SHA1_80"} {
			a := newPlainAgent(t, suite, false)
			answer, err := a.ProcessOffer(text)
			if err != nil {
				continue
			}
			offer, err := parse(text)
			if err != nil {
				t.Fatalf("%v in an offer that was answered", err)
			}
			checkSession(t, a, checkDescription(t, answer), offer)
			s, _ := a.Negotiated()
			for _, m := range s.Media {
				if p := s.Transports; !m.Rejected && (p[m.Transport].Peer == nil || (p[m.Transport].Peer.Crypto.Suite == "") != (suite == "")) {
					t.Errorf("m-line %+v is carried by %+v", m, p[m.Transport])
				}
			}
		}
	})
}
