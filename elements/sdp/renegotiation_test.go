package sdp

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// peerOffer is a peer's description with m-lines "audio" and "video", all in one group.
func peerOffer(version int, ufrag string, kinds ...string) string {
	var mids []string
	for i := range kinds {
		mids = append(mids, fmt.Sprint(i))
	}
	lines := []string{"v=0", fmt.Sprintf("o=- 77 %d IN IP4 127.0.0.1", version), "s=-", "t=0 0", "a=group:BUNDLE " + strings.Join(mids, " ")}
	for i, kind := range kinds {
		codec := "111 opus/48000/2"
		if strings.HasPrefix(kind, "video") {
			codec = fmt.Sprintf("%d VP8/90000", 95+i)
		}
		pt, _, _ := strings.Cut(codec, " ")
		port, direction := "9", "sendrecv"
		switch {
		case strings.HasSuffix(kind, "-"):
			port = "0"
		case strings.HasSuffix(kind, "!"):
			direction = "recvonly"
		}
		kind = strings.TrimRight(kind, "-!")
		lines = append(lines, "m="+kind+" "+port+" UDP/TLS/RTP/SAVPF "+pt, "a=rtpmap:"+codec, "a=mid:"+mids[i], "a=rtcp-mux",
			"a=setup:actpass", "a="+direction, "a=ice-ufrag:"+ufrag, "a=ice-pwd:0123456789abcdef0123456789", "a=fingerprint:sha-256 AA:BB")
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func modernAgent(t testing.TB) *Agent {
	return newTestAgent(t, func(c *Config) { c.Classic, c.Strict, c.NumVideoMedias = false, false, 2 })
}

func mustAnswer(t testing.TB, a *Agent, offer string) (*description, Session) {
	t.Helper()
	text, err := a.ProcessOffer(offer)
	if err != nil {
		t.Fatal(err)
	}
	d, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := a.Negotiated()
	return d, s
}

func TestLaterOfferChangesTheSession(t *testing.T) {
	a := modernAgent(t)
	first, before := mustAnswer(t, a, peerOffer(1, "abcd", "audio", "video"))
	second, after := mustAnswer(t, a, peerOffer(2, "abcd", "audio-", "video!", "video"))
	if got := first.origin[1]; second.origin[1] != got || second.origin[2] == first.origin[2] {
		t.Errorf("origin %v after %v", second.origin, first.origin)
	}
	if m := after.Media[0]; !m.Rejected {
		t.Errorf("the closed m-line is %+v", m)
	}
	if m := after.Media[1]; m.SSRC != before.Media[1].SSRC || !m.Send || m.Recv || m.Transport != 0 {
		t.Errorf("the m-line that stayed is %+v, was %+v", m, before.Media[1])
	}
	if m := after.Media[2]; m.Rejected || m.SSRC == before.Media[1].SSRC || m.Transport != 0 {
		t.Errorf("the new m-line is %+v", m)
	}
	if len(after.Transports) != 1 || after.Transports[0].Client != before.Transports[0].Client {
		t.Errorf("transports %+v", after.Transports)
	}
	if ufrag, _ := second.sections[1].attrs.get("ice-ufrag"); ufrag != "LoCa" {
		t.Errorf("our ufrag changed to %q without a restart", ufrag)
	}
}

// The peer that was client stays client, though its offers say actpass.
func TestLaterOfferKeepsTheRoles(t *testing.T) {
	a := modernAgent(t)
	first, _ := mustAnswer(t, a, strings.ReplaceAll(peerOffer(1, "abcd", "audio"), "actpass", "active"))
	second, s := mustAnswer(t, a, peerOffer(2, "abcd", "audio"))
	for i, d := range []*description{first, second} {
		if role, _ := d.sections[0].attrs.get("setup"); role != "passive" {
			t.Errorf("answer %d says setup:%s", i, role)
		}
	}
	if s.Transports[0].Client {
		t.Error("we are the client now")
	}
}

func TestNewCredentialsRestartICE(t *testing.T) {
	a := modernAgent(t)
	mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	if _, err := a.AddLocalCandidate(0, goodCandidates[0]); err != nil {
		t.Fatal(err)
	}
	d, s := mustAnswer(t, a, peerOffer(2, "wxyz", "audio"))
	if ufrag, _ := d.sections[0].attrs.get("ice-ufrag"); ufrag != "again0" {
		t.Errorf("our ufrag is %q", ufrag)
	}
	if d.sections[0].attrs.has("candidate") {
		t.Error("a candidate from before the restart is announced")
	}
	if s.Transports[0].Ufrag != "wxyz" {
		t.Errorf("the peer's ufrag is %q", s.Transports[0].Ufrag)
	}
}

func TestUnrelatedOfferIsRefused(t *testing.T) {
	a := modernAgent(t)
	mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	for name, offer := range map[string]string{
		"the same once more": peerOffer(1, "abcd", "audio"),
		"another session":    strings.Replace(peerOffer(2, "abcd", "audio"), "o=- 77", "o=- 78", 1),
		"no origin":          strings.Replace(peerOffer(2, "abcd", "audio"), "o=", "x=", 1),
	} {
		if _, err := a.ProcessOffer(offer); !errors.Is(err, ErrAlreadyNegotiated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.ProcessOffer(strings.Replace(peerOffer(2, "abcd", "audio"), "m=audio", "m=none\r\nm=audio", 1)); !errors.Is(err, ErrParse) {
		t.Errorf("unreadable: %v", err)
	}
	if _, err := a.ProcessOffer(peerOffer(3, "abcd")); !errors.Is(err, ErrProcessOffer) {
		t.Errorf("fewer m-lines: %v", err)
	}
	mustAnswer(t, a, peerOffer(4, "abcd", "audio")) // none of them did harm
}

// answerTo answers an offer of ours as a browser would: the same m-lines, without those of the kinds refused.
func answerTo(offer string, version int, refused ...string) string {
	var out []string
	skip := false
	for line := range strings.SplitSeq(strings.TrimSuffix(offer, "\r\n"), "\r\n") {
		switch {
		case strings.HasPrefix(line, "o="):
			line = fmt.Sprintf("o=peer 5 %d IN IP4 127.0.0.1", version)
		case strings.HasPrefix(line, "m="):
			kind, rest, _ := strings.Cut(strings.TrimPrefix(line, "m="), " ")
			if skip = slices.Contains(refused, kind); skip {
				_, rest, _ = strings.Cut(rest, " ")
				line = "m=" + kind + " 0 " + rest
			}
		case line == "a=setup:actpass":
			line = "a=setup:active"
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:peer"
		case strings.HasPrefix(line, "a=ssrc"), strings.HasPrefix(line, "a=msid"):
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\r\n") + "\r\n"
}

func TestLaterOwnOfferKeepsWhatThereIs(t *testing.T) {
	a := modernAgent(t)
	options := DefaultOfferOptions()
	options.OfferToReceiveVideo = false
	offer := func() string {
		t.Helper()
		text, err := a.GenerateOffer(options)
		if err != nil {
			t.Fatal(err)
		}
		checkWellFormed(t, text)
		return text
	}
	accept := func(text string) Session {
		t.Helper()
		if err := a.ProcessAnswer(text); err != nil {
			t.Fatal(err)
		}
		s, _ := a.Negotiated()
		return s
	}
	before := accept(answerTo(offer(), 1))

	options.OfferToReceiveVideo = true
	offer() // is never answered
	text := offer()
	d := checkDescription(t, text)
	if n := len(d.sections); n != 3 { // audio and two of video
		t.Fatalf("%d m-lines:\n%s", n, text)
	}
	for i := range d.sections {
		if setup, _ := d.sections[i].attrs.get("setup"); setup != "actpass" {
			t.Errorf("m-line %d offers setup:%s", i, setup)
		}
	}
	after := accept(answerTo(text, 2))
	if m := after.Media[0]; m.SSRC != before.Media[0].SSRC || m.Codecs[0].PayloadType != before.Media[0].Codecs[0].PayloadType {
		t.Errorf("audio is %+v, was %+v", m, before.Media[0])
	}
	if m := after.Media[1]; m.Rejected || !m.Send || m.RTXSSRC == 0 || m.Codecs[0].RTX == 0 || m.ExtensionID(TransportCC) == 0 {
		t.Errorf("video is %+v", m)
	}
	seen := map[uint8]bool{}
	for _, m := range after.Media {
		for _, c := range m.Codecs {
			if seen[c.PayloadType] || c.RTX != 0 && seen[c.RTX] {
				t.Errorf("payload type %d or %d means two things", c.PayloadType, c.RTX)
			}
			seen[c.PayloadType], seen[c.RTX] = true, c.RTX != 0
		}
	}

	options.OfferToReceiveVideo, options.ICERestart = false, true
	text = offer()
	if !strings.Contains(text, "a=ice-ufrag:again0") || !strings.Contains(text, "a=inactive") {
		t.Errorf("no restart, or video does not rest:\n%s", text)
	}
	if m := accept(answerTo(text, 3)).Media[1]; m.Send || m.Recv {
		t.Errorf("video is %+v", m)
	}
	// And now the peer.
	peer := strings.Replace(answerTo(text, 4), "a=setup:active", "a=setup:actpass", -1)
	_, s := mustAnswer(t, a, peer)
	if s.Transports[0].Client {
		t.Error("the roles have changed")
	}
}

func TestBadLaterAnswerLeavesTheSession(t *testing.T) {
	a := modernAgent(t)
	_, before := mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	text, err := a.GenerateOffer(DefaultOfferOptions())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ProcessAnswer(strings.Replace(answerTo(text, 2), "m=audio", "m=video", 1)); !errors.Is(err, ErrProcessAnswer) {
		t.Fatalf("answer: %v", err)
	}
	if s, ok := a.Negotiated(); !ok || len(s.Media) != len(before.Media) {
		t.Errorf("session %+v", s)
	}
	mustAnswer(t, a, peerOffer(2, "abcd", "audio"))
}

// A peer without BUNDLE has a transport for each m-line, with credentials and candidates of its own.
func TestTransportForEachUnbundledLine(t *testing.T) {
	a := modernAgent(t)
	offer := strings.Replace(peerOffer(1, "abcd", "audio", "video"), "a=group:BUNDLE 0 1\r\n", "", 1)
	d, s := mustAnswer(t, a, offer)
	if len(s.Transports) != 2 || s.Media[0].Transport != 0 || s.Media[1].Transport != 1 {
		t.Fatalf("session %+v", s)
	}
	one, _ := d.sections[0].attrs.get("ice-ufrag")
	two, _ := d.sections[1].attrs.get("ice-ufrag")
	if one == two {
		t.Errorf("both have ufrag %q", one)
	}
	raised, err := a.AddLocalCandidate(1, goodCandidates[0])
	if err != nil || len(raised) != 1 || raised[0].SDPMLineIndex != 1 {
		t.Errorf("candidate of the second is raised as %+v, %v", raised, err)
	}
	if _, transport, err := a.AddRemoteCandidate(IceCandidate{Candidate: goodCandidates[0], SDPMid: "1"}); transport != 1 || err != nil {
		t.Errorf("candidate of the peer's second is for %d, %v", transport, err)
	}
	if a.EndLocalCandidates(0) || !a.EndLocalCandidates(1) {
		t.Error("the end of gathering is that of the last")
	}
}

// FuzzLaterExchanges has a modern agent take one offer after another, and make one of its own in between.
func FuzzLaterExchanges(f *testing.F) {
	for _, file := range offerFiles(f) {
		parts, _ := readCase(f, file)
		f.Add(crlf(parts[1]), strings.Replace(crlf(parts[1]), "a=ice-ufrag:", "a=ice-ufrag:x", -1))
	}
	f.Add(peerOffer(1, "abcd", "audio", "video"), peerOffer(2, "wxyz", "audio-", "video!", "video"))
	f.Fuzz(func(t *testing.T, first, second string) {
		a := newTestAgent(t, func(c *Config) { c.Classic, c.Strict, c.DataChannels, c.NumVideoMedias = false, false, true, 2 })
		for _, text := range []string{first, second, "", first} {
			own, err := "", error(nil)
			if text == "" {
				own, err = a.GenerateOffer(OfferOptions{OfferToReceiveAudio: true, ICERestart: true})
			} else {
				own, err = a.ProcessOffer(text)
			}
			if err != nil {
				continue
			}
			d := checkDescription(t, own)
			s, ok := a.Negotiated()
			if text == "" {
				if ok && len(d.sections) < len(s.Media) {
					t.Errorf("%d m-lines are offered, %d are there", len(d.sections), len(s.Media))
				}
				continue
			}
			if !ok || len(s.Media) != len(d.sections) {
				t.Fatalf("session %+v of %d m-lines", s, len(d.sections))
			}
			seen := map[uint32]bool{}
			for _, m := range s.Media {
				for _, ssrc := range []uint32{m.SSRC, m.RTXSSRC} {
					if ssrc != 0 && seen[ssrc] {
						t.Errorf("ssrc %d is used twice", ssrc)
					}
					seen[ssrc] = true
				}
				if !m.Rejected && (m.Transport >= len(s.Transports) || len(s.Transports[m.Transport].MIDs) == 0) {
					t.Errorf("m-line %+v has no transport among %+v", m, s.Transports)
				}
			}
		}
	})
}

// peersOwn gives an answer what peerOffer says of the peer's transport.
func peersOwn(answer string) string {
	answer = regexp.MustCompile(`a=ice-pwd:\S+`).ReplaceAllString(answer, "a=ice-pwd:0123456789abcdef0123456789")
	answer = regexp.MustCompile(`sha-256 \S+`).ReplaceAllString(answer, "sha-256 AA:BB")
	return strings.NewReplacer("ufrag:peer", "ufrag:abcd", "setup:active", "setup:passive").Replace(answer)
}

// An m-line that was closed is used again with another mid, and comes first in a group that goes on.
func TestRecycledLineStaysInTheGroup(t *testing.T) {
	a := modernAgent(t)
	_, before := mustAnswer(t, a, peerOffer(1, "abcd", "audio", "video"))
	mustAnswer(t, a, strings.Replace(peerOffer(2, "abcd", "audio-", "video"), "BUNDLE 0 1", "BUNDLE 1", 1))
	again := strings.NewReplacer("BUNDLE 0 1", "BUNDLE 1 2", "a=mid:0", "a=mid:2").Replace(peerOffer(3, "abcd", "audio", "video"))
	d, s := mustAnswer(t, a, again)
	if s.Media[0].Rejected || s.Media[0].Transport != 0 || s.Media[1].Transport != 0 || len(s.Transports) != 1 {
		t.Errorf("session %+v", s)
	}
	if s.Media[0].SSRC == before.Media[0].SSRC {
		t.Error("the new m-line has the ssrc of the one that was closed")
	}
	if mid := d.sections[0].mid(); mid != "2" {
		t.Errorf("mid %q", mid)
	}
}

// A transport that was out of use has had an association already: the next one needs another.
func TestTransportOutOfUseIsMadeAnew(t *testing.T) {
	made := 0
	local := testLocal()
	local.Transport = func(i int) (Credentials, error) {
		made++
		return Credentials{Ufrag: fmt.Sprintf("made%d", made), Pwd: "0123456789abcdef0123456789"}, nil
	}
	c := webrtcConfig()
	c.Classic, c.Strict = false, false
	a, err := NewAgent(c, local)
	if err != nil {
		t.Fatal(err)
	}
	unbundled := func(offer string) string {
		return strings.Replace(offer, "a=group:BUNDLE 0 1\r\n", "", 1)
	}
	mustAnswer(t, a, unbundled(peerOffer(1, "abcd", "audio", "video")))
	mustAnswer(t, a, unbundled(peerOffer(2, "abcd", "audio", "video-")))
	d, s := mustAnswer(t, a, unbundled(strings.Replace(peerOffer(3, "abcd", "audio", "video"), "a=mid:1", "a=mid:9", 1)))
	if ufrag, _ := d.sections[1].attrs.get("ice-ufrag"); ufrag != "made3" || s.Media[1].Transport != 1 || made != 3 {
		t.Errorf("ufrag %q, %d made, session %+v", ufrag, made, s)
	}
}

// What a connection cannot do is refused before anything has changed.
func TestImpossibleLaterDescriptionsAreRefused(t *testing.T) {
	a := modernAgent(t)
	mustAnswer(t, a, strings.ReplaceAll(peerOffer(1, "abcd", "audio"), "AA:BB", "AA:BB\r\na=fingerprint:sha-1 11:22"))
	good := strings.ReplaceAll(peerOffer(2, "wxyz", "audio"), "AA:BB", "AA:BB\r\na=fingerprint:sha-1 11:22")
	for name, offer := range map[string]string{
		"other role":          strings.ReplaceAll(good, "actpass", "active"),
		"another certificate": strings.ReplaceAll(good, "sha-1 11:22", "sha-1 11:33"),
		"one certificate":     peerOffer(2, "wxyz", "audio"),
		"no fingerprint":      strings.ReplaceAll(good, "a=fingerprint", "a=nothing"),
		"no credentials":      strings.ReplaceAll(good, "a=ice-", "a=nothing-"),
		"two meanings": strings.ReplaceAll(strings.ReplaceAll(peerOffer(2, "wxyz", "audio", "video"),
			"AA:BB", "AA:BB\r\na=fingerprint:sha-1 11:22"), "111", "96"),
	} {
		if _, err := a.ProcessOffer(offer); !errors.Is(err, ErrProcessOffer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, _ := mustAnswer(t, a, good)
	if ufrag, _ := d.sections[0].attrs.get("ice-ufrag"); ufrag != "again0" {
		t.Errorf("ufrag %q", ufrag)
	}
}

func TestAnswerCannotRestartByItself(t *testing.T) {
	a := modernAgent(t)
	mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	offer, err := a.GenerateOffer(OfferOptions{OfferToReceiveAudio: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ProcessAnswer(strings.Replace(peersOwn(answerTo(offer, 2)), "ufrag:abcd", "ufrag:other", 1)); !errors.Is(err, ErrProcessAnswer) {
		t.Errorf("answer with new credentials: %v", err)
	}
}

func TestOfferThatFailsLeavesOurs(t *testing.T) {
	a := modernAgent(t)
	mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	offer, err := a.GenerateOffer(OfferOptions{OfferToReceiveAudio: true, ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.ProcessOffer("garbage"); err == nil {
		t.Fatal("garbage is an offer")
	}
	if err := a.ProcessAnswer(peersOwn(answerTo(offer, 2))); err != nil {
		t.Errorf("answer to the offer that waited: %v", err)
	}
}

func TestUndoneExchangeMayBeRepeated(t *testing.T) {
	a := modernAgent(t)
	a.Undo() // there is none
	mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	a.Undo()
	if _, ok := a.Negotiated(); ok {
		t.Error("it is agreed upon still")
	}
	_, before := mustAnswer(t, a, peerOffer(1, "abcd", "audio"))
	mustAnswer(t, a, peerOffer(2, "abcd", "audio", "video"))
	a.Undo()
	if s, ok := a.Negotiated(); !ok || len(s.Media) != len(before.Media) {
		t.Errorf("session %+v", s)
	}
	mustAnswer(t, a, peerOffer(2, "abcd", "audio", "video"))
	offer, err := a.GenerateOffer(DefaultOfferOptions())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ProcessAnswer(peersOwn(answerTo(offer, 3))); err != nil {
		t.Fatal(err)
	}
	a.Undo()
	mustAnswer(t, a, peerOffer(4, "abcd", "audio", "video"))
}

// What was only received until now is offered with all that a stream of ours needs.
func TestOwnOfferTurnsALineRound(t *testing.T) {
	a := newTestAgent(t, func(c *Config) { c.Classic, c.Strict = false, false })
	a.local.StreamID = "stream"
	rtx := strings.Replace(peerOffer(1, "abcd", "video"), "SAVPF 95", "SAVPF 95 97", 1)
	rtx = strings.Replace(rtx, "a=sendrecv", "a=sendonly\r\na=rtcp-fb:95 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=95", 1)
	mustAnswer(t, a, rtx)
	offer, err := a.GenerateOffer(OfferOptions{OfferToReceiveVideo: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a=msid:stream", "a=ssrc-group:FID", "a=sendrecv"} {
		if strings.Count(offer, want) != 1 {
			t.Errorf("%s is not there once:\n%s", want, offer)
		}
	}
	if err := a.ProcessAnswer(peersOwn(answerTo(offer, 2))); err == nil {
		if s, _ := a.Negotiated(); s.Media[0].RTXSSRC == 0 || !s.Media[0].Send {
			t.Errorf("session %+v", s)
		}
	} else {
		t.Error(err)
	}
}

func TestLayersOfHostileLists(t *testing.T) {
	for list, want := range map[string]string{
		"send hi;hi;lo":         "[hi lo]",
		"send ~hi,lo;lo":        "[hi lo]",
		"send hi;hi":            "[]",
		"send ;;,;~;hi;lo":      "[hi lo]",
		"recv hi;lo":            "[]",
		"send none;other;hi;lo": "[hi lo]",
		"send":                  "[]",
		"recv x send hi;lo":     "[hi lo]",
		"send " + strings.Repeat("x;", 100000) + "hi;lo": "[]",
	} {
		s := section{attrs: attributes{{name: "simulcast", value: list}}}
		for _, rid := range []string{"hi send", "lo send", "", "x"} {
			s.attrs = append(s.attrs, attribute{name: "rid", value: rid})
		}
		if got := fmt.Sprint(s.layers()); got != want {
			t.Errorf("%.30q: %s, want %s", list, got, want)
		}
	}
}

// A browser's numbers go up to the last one.
func TestOwnOfferFindsPayloadTypesBetweenThosePeersUse(t *testing.T) {
	a := newTestAgent(t, func(c *Config) { c.Classic, c.Strict = false, false })
	mustAnswer(t, a, strings.ReplaceAll(peerOffer(1, "abcd", "video"), "95", "127"))
	offer, err := a.GenerateOffer(DefaultOfferOptions())
	if err != nil {
		t.Fatal(err)
	}
	if d := checkDescription(t, offer); len(d.sections) != 2 || slices.Contains(d.sections[1].formats, "127") {
		t.Errorf("offer\n%s", offer)
	}
}
