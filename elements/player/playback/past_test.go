package playback

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestPastIsWhatCameSinceTheKeyFrame(t *testing.T) {
	format := &media.Format{Kind: media.Video, Codec: media.VP8}
	s := past{next: 65533} // the numbers wrap
	var last media.Packet
	frame := func(key bool, data string) {
		last = media.Packet{Format: format, Key: key, Data: []byte(data)}
		s.keep(&last)
	}
	read := func(seq uint16) (text string) {
		s.Resend(seq, func(p *media.Packet) { text = string(p.Data) })
		return text
	}
	frame(false, "before")
	if s.Resend(last.RTP.SequenceNumber, func(*media.Packet) {}) {
		t.Error("a frame is kept that cannot be decoded")
	}
	frame(true, "key")
	key := last.RTP.SequenceNumber
	for _, text := range []string{"a", "bc", "def"} {
		frame(false, text)
	}
	for i, want := range []string{"key", "a", "bc", "def", ""} {
		if got := read(key + uint16(i)); got != want {
			t.Errorf("frame %d is %q, wanted %q", i, got, want)
		}
	}
	if read(key-1) != "" {
		t.Error("a frame from before the key frame is kept")
	}
	frame(true, "next")
	if read(key) != "" || read(last.RTP.SequenceNumber) != "next" {
		t.Error("the new key frame does not take the place of the past")
	}
}

func TestPastIsBounded(t *testing.T) {
	format := &media.Format{Kind: media.Video, Codec: media.VP8}
	var s past
	s.keep(&media.Packet{Format: format, Key: true, Data: make([]byte, maxPast-1)})
	s.keep(&media.Packet{Format: format, Data: make([]byte, 2)})
	for i := range 3 * media.LongRingSlots {
		s.keep(&media.Packet{Format: format, Key: i == 0, Data: []byte{1}})
		if len(s.data) > maxPast || len(s.kept) > media.LongRingSlots {
			t.Fatalf("%d bytes, %d frames", len(s.data), len(s.kept))
		}
	}
	if s.Resend(s.next-1, func(*media.Packet) {}) {
		t.Error("frames are kept without their key frame")
	}
}
