package whip

import (
	"github.com/rivero-media/rivero/elements/named"
	"slices"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/elements/elementtest"
)

const offerText = "v=0\r\na=group:BUNDLE 0\r\nm=audio 9 X 0\r\na=mid:0\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\na=candidate:old\r\n"

// The only double of a rig with one session.
func (r *rig) endpoint() *double {
	for _, o := range r.p.Children() {
		if d, ok := o.(*double); ok {
			return d
		}
	}
	r.t.Fatal("no endpoint")
	return nil
}

// Candidates that a peer finds later reach the endpoint; what is not for the present ICE session is refused.
func TestTrickle(t *testing.T) {
	r := newRig(t, named.Settings{Access: named.AccessLoopback})
	created, _ := r.do("POST", "/whip/the%20stage", offerText)
	at, tag := created.Header.Get("Location"), created.Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || created.Header.Get("Accept-Patch") != fragmentType {
		t.Fatalf("%v", created.Header)
	}
	const two = "a=ice-ufrag:a\r\na=ice-pwd:b\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp\r\na=candidate:2 1 udp\r\na=end-of-candidates\r\n"
	for _, c := range []struct {
		name, body, kind, match string
		want                    int
	}{
		{"another type", two, "application/sdp", tag, 415},
		{"no condition", two, fragmentType, "", 428},
		{"another session", two, fragmentType, `"x"`, 412},
		{"nonsense", "hello", fragmentType, tag, 400},
		{"half of the credentials", "a=ice-ufrag:a\r\n", fragmentType, tag, 400},
		{"two credentials", "a=ice-ufrag:a\r\na=ice-ufrag:c\r\n", fragmentType, tag, 400},
		{"new credentials", "a=ice-ufrag:c\r\na=ice-pwd:d\r\n", fragmentType, tag, 400},
		{"too many", strings.Repeat("a=candidate:1\r\n", maxCandidates+1), fragmentType, tag, 400},
		{"a large one", strings.Repeat("a=x:1\r\n", maxOffer), fragmentType, tag, 413},
		{"candidates", two, fragmentType, tag, 204},
		{"one without m-line", "a=candidate:3 1 udp\r\n", fragmentType, "*", 204},
		{"the end of candidates", "a=ice-ufrag:a\r\na=ice-pwd:b\r\na=end-of-candidates\r\n", fragmentType, tag, 204},
	} {
		header := []string{"Content-Type", c.kind}
		if c.match != "" {
			header = append(header, "If-Match", c.match)
		}
		if answer, text := r.do("PATCH", at, c.body, header...); answer.StatusCode != c.want || c.want == 204 && answer.Header.Get("ETag") != tag {
			t.Errorf("%s: %v %s %v", c.name, answer.Status, text, answer.Header)
		}
	}
	d := r.endpoint()
	d.mu.Lock()
	defer d.mu.Unlock()
	if want := []string{"0 0 candidate:1 1 udp", "0 0 candidate:2 1 udp", " 0 candidate:3 1 udp"}; !slices.Equal(d.candidates, want) || d.offers != 1 {
		t.Errorf("%q, %d offers", d.candidates, d.offers)
	}
}

// New credentials restart ICE: the answer has those of the endpoint, and the ICE session another name.
func TestRestart(t *testing.T) {
	r := newRig(t, named.Settings{Access: named.AccessLoopback})
	created, _ := r.do("POST", "/whep/the%20stage", offerText)
	at, tag := created.Header.Get("Location"), created.Header.Get("ETag")
	answer, text := r.do("PATCH", at, "a=ice-ufrag:c\r\na=ice-pwd:d\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:new\r\n", "Content-Type", fragmentType, "If-Match", "*")
	want := "a=ice-ufrag:u2\r\na=ice-pwd:p\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:1\r\na=end-of-candidates\r\n"
	if answer.StatusCode != 200 || text != want || answer.Header.Get("Content-Type") != fragmentType || answer.Header.Get("ETag") == tag {
		t.Errorf("%v %q %v", answer.Status, text, answer.Header)
	}
	if answer, _ := r.do("PATCH", at, "a=candidate:late\r\n", "Content-Type", fragmentType, "If-Match", tag); answer.StatusCode != 412 {
		t.Errorf("with the name of before: %v", answer.Status)
	}
	s := r.handler.session(receives, "the stage", at[strings.LastIndexByte(at, '/')+1:])
	if want := strings.NewReplacer("ufrag:a", "ufrag:c", "pwd:b", "pwd:d", "a=candidate:old\r\n", "").Replace(offerText); s.offer != want {
		t.Errorf("offered %q", s.offer)
	}
	elementtest.Eventually(t, "the candidate", func() bool {
		d := r.endpoint()
		d.mu.Lock()
		defer d.mu.Unlock()
		return slices.Equal(d.candidates, []string{"0 0 candidate:new"})
	})
}

func FuzzFragment(f *testing.F) {
	f.Add("a=ice-ufrag:a\r\na=ice-pwd:b\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp\r\na=end-of-candidates\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		fragment, err := parseFragment(text)
		if err != nil {
			return
		}
		if len(fragment.candidates) > maxCandidates {
			t.Fatal("too many candidates")
		}
		again, err := parseFragment(fragment.renewed(offerText))
		if fragment.ufrag != "" && (err != nil || again.ufrag != fragment.ufrag || again.pwd != fragment.pwd || len(again.candidates) != 0) {
			t.Fatalf("%+v: %+v %v", fragment, again, err)
		}
		if _, err := parseFragment(fragmentOf(text)); err != nil && fragment.ufrag != "" {
			t.Fatal(err)
		}
	})
}
