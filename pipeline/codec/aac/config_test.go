package aac

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

func TestParseConfig(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes []byte
		want  string // "rate channels mask sbr"
	}{
		{"LC 44.1 kHz stereo", []byte{0x12, 0x10}, "44100 2 0x3 false"},
		{"LC 48 kHz 5.1", []byte{0x11, 0xb0}, "48000 6 0x3f false"},
		{"LC 48 kHz 7.1", []byte{0x11, 0xb8}, "48000 8 0xff false"},
		{"LC, rate written out", []byte{0x17, 0x80, 0x57, 0x30, 0x10}, "44640 2 0x3 false"},
		{"HE-AAC, explicit", []byte{0x2b, 0x11, 0x88, 0x00}, "24000 2 0x3 true"},
		{"HE-AAC v2, explicit", []byte{0xeb, 0x09, 0x88, 0x00}, "24000 1 0x4 true"},
		{"HE-AAC, implicit", []byte{0x13, 0x10, 0x56, 0xe5, 0x98}, "24000 2 0x3 false"},
	} {
		got, err := ParseConfig(c.bytes)
		if s := fmt.Sprintf("%d %d %#x %v", got.SampleRate, got.Channels, got.ChannelMask, got.SBR); err != nil || s != c.want {
			t.Errorf("%s: %s, %v, want %s", c.name, s, err, c.want)
		}
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		bytes []byte
		want  string
	}{
		{nil, "truncated"},
		{[]byte{0x12}, "truncated"},
		{[]byte{0x0a, 0x10}, "type 1 (AAC Main)"},
		{[]byte{0x22, 0x10}, "type 4 (AAC LTP)"},
		{[]byte{0xb9, 0x90}, "type 23 (ER AAC LD)"},
		{[]byte{0xf8, 0xe8, 0x50, 0x00}, "type 39 (ER AAC ELD)"},
		{[]byte{0xf9, 0x48, 0x50, 0x00}, "type 42 (USAC)"},
		{[]byte{0x12, 0x14}, "960"},
		{[]byte{0x16, 0x90}, "sampling frequency index 13"},
		{[]byte{0x12, 0x48}, "channel configuration 9"},
	} {
		if _, err := ParseConfig(c.bytes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("% x: %v, want %q", c.bytes, err, c.want)
		}
	}
}

func TestParseADTS(t *testing.T) {
	good := []byte{0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc}
	h, err := ParseADTS(good)
	if err != nil || h.Config.SampleRate != 44100 || h.Config.Channels != 2 || h.Size != 7 || h.Length != 8 {
		t.Errorf("%+v, %v", h, err)
	}
	change := func(i int, v byte) []byte {
		b := append([]byte(nil), good...)
		b[i] = v
		return b
	}
	if h, err := ParseADTS(change(1, 0xf8)); !errors.Is(err, ErrNoSync) {
		t.Errorf("with a checksum 8 bytes are too few: %+v, %v", h, err)
	}
	for _, c := range []struct {
		bytes []byte
		want  string
	}{
		{good[:6], "truncated"}, {change(0, 0), "no ADTS"}, {change(1, 0xf3), "no ADTS"},
		{change(2, 0x10), "type 1 (AAC Main)"}, {change(2, 0x7c), "no ADTS"},
		{change(4, 0), "no ADTS"}, {change(6, 0xff), "4 raw data blocks"},
	} {
		if _, err := ParseADTS(c.bytes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("% x: %v, want %q", c.bytes, err, c.want)
		}
	}
}

// TestProgramConfig decodes streams whose channels only a program config element tells.
func TestProgramConfig(t *testing.T) {
	fftest.Need(t)
	for _, c := range []struct {
		layout   string
		channels int
		mask     uint32
	}{{"quad", 4, 0x33}, {"2.1", 3, 0xb}} {
		source := "aevalsrc='" + strings.TrimSuffix(strings.Repeat("0.2*sin(2*PI*(300+ch*200)*t)|", c.channels), "|") + "':c=" + c.layout
		path := encode(t, source, 48000, 0, 0.3, "-b:a", "256k")
		config, all := frames(t, path)
		if config.Channels != 0 {
			t.Fatalf("FFmpeg writes %s without a program config element", c.layout)
		}
		d, err := NewDecoder(config)
		if err != nil {
			t.Fatal(err)
		}
		var got []int16
		for _, f := range all {
			if got, err = d.Decode(got, f); err != nil {
				t.Fatal(c.layout, err)
			}
		}
		if got := d.Config(); got.Channels != c.channels || got.ChannelMask != c.mask {
			t.Errorf("%s: %d channels, %#x", c.layout, got.Channels, got.ChannelMask)
			continue
		}
		want := reference(t, path)[0]
		if len(got) != len(want) {
			t.Errorf("%s: %d samples, want %d", c.layout, len(got), len(want))
			continue
		}
		if quality := snr(got, want); quality < 60 {
			t.Errorf("%s: SNR %.1f dB", c.layout, quality)
		}
	}
}

// TestProgram assigns loudspeakers without a stream.
func TestProgram(t *testing.T) {
	single, pair := false, true
	for _, c := range []struct {
		front, side, back []bool
		lfe               int
		want              uint32 // 0 for an error
	}{
		{front: []bool{single, pair}, back: []bool{pair}, lfe: 1, want: 0x3f},
		{front: []bool{single, pair}, side: []bool{pair}, want: 0x607},
		{front: []bool{single, pair, pair}, back: []bool{pair}, lfe: 1, want: 0xff},
		{front: []bool{pair}, back: []bool{single}, want: 0x103},
		{back: []bool{pair, pair}, want: 0x33},
		{front: []bool{single, single}, want: 0x104},
		{front: []bool{single, single, single}},
		{front: []bool{pair, pair, pair, pair, pair}},
		{front: []bool{pair}, lfe: 2},
		{},
	} {
		slots, err := program(c.front, c.side, c.back, c.lfe)
		var mask uint32
		for _, s := range slots {
			mask |= s.first | s.second
		}
		if mask != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%+v: %#x, %v", c, mask, err)
		}
	}
}
