package sdp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

var goodCandidates = []string{
	"candidate:1 1 UDP 2013266431 192.0.2.7 50000 typ host",
	"a=candidate:842163049 1 udp 1677729535 203.0.113.9 50000 typ srflx raddr 192.0.2.7 rport 50000 generation 0 ufrag Xb7q network-cost 999",
	"candidate:2 1 tcp 1015021823 2001:db8::7 9 typ host tcptype active",
	"candidate:3 2 udp 1 0a1b2c3d-0000-4000-8000-000000000000.local 46243 typ host",
	"  4   1  udp 1 198.51.100.2 3478 typ relay raddr 0.0.0.0 rport 0 ",
}

var badCandidates = []string{
	"", "garbage", "candidate:", "candidate:1 1 UDP 1 192.0.2.7 50000 typ", "candidate:1 1 UDP 1 192.0.2.7 50000 of host",
	"candidate:1 0 UDP 1 192.0.2.7 50000 typ host", "candidate:1 256 UDP 1 192.0.2.7 50000 typ host",
	"candidate:1 1 UDP 4294967296 192.0.2.7 50000 typ host", "candidate:1 1 UDP 1 192.0.2.7 65536 typ host",
	"candidate:1 1 UDP 1 192.0.2.7 50000 typ host " + strings.Repeat("x", maxCandidateBytes),
}

func TestParseCandidate(t *testing.T) {
	for _, text := range goodCandidates {
		c, err := ParseCandidate(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		again, err := ParseCandidate(c.String())
		if err != nil || again != c {
			t.Errorf("%q is written as %q and then read as %+v, %v", text, c, again, err)
		}
	}
	c, _ := ParseCandidate(goodCandidates[1])
	want := Candidate{
		Foundation: "842163049", Component: 1, Protocol: "udp", Priority: 1677729535,
		Address: "203.0.113.9", Port: 50000, Type: "srflx", text: goodCandidates[1][len("a=candidate:"):],
	}
	if c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
	for _, text := range badCandidates {
		if _, err := ParseCandidate(text); !errors.Is(err, ErrCandidate) {
			t.Errorf("%q: %v, want %v", text, err, ErrCandidate)
		}
	}
}

// TestLocalCandidates: each candidate is raised for each m-line, shows in the local
// description at once, and the default one in m=, c= and a=rtcp after gathering.
func TestLocalCandidates(t *testing.T) {
	a := newTestAgent(t, nil)
	if _, err := a.AddLocalCandidate(0, goodCandidates[0]); !errors.Is(err, ErrNoLocalSDP) {
		t.Errorf("before a description: %v, want %v", err, ErrNoLocalSDP)
	}
	if _, err := a.ProcessOffer(smallOffer("VP8/90000")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.AddLocalCandidate(0, "garbage"); !errors.Is(err, ErrCandidate) {
		t.Errorf("garbage: %v, want %v", err, ErrCandidate)
	}
	for _, text := range []string{goodCandidates[2], goodCandidates[0], goodCandidates[1]} {
		raised, err := a.AddLocalCandidate(0, strings.TrimPrefix(text, "candidate:"))
		if err != nil {
			t.Fatal(err)
		}
		text = strings.TrimPrefix(text, "a=")
		if want := []IceCandidate{{text, "0", 0}, {text, "1", 1}}; fmt.Sprint(raised) != fmt.Sprint(want) {
			t.Errorf("raised %v, want %v", raised, want)
		}
	}
	before, _ := a.LocalSDP()
	checkWellFormed(t, before)
	a.EndLocalCandidates(0)
	after, _ := a.LocalSDP()
	checkWellFormed(t, after)
	for i, kind := range []string{"audio", "video"} {
		m := mline(t, before, i)
		if !strings.HasPrefix(m, "m="+kind+" 1 ") || strings.Count(m, "a=candidate:") != 3 || !strings.Contains(m, "a=rtcp:9 IN IP4 0.0.0.0\r\n") {
			t.Errorf("while gathering:\n%s", m)
		}
		m = mline(t, after, i)
		if !strings.HasPrefix(m, "m="+kind+" 50000 ") || !strings.Contains(m, "\r\nc=IN IP4 203.0.113.9\r\n") ||
			!strings.Contains(m, "a=rtcp:50000 IN IP4 203.0.113.9\r\n") {
			t.Errorf("after gathering:\n%s", m)
		}
	}
	if !strings.Contains(before, "\r\nc=IN IP4 0.0.0.0\r\nt=") || strings.Contains(after, "0.0.0.0\r\nt=") {
		t.Errorf("c= of the session: before\n%s\nafter\n%s", before, after)
	}
}

func TestRefusedLinesHaveNoCandidates(t *testing.T) {
	a := newTestAgent(t, nil)
	if _, err := a.ProcessOffer(smallOffer("H265/90000")); err != nil {
		t.Fatal(err)
	}
	if raised, err := a.AddLocalCandidate(0, goodCandidates[0]); err != nil || len(raised) != 1 || raised[0].SDPMid != "0" {
		t.Errorf("raised %v, %v", raised, err)
	}
	a.EndLocalCandidates(0)
	text, _ := a.LocalSDP()
	checkWellFormed(t, text)
	if m := mline(t, text, 1); strings.Contains(m, "candidate") || strings.Contains(m, "c=") {
		t.Errorf("refused m-line:\n%s", m)
	}
	if !strings.Contains(text, "c=IN IP4 0.0.0.0\r\nt=") {
		t.Errorf("the refused m-line has no c= and the session neither:\n%s", text)
	}
}

func TestDefaultCandidate(t *testing.T) {
	const (
		host4  = "1 1 udp 5 192.0.2.7 1 typ host"
		host6  = "2 1 udp 9 2001:db8::7 2 typ host"
		relay4 = "3 1 udp 1 198.51.100.2 3 typ relay"
		tcp    = "4 1 tcp 9 192.0.2.7 4 typ host tcptype passive"
		rtcp   = "5 2 udp 9 192.0.2.7 5 typ host"
		name   = "6 1 udp 9 x.local 6 typ host"
	)
	for _, c := range []struct {
		list []string
		want int // port
	}{
		{nil, 0}, {[]string{tcp, rtcp, name}, 0}, {[]string{tcp, host4, host6}, 1}, {[]string{host6, tcp}, 2}, {[]string{host4, relay4, host6}, 3},
	} {
		var list []Candidate
		for _, text := range c.list {
			cand, err := ParseCandidate(text)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, cand)
		}
		if got, ok := defaultCandidate(list); got.Port != c.want || ok != (c.want > 0) {
			t.Errorf("%v: %v", c.list, got)
		}
	}
}

// TestRemoteCandidates: which are for the ICE agent, when, and where they show.
func TestRemoteCandidates(t *testing.T) {
	good := goodCandidates[0]
	a := newTestAgent(t, nil)
	add := func(mid string, index int, text string) string {
		c, transport, err := a.AddRemoteCandidate(IceCandidate{Candidate: text, SDPMid: mid, SDPMLineIndex: index})
		switch {
		case errors.Is(err, ErrAddCandidate):
			return "error"
		case err != nil:
			t.Errorf("unknown error %v", err)
		case transport == 0 && c.String() == strings.TrimPrefix(text, "a="):
			return "use"
		}
		return ""
	}
	early := strings.Replace(good, "50000", "40000", 1)
	for _, mid := range []string{"0", "nobody"} { // nothing is known yet, so nothing is wrong
		if got := add(mid, 99, early); got != "" {
			t.Errorf("before the description: %q", got)
		}
	}
	offer := smallOffer("VP8/90000") + "m=video 9 RTP/SAVPF 99\r\na=mid:2\r\na=rtpmap:99 H265/90000\r\n"
	if _, err := a.ProcessOffer(offer); err != nil {
		t.Fatal(err)
	}
	s, _ := a.Negotiated()
	if got := fmt.Sprint(s.Transports[0].Candidates); got != "["+early+"]" {
		t.Errorf("candidates of the session %s, want the early one", got)
	}
	for _, c := range []struct {
		mid   string
		index int
		text  string
		want  string
	}{
		{"0", 0, good, "use"},
		{"1", 0, goodCandidates[1], "use"},
		{"", 1, goodCandidates[2], "use"},
		{"nobody", 1, good, "use"},
		{"", 256, good, "use"}, // 8 bits of the index count
		{"nobody", 7, good, "error"},
		{"", -1, good, "error"},
		{"0", 0, "garbage", ""},
		{"nobody", 7, "", ""},
		{"2", 2, good, ""},              // refused
		{"0", 0, goodCandidates[3], ""}, // RTCP's own component
	} {
		if got := add(c.mid, c.index, c.text); got != c.want {
			t.Errorf("%q %d %q: %q, want %q", c.mid, c.index, c.text, got, c.want)
		}
	}
	text, err := a.RemoteSDP()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4, 3, 0} {
		if m := mline(t, text, i); strings.Count(m, "\r\na=candidate:") != want {
			t.Errorf("m-line %d, want %d candidates:\n%s", i, want, m)
		}
	}
	for range maxCandidates {
		add("0", 0, good)
	}
	if got := add("0", 0, good); got != "error" {
		t.Errorf("candidate too many: %q", got)
	}
}

