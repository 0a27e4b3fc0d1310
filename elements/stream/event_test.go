package stream

import (
	"slices"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// eventsOf is a payload type of telephone events.
func eventsOf(pt uint8, clockRate uint32) Codec {
	return Codec{PayloadType: pt, Format: media.EventFormat(clockRate)}
}

func withEvents(events ...Codec) func([]Line) {
	return func(lines []Line) { lines[1].Events = events }
}

// A digit that a peer dials reaches one that takes such, as its payload type, between the packets of the voice; one that does
// not finds no hole.
func TestTelephoneEventsArePassedOn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events []Codec
		want   uint8 // payload type, 0: none comes
		first  []byte
	}{
		{"of other types", []Codec{eventsOf(97, 8000), eventsOf(98, 48000)}, 98, []byte{5, 10, 3, 192}},
		{"of another clock alone", []Codec{eventsOf(97, 8000)}, 97, []byte{5, 10, 0, 160}},
		{"none", nil, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			publisher := newBench(t, withEvents(eventsOf(126, 8000), eventsOf(110, 48000)))
			viewer := newBench(t, withEvents(tt.events...))
			p := newPublisher(opus.PayloadType, 77)
			at := time.Hour
			voice := func() {
				p.h.PayloadType, p.h.Marker = opus.PayloadType, false
				p.h.Timestamp += 960
				at += 20 * time.Millisecond
				p.send(publisher.Session, at, []byte{0xfc, 1, 2})
			}
			digit := func(pt uint8, marker bool, payload ...byte) {
				p.h.PayloadType, p.h.Marker = pt, marker
				p.send(publisher.Session, at, payload)
			}
			voice()
			route(publisher.audio.Output(), viewer.audioOut)
			format := publisher.audio.Output().Format()
			voice()
			digit(110, true, 5, 10, 3, 192)
			digit(126, false, 5, 10, 1, 64) // Firefox: of another clock than the voice
			voice()
			voice()
			if publisher.audio.Output().Format() != format {
				t.Error("an event has changed the format of the voice")
			}
			sent := viewer.wire.takeRTP()
			types, events := []uint8{}, 0
			for i, s := range sent {
				types = append(types, s.h.PayloadType)
				if want := sent[0].h.SequenceNumber + uint16(i); s.h.SequenceNumber != want {
					t.Errorf("packet %d has number %d, want %d", i, s.h.SequenceNumber, want)
				}
				if s.h.PayloadType == tt.want {
					events++
					if s.h.Timestamp != sent[0].h.Timestamp || s.h.Marker != (events == 1) || events == 1 && !slices.Equal(s.payload, tt.first) {
						t.Errorf("event %+v % x", s.h, s.payload)
					}
				}
			}
			want := []uint8{opus.PayloadType, tt.want, tt.want, opus.PayloadType, opus.PayloadType}
			if tt.want == 0 {
				want = []uint8{opus.PayloadType, opus.PayloadType, opus.PayloadType}
			}
			if !slices.Equal(types, want) {
				t.Errorf("payload types %v, want %v", types, want)
			}
			if after := sent[len(sent)-1].h.Timestamp - sent[0].h.Timestamp; after != 2*960 {
				t.Errorf("the voice goes on %d later, want %d", after, 2*960)
			}
		})
	}
}

// Events that come before the voice have no clock to stand on.
func TestTelephoneEventsWithoutVoice(t *testing.T) {
	b := newBench(t, withEvents(eventsOf(110, 48000)))
	var got sink
	b.audio.Output().SetRoutes([]media.Route{{Sink: &got}})
	p := newPublisher(110, 77)
	p.send(b.Session, time.Hour, []byte{5, 10, 3, 192})
	if len(got.got) != 0 || b.audio.Output().Format() != nil {
		t.Errorf("%d packets, format %v", len(got.got), b.audio.Output().Format())
	}
}

func TestTelephoneEventTypesAreChecked(t *testing.T) {
	r := NewReceiver(media.Audio, nil, nil)
	for _, events := range [][]Codec{{eventsOf(200, 8000)}, {eventsOf(audioPT, 48000)}, {vp8}} {
		if _, err := newTable([]Line{{SSRC: 1, Receiver: r, Receive: []Codec{opus}, Events: events}}); err == nil {
			t.Errorf("taken: %+v", events)
		}
	}
}
