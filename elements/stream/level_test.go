package stream

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// The loudness that a publisher tells reaches viewers, on repetitions too, and nobody is told what nobody has said.
func TestAudioLevelIsPassedOn(t *testing.T) {
	const in, out = 1, 2 // ids of the extension
	change := func(id uint8) func([]Line) {
		return func(lines []Line) {
			lines[1].Extensions.AudioLevel = id
			lines[1].Receive, lines[1].Send = []Codec{withNACK(opus)}, []Codec{withNACK(opus)}
		}
	}
	publisher, viewer := newBench(t, change(in)), newBench(t, change(out))
	p := newPublisher(opus.PayloadType, 77)
	said := []byte{0x80 | 30, 0, 12}
	send := func(level byte) {
		if p.h.Extension, p.h.Extensions = false, nil; level != 0 {
			if err := p.h.SetExtension(in, []byte{level}); err != nil {
				t.Fatal(err)
			}
		}
		p.h.Timestamp += 960
		p.send(publisher.Session, time.Hour, []byte{1, 2, 3})
	}
	send(5) // makes the format known
	route(publisher.audio.Output(), viewer.audioOut)
	for _, level := range said {
		send(level)
	}
	sent := viewer.wire.takeRTP()
	if len(sent) != len(said) {
		t.Fatalf("%d packets", len(sent))
	}
	for i, level := range said {
		got := sent[i].h.GetExtension(out)
		if level == 0 && got != nil || level != 0 && (len(got) != 1 || got[0] != level) {
			t.Errorf("packet %d: level %v, want %d", i, got, level)
		}
	}
	viewer.rtcp(t, time.Hour+time.Second, &rtcp.TransportLayerNack{
		MediaSSRC: localSSRC + 1, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{sent[0].h.SequenceNumber, sent[1].h.SequenceNumber}),
	})
	again := viewer.wire.takeRTP()
	if len(again) != 2 || len(again[0].h.GetExtension(out)) != 1 || again[0].h.GetExtension(out)[0] != said[0] || again[1].h.GetExtension(out) != nil {
		t.Errorf("repetitions %+v", again)
	}
}

func withNACK(c Codec) Codec {
	c.Feedback.NACK = true
	return c
}
