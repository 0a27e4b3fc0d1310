package webm

import (
	"math"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestVP9Profile(t *testing.T) {
	for _, tt := range []struct {
		private []byte
		want    string
	}{
		{nil, ""},
		{[]byte{1, 1, 0}, ""},
		{[]byte{1, 1, 2}, "profile-id=2"},
		{[]byte{2, 1, 31, 1, 1, 1}, "profile-id=1"},
		{[]byte{1, 200, 2}, ""},
		{[]byte{1}, ""},
	} {
		f, ok := Track{Codec: media.VP9, Kind: media.Video, Private: tt.private}.Format()
		if !ok || f.Params != tt.want {
			t.Errorf("% x: %q, want %q", tt.private, f.Params, tt.want)
		}
	}
}

// What a file says of its sound becomes a format that says all that a decoder has to know.
func TestFormatsOfSound(t *testing.T) {
	for _, tt := range []struct {
		track Track
		want  media.Format // zero: it cannot be played
	}{
		{Track{Codec: media.Opus}, media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2}},
		{Track{Codec: media.Vorbis, SampleRate: 44100, Channels: 2, Private: []byte{2, 1, 1}},
			media.Format{Codec: media.Vorbis, ClockRate: 44100, Channels: 2, Params: "configuration=AgEB"}},
		{Track{Codec: media.AAC, SampleRate: 48000, Channels: 6, Private: []byte{0x11, 0xb0}},
			media.Format{Codec: media.AAC, ClockRate: 48000, Channels: 6, Params: "config=11b0"}},
		{Track{Codec: media.MP3, SampleRate: 32000, Channels: 1}, media.Format{Codec: media.MP3, ClockRate: 32000, Channels: 1}},
		{Track{Codec: media.MP3, SampleRate: math.NaN(), Channels: 1}, media.Format{}},
		{Track{Codec: media.MP3, SampleRate: 0, Channels: 1}, media.Format{}},
		{Track{Codec: media.AAC, SampleRate: 1e9, Channels: 1}, media.Format{}},
		{Track{Codec: media.AAC, SampleRate: 48000, Channels: 300}, media.Format{}},
	} {
		tt.track.Kind = media.Audio
		f, ok := tt.track.Format()
		if f != tt.want || ok != (tt.want != media.Format{}) {
			t.Errorf("%+v: %+v, want %+v", tt.track, f, tt.want)
		}
	}
}

// Frames that share a block follow each other.
func TestLengthsOfFrames(t *testing.T) {
	for _, tt := range []struct {
		track Track
		want  time.Duration
	}{
		{Track{Codec: media.Opus}, 20 * time.Millisecond},
		{Track{Codec: media.AAC, SampleRate: 32000}, 32 * time.Millisecond},
		{Track{Codec: media.MP3, SampleRate: 48000}, 24 * time.Millisecond},
		{Track{Codec: media.MP3, SampleRate: 24000}, 24 * time.Millisecond},
		{Track{Codec: media.MP3, SampleRate: math.NaN()}, 0},
		{Track{Codec: media.Vorbis, SampleRate: 48000}, 0},
		{Track{Codec: media.AAC, SampleRate: 32000, FrameTime: time.Second}, time.Second},
	} {
		if got := tt.track.length([]byte{0xfc}); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.track, got, tt.want)
		}
	}
}
