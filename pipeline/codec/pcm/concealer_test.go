package pcm

import (
	"fmt"
	"math"
	"testing"
)

// voice is a tone with harmonics, as a vowel of this pitch has.
func voice(pitch float64, rate int, seconds float64) []int16 {
	samples := make([]int16, int(seconds*float64(rate)))
	for i := range samples {
		x := 2 * math.Pi * pitch * float64(i) / float64(rate)
		samples[i] = int16(6000*math.Sin(x) + 3000*math.Sin(2*x+1) + 1500*math.Sin(5*x+2))
	}
	return samples
}

// lose plays a stream in pieces of 20 ms and loses some of them.
func lose(rate, channels int, samples []int16, lost ...int) []int16 {
	c := NewConcealer(rate, channels)
	out := append([]int16(nil), samples...)
	size := rate / 50 * channels
	for n := 0; (n+1)*size <= len(out); n++ {
		piece := out[n*size : (n+1)*size]
		c.step(piece, lost, n)
	}
	return out
}

// step is one step of lose.
func (c *Concealer) step(piece []int16, lost []int, n int) {
	for _, l := range lost {
		if l == n {
			clear(piece)
			c.Lost(piece)
			return
		}
	}
	c.Good(piece)
}

func rms(samples []int16) (power float64) {
	for _, s := range samples {
		power += float64(s) * float64(s)
	}
	return math.Sqrt(power / float64(len(samples)))
}

// TestConcealedVoiceGoesOn loses one piece of a steady vowel: at full level for
// 10 ms, and nearly what was lost.
func TestConcealedVoiceGoesOn(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, pitch := range []float64{80, 117, 190} {
			samples := voice(pitch, rate, 0.4)
			out := lose(rate, 1, samples, 10)
			from, n := rate/5, rate/100
			difference := make([]int16, n)
			for i := range difference {
				difference[i] = out[from+i] - samples[from+i]
			}
			snr := 20 * math.Log10(rms(samples[from:from+n])/rms(difference))
			if snr < 15 {
				t.Errorf("%d Hz, pitch %v: the first 10 ms differ, %.1f dB", rate, pitch, snr)
			}
		}
	}
}

// TestConcealmentHasNoClick compares the largest step between two samples with
// that of the undamaged stream, through loss, fade and return.
func TestConcealmentHasNoClick(t *testing.T) {
	for _, lost := range [][]int{{10}, {10, 11}, {10, 11, 12, 13, 14}, {10, 12, 14}} {
		samples := voice(117, 8000, 0.5)
		largest := func(s []int16) (step int) {
			for i := range s[1:] {
				step = max(step, int(s[i+1])-int(s[i]), int(s[i])-int(s[i+1]))
			}
			return step
		}
		if got, clean := largest(lose(8000, 1, samples, lost...)), largest(samples); got > clean*5/4 {
			t.Errorf("lost %v: a step of %d, without loss %d", lost, got, clean)
		}
	}
}

// TestConcealmentFades checks the level over a long loss, and that the stream
// is untouched when it is back.
func TestConcealmentFades(t *testing.T) {
	samples := voice(100, 8000, 0.5)
	out := lose(8000, 1, samples, 10, 11, 12, 13)
	full := rms(samples)
	for _, c := range []struct {
		from, to int // ms of loss
		low, top float64
	}{{0, 10, 0.95, 1.05}, {30, 40, 0.4, 0.6}, {50, 60, 0.02, 0.2}, {60, 80, 0, 0}} {
		if level := rms(out[8*(200+c.from):8*(200+c.to)]) / full; level < c.low || level > c.top {
			t.Errorf("from %d to %d ms of loss the level is %.2f", c.from, c.to, level)
		}
	}
	if fmt.Sprint(out[8*290:]) != fmt.Sprint(samples[8*290:]) {
		t.Error("10 ms after the loss the stream is still changed")
	}
	if fmt.Sprint(out[:8*200]) != fmt.Sprint(samples[:8*200]) {
		t.Error("the stream before the loss is changed")
	}
}

func TestConcealStereo(t *testing.T) {
	left, right := voice(117, 16000, 0.3), tone(234, 8000, 16000, 0.3)
	both := make([]int16, 0, 2*len(left))
	for i := range left {
		both = append(both, left[i], right[i])
	}
	out := lose(16000, 2, both, 7)
	for ch, want := range [][]int16{left, right} {
		var power, wrong float64
		for i := 16000 * 14 / 100; i < 16000*15/100; i++ {
			d := float64(out[2*i+ch]) - float64(want[i])
			power, wrong = power+float64(want[i])*float64(want[i]), wrong+d*d
		}
		if snr := 10 * math.Log10(power/wrong); snr < 15 {
			t.Errorf("channel %d: %.1f dB", ch, snr)
		}
	}
}

// TestConcealNothing loses the first piece of all, and one of silence.
func TestConcealNothing(t *testing.T) {
	for _, s := range lose(8000, 1, make([]int16, 1600), 0, 5) {
		if s != 0 {
			t.Fatal("silence became", s)
		}
	}
}

func TestConcealNoAllocation(t *testing.T) {
	c := NewConcealer(8000, 1)
	in := voice(117, 8000, 0.02)
	if n := testing.AllocsPerRun(50, func() { c.Good(in); c.Lost(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkConceal measures one lost piece of 20 ms after a good one.
func BenchmarkConceal(b *testing.B) {
	for _, rate := range []int{8000, 48000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			c := NewConcealer(rate, 1)
			in := voice(117, rate, 0.02)
			for b.Loop() {
				c.Good(in)
				c.Lost(in)
			}
		})
	}
}
