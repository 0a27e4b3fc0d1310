package g711

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// law is one of the two codes, with its definition.
type law struct {
	name    string
	ffmpeg  string // its raw format
	encode  func([]byte, []int16) int
	decode  func([]int16, []byte) int
	segment []segment // of positive samples, from 0 up
	scale   int       // what one unit of the recommendation is in 16 bits
	codeOf  func(level int, negative bool) byte
}

// segment is a row of the recommendation's table: so many intervals of this
// size (G.711 tables 1a and 2a, columns 1 and 2).
type segment struct{ intervals, size int }

var laws = []law{
	{"µ-law", "mulaw", EncodeMuLaw, DecodeMuLaw,
		[]segment{{1, 1}, {15, 2}, {16, 4}, {16, 8}, {16, 16}, {16, 32}, {16, 64}, {16, 128}, {16, 256}}, 4,
		func(level int, negative bool) byte {
			if negative {
				return byte(0x7f - level)
			}
			return byte(0xff - level)
		}},
	{"A-law", "alaw", EncodeALaw, DecodeALaw,
		[]segment{{32, 2}, {16, 4}, {16, 8}, {16, 16}, {16, 32}, {16, 64}, {16, 128}}, 8,
		func(level int, negative bool) byte {
			if negative {
				return byte(level) ^ 0x55
			}
			return byte(0x80|level) ^ 0x55
		}},
}

// definition walks the recommendation's table for one sample.
func (l law) definition(sample int16) byte {
	magnitude := int(sample)
	if sample < 0 {
		magnitude = -int(sample) - 1
	}
	level, end := 0, 0
	for _, s := range l.segment {
		for range s.intervals {
			if end += s.size * l.scale; magnitude < end {
				return l.codeOf(level, sample < 0)
			}
			level++
		}
	}
	return l.codeOf(level-1, sample < 0) // beyond the virtual decision value
}

func all() []int16 {
	samples := make([]int16, 1<<16)
	for i := range samples {
		samples[i] = int16(i - 1<<15)
	}
	return samples
}

func TestEveryCodeRoundTrips(t *testing.T) {
	for _, l := range laws {
		for c := range 256 {
			var s [1]int16
			var back [1]byte
			if l.decode(s[:], []byte{byte(c)}) != 1 || l.encode(back[:], s[:]) != 1 {
				t.Fatal("nothing done")
			}
			want := byte(c)
			if l.name == "µ-law" && c == 0x7f {
				want = 0xff // minus zero is the sample zero
			}
			if back[0] != want {
				t.Errorf("%s code %#02x is %d, whose code is %#02x", l.name, c, s[0], back[0])
			}
		}
	}
}

func TestEverySampleByDefinition(t *testing.T) {
	for _, l := range laws {
		codes := make([]byte, 1<<16)
		l.encode(codes, all())
		for i, s := range all() {
			if want := l.definition(s); codes[i] != want {
				t.Fatalf("%s of %d: %#02x, want %#02x", l.name, s, codes[i], want)
			}
		}
	}
}

// TestKnownLevels checks points of the recommendation's tables 1 and 2 by number.
func TestKnownLevels(t *testing.T) {
	for _, k := range []struct {
		law    law
		code   byte
		sample int16
	}{
		{laws[0], 0xff, 0}, {laws[0], 0xfe, 8}, {laws[0], 0x80, 32124}, {laws[0], 0x00, -32124}, {laws[0], 0xef, 132},
		{laws[1], 0xd5, 8}, {laws[1], 0x55, -8}, {laws[1], 0xaa, 32256}, {laws[1], 0x2a, -32256}, {laws[1], 0xc5, 264},
	} {
		var s [1]int16
		k.law.decode(s[:], []byte{k.code})
		if s[0] != k.sample {
			t.Errorf("%s %#02x is %d, want %d", k.law.name, k.code, s[0], k.sample)
		}
	}
}

func TestShorterSliceDecides(t *testing.T) {
	for _, l := range laws {
		if n := l.encode(make([]byte, 2), make([]int16, 3)); n != 2 {
			t.Errorf("%s encoded %d", l.name, n)
		}
		if n := l.decode(make([]int16, 1), make([]byte, 3)); n != 1 {
			t.Errorf("%s decoded %d", l.name, n)
		}
	}
}

// TestAgainstFFmpeg compares all codes and all samples. FFmpeg's encoder takes
// the nearest level in steps of its 14 bits instead of the decision values of
// the recommendation: where a segment meets the next, and for negative samples
// on a border, it may choose the neighbouring level.
func TestAgainstFFmpeg(t *testing.T) {
	var raw []byte
	for _, s := range all() {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
	}
	samples := fftest.File(t, "all.s16", raw)
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	for _, l := range laws {
		decoded := read(t, fftest.Make(t, "codes.s16", "-f", l.ffmpeg, "-ar", "8000", "-ac", "1",
			"-i", fftest.File(t, "codes", codes), "-f", "s16le"))
		got := make([]int16, 256)
		l.decode(got, codes)
		for c, s := range got {
			if want := int16(binary.LittleEndian.Uint16(decoded[2*c:])); s != want {
				t.Errorf("%s %#02x: %d, FFmpeg %d", l.name, c, s, want)
			}
		}

		want := read(t, fftest.Make(t, "all."+l.ffmpeg, "-f", "s16le", "-ar", "8000", "-ac", "1",
			"-i", samples, "-f", l.ffmpeg))
		ours := make([]byte, 1<<16)
		l.encode(ours, all())
		differ := 0
		for i, s := range all() {
			if ours[i] == want[i] {
				continue
			}
			differ++
			if between := levelsBetween(got, got[ours[i]], got[want[i]]); between > 0 {
				t.Errorf("%s of %d: %#02x, FFmpeg %#02x", l.name, s, ours[i], want[i])
			}
		}
		if differ > 65536/50 {
			t.Errorf("%s: %d samples differ", l.name, differ)
		}
		t.Logf("%s: %d of 65536 samples on a border that FFmpeg draws elsewhere", l.name, differ)
	}
}

// levelsBetween counts the levels that lie between two others.
func levelsBetween(levels []int16, a, b int16) (n int) {
	for _, l := range levels {
		if l > min(a, b) && l < max(a, b) {
			n++
		}
	}
	return n
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestNoAllocation(t *testing.T) {
	samples, codes := make([]int16, 160), make([]byte, 160)
	for _, l := range laws {
		if n := testing.AllocsPerRun(100, func() { l.encode(codes, samples); l.decode(samples, codes) }); n != 0 {
			t.Errorf("%s allocates %v times", l.name, n)
		}
	}
}

// BenchmarkSecond measures one second of telephone audio.
func BenchmarkSecond(b *testing.B) {
	samples, codes := make([]int16, 8000), make([]byte, 8000)
	copy(samples, all()[20000:])
	for _, l := range laws {
		b.Run(fmt.Sprint(l.ffmpeg, "/encode"), func(b *testing.B) {
			for b.Loop() {
				l.encode(codes, samples)
			}
		})
		b.Run(fmt.Sprint(l.ffmpeg, "/decode"), func(b *testing.B) {
			for b.Loop() {
				l.decode(samples, codes)
			}
		})
	}
}
