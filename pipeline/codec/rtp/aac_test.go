package rtp

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

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

// Units come back from the packets that they were put into, also one that needs several.
func TestAACPacker(t *testing.T) {
	u := newAACUnpacker(aacFormat)
	for _, size := range []int{1, 100, maxAudio - aacHeaders, maxAudio - aacHeaders + 1, maxAACUnit} {
		unit := make([]byte, size)
		for i := range unit {
			unit[i] = byte(i * 7)
		}
		payloads, ok := pack(&aacPacker{}, unit, true, maxAudio)
		if want := (size-1)/(maxAudio-aacHeaders) + 1; !ok || len(payloads) != want {
			t.Fatalf("%d bytes: %d packets, want %d", size, len(payloads), want)
		}
		for i, payload := range payloads {
			units, _ := u.split(payload, false)
			if last := i == len(payloads)-1; len(units) != map[bool]int{true: 1}[last] || last && !bytes.Equal(units[0], unit) {
				t.Errorf("%d bytes, packet %d: %d units", size, i, len(units))
			}
		}
	}
	for _, size := range []int{0, maxAACUnit + 1} {
		if (&aacPacker{}).load(make([]byte, size), true) {
			t.Errorf("a unit of %d bytes is packed", size)
		}
	}
}