func TestEarlyCandidatesAreBounded(t *testing.T) {
	a := newTestAgent(t, nil)
	for i := range maxCandidates + 1 {
		_, _, err := a.AddRemoteCandidate(IceCandidate{Candidate: goodCandidates[0]})
		if full := i == maxCandidates; full != errors.Is(err, ErrAddCandidate) {
			t.Fatalf("candidate %d: %v", i, err)
		}
	}
}

// TestOfferersMids: a browser that answers our offer may name m-lines by our mids or by its own.
func TestOfferersMids(t *testing.T) {
	a := newTestAgent(t, nil)
	if _, err := a.GenerateOffer(DefaultOfferOptions()); err != nil {
		t.Fatal(err)
	}
	answer := strings.NewReplacer("111", "96", "UDP/TLS/RTP/SAVPF", "RTP/SAVPF").Replace(smallOffer(""))
	if err := a.ProcessAnswer(answer); err != nil {
		t.Fatal(err)
	}
	for mid, want := range map[string]bool{"audio0": true, "0": true, "video0": false} { // there is no video in the answer
		if _, transport, err := a.AddRemoteCandidate(IceCandidate{Candidate: goodCandidates[0], SDPMid: mid, SDPMLineIndex: 200}); transport >= 0 != want || err != nil {
			t.Errorf("mid %q: %d, %v", mid, transport, err)
		}
	}
}
