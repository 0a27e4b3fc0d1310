package sdp

import (
	"slices"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

func modern(c *Config) { c.Classic, c.Strict = false, false }

// eventsAgreed has one agent offer and another answer, and returns what each believes.
func eventsAgreed(t *testing.T, offerer, answerer func(*Config), change func(answer string) string) (offered, answered []Codec) {
	t.Helper()
	a, b := newTestAgent(t, offerer), newTestAgent(t, answerer)
	offer, err := a.GenerateOffer(DefaultOfferOptions())
	if err != nil {
		t.Fatal(err)
	}
	checkWellFormed(t, offer)
	answer, err := b.ProcessOffer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ProcessAnswer(change(answer)); err != nil {
		t.Fatal(err)
	}
	ours, _ := a.Negotiated()
	theirs, _ := b.Negotiated()
	return ours.Media[0].Events, theirs.Media[0].Events
}

// Telephone events are agreed upon when both sides know them, one payload type for each clock of the voice.
func TestTelephoneEvents(t *testing.T) {
	same := func(answer string) string { return answer }
	a, b := eventsAgreed(t, modern, modern, same)
	var clocks []uint32
	for _, e := range a {
		clocks = append(clocks, e.Format.ClockRate)
	}
	if !slices.Equal(clocks, []uint32{48000, 8000}) || !slices.Equal(a, b) || a[0].Format != media.EventFormat(48000) {
		t.Errorf("agreed on %+v and %+v", a, b)
	}
	if a, b := eventsAgreed(t, modern, nil, same); a != nil || b != nil {
		t.Errorf("with one that is as Kurento: %+v and %+v", a, b)
	}
	if a, b := eventsAgreed(t, nil, modern, same); a != nil || b != nil {
		t.Errorf("with one that is as Kurento: %+v and %+v", a, b)
	}
	first := func(answer string) string { // the other was not taken
		return strings.Replace(answer, "telephone-event/8000", "rubbish/8000", 1)
	}
	if a, _ := eventsAgreed(t, modern, modern, first); len(a) != 1 || a[0].Format.ClockRate != 48000 {
		t.Errorf("agreed on %+v", a)
	}
}

// Payload types of events stay what they are in later offers.
func TestTelephoneEventsInALaterOffer(t *testing.T) {
	a, b := newTestAgent(t, modern), newTestAgent(t, modern)
	var before []Codec
	for i := range 2 {
		offer, err := a.GenerateOffer(DefaultOfferOptions())
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.ProcessOffer(offer)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.ProcessAnswer(answer); err != nil {
			t.Fatal(err)
		}
		s, _ := a.Negotiated()
		if now := s.Media[0].Events; i > 0 && !slices.Equal(now, before) || len(now) != 2 {
			t.Errorf("%+v, before %+v", now, before)
		} else {
			before = now
		}
	}
}

func TestTelephoneEventTypes(t *testing.T) {
	offer := strings.Replace(smallOffer(""), "SAVPF 111", "SAVPF 111 101 102 103 104", 1) +
		"a=rtpmap:101 Telephone-Event/8000/1\r\na=rtpmap:102 telephone-event/8000\r\na=rtpmap:103 telephone-event/8000/2\r\na=rtpmap:104 telephone-event\r\n"
	a := newTestAgent(t, modern)
	if _, err := a.ProcessOffer(offer); err != nil {
		t.Fatal(err)
	}
	s, _ := a.Negotiated()
	if want := []Codec{{PayloadType: 101, Format: media.EventFormat(8000)}}; !slices.Equal(s.Media[0].Events, want) {
		t.Errorf("agreed on %+v, want %+v", s.Media[0].Events, want)
	}
}
