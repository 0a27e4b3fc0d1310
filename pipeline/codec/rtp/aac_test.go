package rtp

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// aacFormat is 48 kHz stereo.
var aacFormat = media.Format{Kind: media.Audio, Codec: media.AAC, Packed: true, ClockRate: 48000, Channels: 2, Params: "config=1190"}

func TestAACUnits(t *testing.T) {
	u := newAACUnpacker(aacFormat)
	if want := 1024 * time.Second / 48000; u.length != want {
		t.Errorf("a unit lasts %v, want %v", u.length, want)
	}
	for _, tt := range []struct {
		payload string
		gap     bool
		want    string
	}{
		{payload: "0010 0018 aabbcc", want: "aabbcc "},
		{payload: "0020 0010 0008 aabb cc", want: "aabb cc "},
		{payload: "0020 0010 0010 aabb cc", want: "aabb "}, // cut off
		{payload: "0010 0028 aabb"},                        // a part of five bytes
		{payload: "0010 0028 cc"},
		{payload: "0010 0028 ddee", want: "aabbccddee "},
		{payload: "0010 0028 aabb"},
		{payload: "0010 0028 ddee", gap: true}, // the middle is lost
		{payload: "0010 0010 1122", want: "1122 "},
		{payload: "0010 0000 11"},
		{payload: "0010 0000"},
		{payload: "0010"},
		{payload: ""},
		{payload: "0000 1122"},
		{payload: "ffff 1122"},
		{payload: "0008 18 112233"},
	} {
		units, _ := u.split(unhex(tt.payload), tt.gap)
		got := ""
		for _, unit := range units {
			got += fmt.Sprintf("%x ", unit)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.payload, got, tt.want)
		}
	}
}

// Units of one packet are spread over its time.
func TestAACStep(t *testing.T) {
	n, format, _, out := step(t, aacFormat)
	if f := n.Output().Format(); f.Params != aacFormat.Params || f.ClockRate != 48000 {
		t.Errorf("frames of %+v", f)
	}
	packet := &media.Packet{Format: format, Data: unhex("0020 0010 0008 aabb cc"), Burst: &media.Burst{}}
	write := func(i int) {
		packet.RTP = rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(2048 * i)}
		packet.PTS = time.Duration(i) * 2048 * time.Second / 48000
		n.Write(packet)
	}
	write(0)
	write(1)
	if len(out.packets) != 4 {
		t.Fatalf("%d frames", len(out.packets))
	}
	for i, p := range out.packets {
		if want := time.Duration(i) * 1024 * time.Second / 48000; (p.PTS-want).Abs() > time.Microsecond || !p.Key {
			t.Errorf("frame %d at %v, want %v; key %v", i, p.PTS, want, p.Key)
		}
	}
	n.Output().SetRoutes(nil)
	i := 2
	if allocs := testing.AllocsPerRun(100, func() { write(i); i++ }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// Nobody takes AAC packed: there is no step back.
func TestAACIsNotPacked(t *testing.T) {
	frames := aacFormat
	frames.Packed = false
	if steps := Steps(MTU)(frames, codec.Want{}); len(steps) != 0 {
		t.Errorf("steps %+v", steps)
	}
	if steps := Steps(MTU)(aacFormat, codec.Want{}); len(steps) != 1 {
		t.Errorf("steps %+v", steps)
	}
}

func FuzzAAC(f *testing.F) {
	f.Add(unhex("0020 0010 0008 aabb cc"), unhex("0010 0028 aabb"), false)
	f.Fuzz(func(t *testing.T, a, b []byte, gap bool) {
		u := newAACUnpacker(aacFormat)
		u.split(a, false)
		for range 3 {
			units, _ := u.split(b, gap)
			for _, unit := range units {
				if len(unit) == 0 || len(unit) > 1<<13 {
					t.Errorf("a unit of %d bytes", len(unit))
				}
			}
		}
	})
}
