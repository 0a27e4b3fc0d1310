package pcm

import (
	"fmt"
	"testing"
)

const surround51 = Stereo | FrontCenter | LowFrequency | BackLeft | BackRight

func TestMap(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to Layout
		in, want []int16
	}{
		{"mono to stereo", Mono, Stereo, []int16{5, -32768}, []int16{5, 5, -32768, -32768}},
		{"stereo to mono", Stereo, Mono, []int16{100, 200, 32767, 32767, -32768, -32768}, []int16{150, 32767, -32768}},
		{"nothing to do", Stereo, Stereo, []int16{1, 2}, []int16{1, 2}},
		{"5.1, left", surround51, Stereo, []int16{10000, 0, 0, 0, 0, 0}, []int16{4142, 0}},
		{"5.1, centre", surround51, Stereo, []int16{0, 0, 10000, 0, 0, 0}, []int16{2929, 2929}},
		{"5.1, low frequency", surround51, Stereo, []int16{0, 0, 0, 10000, 0, 0}, []int16{0, 0}},
		{"5.1, back right", surround51, Stereo, []int16{0, 0, 0, 0, 0, 10000}, []int16{0, 2929}},
		{"5.1, all at full scale", surround51, Stereo, []int16{32767, 32767, 32767, 32767, 32767, 32767}, []int16{32767, 32767}},
		{"5.1 to mono", surround51, Mono, []int16{10000, 10000, 0, 0, 0, 0}, []int16{4142}},
		{"quad", Stereo | BackLeft | BackRight, Stereo, []int16{0, 0, 10000, 0}, []int16{4142, 0}},
		{"half a frame is left out", Stereo, Mono, []int16{100, 200, 7}, []int16{150}},
	} {
		m, err := NewMapper(c.from, c.to)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := m.Map(nil, c.in); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMapAppends(t *testing.T) {
	m, err := NewMapper(Mono, Stereo)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]int16, 1, 100)
	if got := fmt.Sprint(m.Map(dst, []int16{7})); got != "[0 7 7]" {
		t.Error(got)
	}
	if n := testing.AllocsPerRun(10, func() { m.Map(dst, make([]int16, 20)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMapperRefuses(t *testing.T) {
	for _, c := range [][2]Layout{{0, Mono}, {Stereo, surround51}, {1 << 20, Stereo}} {
		if _, err := NewMapper(c[0], c[1]); err == nil {
			t.Error(c, "is taken")
		}
	}
}

// BenchmarkMapSecond measures one second of 5.1 to stereo.
func BenchmarkMapSecond(b *testing.B) {
	m, err := NewMapper(surround51, Stereo)
	if err != nil {
		b.Fatal(err)
	}
	in, out := make([]int16, 6*48000), make([]int16, 0, 2*48000)
	b.ReportAllocs()
	for b.Loop() {
		out = m.Map(out[:0], in)
	}
}
