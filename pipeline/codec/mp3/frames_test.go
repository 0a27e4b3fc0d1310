package mp3

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// cut takes a file of 128 kbit/s at 44.1 kHz without tags into frames.
func cut(data []byte) (frames [][]byte) {
	for len(data) >= 4 {
		size := min(144*128000/44100+int(data[2]>>1&1), len(data))
		frames, data = append(frames, data[:size]), data[size:]
	}
	return frames
}

// Frame by frame a stream becomes the same as in one piece, and goes on after frames that are none.
func TestFrames(t *testing.T) {
	fftest.Need(t)
	data, err := os.ReadFile(encode(t, 44100, 2, "128k", "-id3v2_version", "0", "-write_xing", "0"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := NewDecoder(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	want, err := decode(whole)
	if err != nil {
		t.Fatal(err)
	}
	var d FrameDecoder
	var got []int16
	frames := cut(data)
	for _, f := range frames {
		if got, err = d.Decode(got, f); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, want) || d.SampleRate() != 44100 {
		t.Errorf("%d samples differ from the %d of the whole; %d Hz", len(got), len(want), d.SampleRate())
	}
	for _, bad := range [][]byte{nil, {0xff}, frames[3][:100], append(slices.Clone(frames[3]), frames[4]...), make([]byte, 417)} {
		if out, err := d.Decode(nil, bad); err == nil || len(out) != 0 {
			t.Errorf("%d bytes: %d samples, %v", len(bad), len(out), err)
		}
		if out, err := d.Decode(nil, frames[5]); err != nil || len(out) != maxRaw/2 {
			t.Errorf("after %d bytes: %d samples, %v", len(bad), len(out), err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("\xff\xfb\x90\x00"), []byte("\xff\xfb\x90\x00"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var d FrameDecoder
		for _, frame := range [][]byte{a, b, a} {
			if out, _ := d.Decode(nil, frame); len(out) > maxRaw/2 {
				t.Errorf("%d samples", len(out))
			}
		}
	})
}
