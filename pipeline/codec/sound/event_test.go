package sound

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/codec"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// packed is the format of a codec's RTP payloads.
func packed(name string) media.Format {
	f := frames(name)
	f.Packed = true
	return f
}

// wire keeps what comes out of a chain as RTP.
type wire struct {
	mu  sync.Mutex
	got []media.Packet
}

func (w *wire) Write(p *media.Packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := *p
	c.Data = slices.Clone(p.Data)
	w.got = append(w.got, c)
}

// A digit of the telephone comes through each conversion as an event of the stream that is made: in its sequence, on its
// clock, in its place.
func TestTelephoneEvents(t *testing.T) {
	table := codec.Steps{codecrtp.Steps(codecrtp.MTU), Steps}
	for _, pair := range [][2]string{{media.Opus, media.PCMU}, {media.PCMA, media.Opus}, {media.PCMU, media.PCMA}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			have, want := packed(pair[0]), packed(pair[1])
			c := newChainBy(t, table, have, want, codec.Want{})
			var out wire
			c.nodes[len(c.nodes)-1].Output().SetRoutes([]media.Route{{Sink: &out}})
			number := uint16(100)
			send := func(format *media.Format, pts time.Duration, timestamp time.Duration, marker bool, data []byte) {
				number++
				c.out.Write(&media.Packet{
					Format: format, PTS: pts, Key: true, Data: data, Burst: &c.burst,
					RTP: rtp.Header{SSRC: 7, SequenceNumber: number, Timestamp: uint32(lasting(timestamp, have.ClockRate)), Marker: marker},
				})
			}
			events := media.EventFormat(have.ClockRate)
			tone := encodeTone(t, pair[0], 500, 40)
			for i, data := range tone {
				at := time.Second + time.Duration(i)*frameTime
				if i < 10 || i >= 20 {
					send(c.out.Format(), at, at, false, data)
					continue
				}
				// Digit 5 from frame 10 on; its packets have the timestamp of the first, and say how long it lasts so far.
				begin := time.Second + 10*frameTime
				length := lasting(at-begin+frameTime, have.ClockRate)
				event := []byte{5, 10, byte(length >> 8), byte(length)}
				if i == 19 {
					event[1] |= 0x80
				}
				send(&events, begin+time.Duration(i)*time.Microsecond, begin, i == 10, event) // the clock of a source is slewed
			}
			send(&events, 2*time.Second, 2*time.Second, true, []byte{5, 10, 0}) // cut off
			c.finish()

			var digits []media.Packet
			out.mu.Lock()
			defer out.mu.Unlock()
			for i, p := range out.got {
				if first := out.got[0].RTP; p.RTP.SSRC != first.SSRC || p.RTP.SequenceNumber != first.SequenceNumber+uint16(i) {
					t.Fatalf("packet %d: %+v after %+v", i, p.RTP, first)
				}
				if p.IsEvent() {
					digits = append(digits, p)
				}
			}
			if len(digits) != 10 || len(out.got) < 38 {
				t.Fatalf("%d events in %d packets", len(digits), len(out.got))
			}
			for i, p := range digits {
				length := lasting(time.Duration(i+1)*frameTime, want.ClockRate)
				wanted := []byte{5, 10, byte(length >> 8), byte(length)}
				if i == 9 {
					wanted[1] |= 0x80
				}
				if !slices.Equal(p.Data, wanted) || p.RTP.Marker != (i == 0) || p.RTP.Timestamp != digits[0].RTP.Timestamp || p.Format.ClockRate != want.ClockRate {
					t.Errorf("event %d: % x of %v Hz, %+v; want % x", i, p.Data, p.Format.ClockRate, p.RTP, wanted)
				}
			}
			// The event and the voice are on one clock.
			voice := out.got[0]
			distance := int(int32(digits[0].RTP.Timestamp - voice.RTP.Timestamp))
			if off := distance - lasting(digits[0].PTS-voice.PTS, want.ClockRate); off < -1 || off > 1 {
				t.Errorf("the event is %d ticks off", off)
			}
		})
	}
}

// An event costs no allocation on its way.
func TestTelephoneEventsAllocateNothing(t *testing.T) {
	c := newChainBy(t, codec.Steps{codecrtp.Steps(codecrtp.MTU), Steps}, packed(media.PCMU), packed(media.PCMA), codec.Want{})
	c.nodes[len(c.nodes)-1].Output().SetRoutes([]media.Route{{Sink: drain{}}})
	events := media.EventFormat(g711Rate)
	p := &media.Packet{Format: &events, Data: []byte{5, 10, 0, 160}, Burst: &c.burst}
	if n := testing.AllocsPerRun(100, func() { p.RTP.SequenceNumber++; c.out.Write(p); c.finish() }); n > 2 {
		t.Errorf("%v allocations", n) // two are of finish
	}
}
