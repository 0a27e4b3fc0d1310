package pcm

import (
	"fmt"
	"testing"
)

func TestMixer(t *testing.T) {
	m := NewMixer(4)
	a, b, c := m.Add(), m.Add(), m.Add()
	out := make([]int16, 4)
	all := func() string { m.All(out); return fmt.Sprint(out) }
	without := func(in *MixerInput) string { m.Without(out, in); return fmt.Sprint(out) }

	m.Next()
	a.Write([]int16{1, 2, 3, 30000})
	b.Write([]int16{10, 20, 30, 30000})
	c.Write([]int16{100, 200, 300, -30000})
	for _, x := range []struct{ what, got, want string }{
		{"all", all(), "[111 222 333 30000]"},
		{"without a", without(a), "[110 220 330 0]"},
		{"without c: saturated after the subtraction", without(c), "[11 22 33 32767]"},
	} {
		if x.got != x.want {
			t.Errorf("%s: %s, want %s", x.what, x.got, x.want)
		}
	}

	c.Write([]int16{7}) // again, and too short
	if got := all(); got != "[18 22 33 32767]" {
		t.Error("after a second Write:", got)
	}
	m.Remove(b)
	m.Remove(b)
	b.Write([]int16{9, 9, 9, 9})
	if got := all() + without(b); got != "[8 2 3 30000][8 2 3 30000]" {
		t.Error("after Remove:", got)
	}
	m.Next()
	if got := all() + without(a); got != "[0 0 0 0][0 0 0 0]" {
		t.Error("after Next:", got)
	}
	d := m.Add()
	d.Write([]int16{-32768, -32768, 1, 1})
	a.Write([]int16{-1, 1, 1, 1})
	if got := all() + without(d); got != "[-32768 -32767 2 2][-1 1 1 1]" {
		t.Error("after Add:", got)
	}
}

func TestMixerGain(t *testing.T) {
	m := NewMixer(4)
	in := m.Add()
	out := make([]int16, 4)
	piece := func() string {
		m.Next()
		in.Write([]int16{1000, 1000, 1000, 1000})
		m.All(out)
		return fmt.Sprint(out)
	}
	in.SetGain(0)
	if got := piece(); got != "[750 500 250 0]" {
		t.Error("down to 0:", got)
	}
	if got := piece(); got != "[0 0 0 0]" {
		t.Error("at 0:", got)
	}
	in.SetGain(2)
	piece()
	if got := piece(); got != "[2000 2000 2000 2000]" {
		t.Error("at 2:", got)
	}
	in.SetGain(1e30)
	piece()
	if got := piece(); got != "[16000 16000 16000 16000]" {
		t.Error("at the most:", got)
	}
}

// TestMixerHoldsAll adds as many inputs as a MaxGain leaves room for.
func TestMixerHoldsAll(t *testing.T) {
	m := NewMixer(1)
	var inputs []*MixerInput
	for range 4096 {
		in := m.Add()
		in.SetGain(MaxGain)
		in.Write([]int16{32767})
		inputs = append(inputs, in)
	}
	out := make([]int16, 1)
	if m.All(out); out[0] != 32767 {
		t.Error(out)
	}
	for _, in := range inputs[1:] {
		m.Remove(in)
	}
	if m.Without(out, inputs[0]); out[0] != 0 {
		t.Error("what is left without the last one:", out)
	}
}

func TestMixerNoAllocation(t *testing.T) {
	m := NewMixer(960)
	a, b := m.Add(), m.Add()
	in, out := tone(440, 9000, 48000, 0.02), make([]int16, 960)
	if n := testing.AllocsPerRun(50, func() { m.Next(); a.Write(in); b.Write(in); m.All(out); m.Without(out, a) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkMixSecond measures one second of a conference of 20 in mono, each of
// whom hears the other 19.
func BenchmarkMixSecond(b *testing.B) {
	m := NewMixer(960)
	in, out := tone(440, 9000, 48000, 0.02), make([]int16, 960)
	var inputs []*MixerInput
	for range 20 {
		inputs = append(inputs, m.Add())
	}
	b.ReportAllocs()
	for b.Loop() {
		for range 50 {
			m.Next()
			for _, i := range inputs {
				i.Write(in)
			}
			for _, i := range inputs {
				m.Without(out, i)
			}
		}
	}
}
