package sdp

import (
	"strings"
	"testing"
)

// checkDescription reads a description of ours as a peer would.
func checkDescription(t *testing.T, text string) *description {
	t.Helper()
	checkWellFormed(t, text)
	d, err := parse(text)
	if err != nil {
		t.Fatalf("%v in our own\n%s", err, text)
	}
	return d
}

// checkSession checks what holds whatever a peer says.
func checkSession(t *testing.T, a *Agent, own, peer *description) {
	t.Helper()
	s, ok := a.Negotiated()
	if !ok || len(s.Media) != len(own.sections) {
		t.Fatalf("session of %d m-lines: %+v", len(own.sections), s)
	}
	for i, m := range s.Media {
		switch {
		case m.Rejected:
		case m.Transport >= len(s.Transports), m.Index != i, m.Kind != 2 && len(m.Codecs) == 0, len(m.RemoteSSRCs) > maxSSRCs:
			t.Errorf("accepted m-line %+v", m)
		}
	}
	remote, err := a.RemoteSDP()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parse(remote); err != nil || len(again.sections) != len(peer.sections) {
		t.Errorf("remote description is read as %+v, %v\n%s", again, err, remote)
	}
}

func FuzzProcessOffer(f *testing.F) {
	for _, file := range offerFiles(f) {
		parts, _ := readCase(f, file)
		f.Add(crlf(parts[1]), goodCandidates[0])
	}
	f.Add("garbage", "garbage")
	f.Fuzz(func(t *testing.T, text, candidate string) {
		a := newTestAgent(t, func(c *Config) { c.DataChannels, c.NumVideoMedias = true, 2 })
		if _, _, err := a.AddRemoteCandidate(IceCandidate{Candidate: candidate, SDPMid: "0"}); err != nil {
			t.Errorf("early candidate %q: %v", candidate, err)
		}
		answer, err := a.ProcessOffer(text)
		if err != nil {
			return
		}
		offer, err := parse(text)
		if err != nil {
			t.Fatalf("%v in an offer that was answered", err)
		}
		d := checkDescription(t, answer)
		if len(d.sections) != len(offer.sections) {
			t.Fatalf("%d m-lines answered with %d", len(offer.sections), len(d.sections))
		}
		for i := range d.sections {
			if d.sections[i].media != offer.sections[i].media || d.sections[i].proto != offer.sections[i].proto {
				t.Errorf("m-line %d %+v answered with %+v", i, offer.sections[i], d.sections[i])
			}
		}
		checkSession(t, a, d, offer)
		if _, err := a.AddLocalCandidate(0, candidate); err == nil {
			a.EndLocalCandidates(0)
			local, err := a.LocalSDP()
			if err != nil {
				t.Fatal(err)
			}
			checkDescription(t, local)
		}
	})
}

func FuzzProcessAnswer(f *testing.F) {
	for _, file := range offerFiles(f) {
		parts, _ := readCase(f, file)
		f.Add(strings.NewReplacer("96", "104", "111", "96").Replace(crlf(parts[1])))
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := newTestAgent(t, func(c *Config) { c.DataChannels = true })
		offer, err := a.GenerateOffer(DefaultOfferOptions())
		if err != nil {
			t.Fatal(err)
		}
		if a.ProcessAnswer(text) != nil {
			return
		}
		answer, err := parse(text)
		if err != nil {
			t.Fatalf("%v in an answer that was taken", err)
		}
		checkSession(t, a, checkDescription(t, offer), answer)
	})
}

func FuzzParseCandidate(f *testing.F) {
	for _, text := range append(badCandidates, goodCandidates...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCandidate(text)
		if err != nil {
			return
		}
		if again, err := ParseCandidate(c.String()); err != nil || again != c || strings.ContainsAny(c.String(), "\r\n") {
			t.Errorf("%q is written as %q and then read as %+v, %v", text, c, again, err)
		}
	})
}
