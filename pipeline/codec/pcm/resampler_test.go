package pcm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var rates = []int{8000, 16000, 24000, 32000, 44100, 48000}

// tone returns a sine of this frequency and peak, seconds long.
func tone(frequency, peak float64, rate int, seconds float64) []int16 {
	samples := make([]int16, int(seconds*float64(rate)))
	for i := range samples {
		samples[i] = int16(math.Round(peak * math.Sin(2*math.Pi*frequency*float64(i)/float64(rate))))
	}
	return samples
}

// fit finds the sine of this frequency in samples by least squares and returns
// its peak and the power of all that is not it.
func fit(samples []int16, frequency float64, rate int) (peak, rest float64) {
	var cc, cs, ss, xc, xs, xx float64
	for i, v := range samples {
		s, c := math.Sincos(2 * math.Pi * frequency * float64(i) / float64(rate))
		x := float64(v)
		cc, cs, ss, xc, xs, xx = cc+c*c, cs+c*s, ss+s*s, xc+x*c, xs+x*s, xx+x*x
	}
	det := cc*ss - cs*cs
	a, b := (xc*ss-xs*cs)/det, (xs*cc-xc*cs)/det
	return math.Hypot(a, b), max(xx-a*xc-b*xs, 1e-9) / float64(len(samples))
}

func db(power float64) float64 { return 10 * math.Log10(power) }

func newResampler(t testing.TB, from, to, channels int) *Resampler {
	t.Helper()
	r, err := NewResampler(from, to, channels)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// settled resamples a tone and returns the part in which the filter is full.
func settled(t *testing.T, from, to int, frequency, peak float64) []int16 {
	r := newResampler(t, from, to, 1)
	delay, _ := r.Delay()
	out := r.Resample(nil, tone(frequency, peak, from, 0.06))
	return out[2*delay*to/from+1:]
}

// eachPair runs a test for each pair of different rates.
func eachPair(t *testing.T, test func(t *testing.T, from, to int)) {
	for _, from := range rates {
		for _, to := range rates {
			if from != to {
				t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) { test(t, from, to) })
			}
		}
	}
}

// TestPassBand plays tones up to the edge of the band: the level is kept and
// nothing is added, neither images nor noise.
func TestPassBand(t *testing.T) {
	worstNoise, worstRipple := 200.0, 0.0
	eachPair(t, func(t *testing.T, from, to int) {
		edge := narrowPass
		if min(from, to) >= wideFrom {
			edge = widePass
		}
		for _, part := range []float64{0.05, 0.63, 1} {
			frequency := part * edge * float64(min(from, to)) / 2
			const peak = 30000
			got, rest := fit(settled(t, from, to, frequency, peak), frequency, to)
			ripple, snr := math.Abs(db(got*got/peak/peak)), db(got*got/2/rest)
			if ripple > 0.1 || snr < 80 {
				t.Errorf("%.0f Hz: %.3f dB off, SNR %.1f dB", frequency, ripple, snr)
			}
			worstNoise, worstRipple = min(worstNoise, snr), max(worstRipple, ripple)
		}
	})
	t.Logf("worst SNR %.1f dB, worst ripple %.4f dB", worstNoise, worstRipple)
}

// TestStopBand plays tones that the lower rate cannot hold.
func TestStopBand(t *testing.T) {
	worst := -200.0
	eachPair(t, func(t *testing.T, from, to int) {
		if from < to {
			return
		}
		low, high := float64(to)/2, float64(from)/2
		for _, part := range []float64{0, 0.03, 0.37, 0.97} {
			frequency := low + part*(high-low)
			const peak = 32000
			var power float64
			out := settled(t, from, to, frequency, peak)
			for _, v := range out {
				power += float64(v) * float64(v)
			}
			level := db(max(power/float64(len(out)), 1e-2) / (peak * peak / 2))
			if level > -80 {
				t.Errorf("%.0f Hz comes through at %.1f dB", frequency, level)
			}
			worst = max(worst, level)
		}
	})
	t.Logf("worst alias %.1f dB", worst)
}

// TestCountExact cuts a stream into uneven pieces.
func TestCountExact(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to int) {
		r := newResampler(t, from, to, 1)
		whole := newResampler(t, from, to, 1)
		input := tone(997, 20000, from, 0.1)
		want := whole.Resample(nil, input)
		var got []int16
		for n, in := 1, input; len(in) > 0; n = n*7%1013 + 1 {
			n := min(n, len(in))
			before, promised := len(got), r.Outputs(n)
			got = r.Resample(got, in[:n])
			if len(got)-before != promised {
				t.Fatalf("%d frames gave %d, promised %d", n, len(got)-before, promised)
			}
			in = in[n:]
		}
		if exact := (len(input)*to + from - 1) / from; len(got) != exact {
			t.Errorf("%d frames came out, want %d", len(got), exact)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("frame %d depends on how the stream is cut: %d, %d", i, got[i], want[i])
			}
		}
	})
}

// TestHourWithoutDrift drives only the clock, in pieces of 20 ms and 1024 frames.
func TestHourWithoutDrift(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to int) {
		r := newResampler(t, from, to, 1)
		in, out := 0, 0
		for step := 0; in < 3600*from; step++ {
			n := min([]int{from / 50, 1024}[step%2], 3600*from-in)
			outputs := r.clock.due(n)
			r.clock.next += outputs*r.clock.down - n*r.clock.up
			in, out = in+n, out+outputs
		}
		if out != 3600*to {
			t.Errorf("an hour has %d frames, want %d", out, 3600*to)
		}
	})
}

// TestDelay finds an impulse where Delay says it is.
func TestDelay(t *testing.T) {
	r := newResampler(t, 16000, 48000, 1)
	frames, d := r.Delay()
	if want := time.Duration(frames) * time.Second / 16000; d != want || frames == 0 {
		t.Errorf("delay %v, want %v", d, want)
	}
	in := make([]int16, 400)
	in[100] = 30000
	loudest, at := int16(0), 0
	for i, v := range r.Resample(nil, in) {
		if v > loudest {
			loudest, at = v, i
		}
	}
	if at != 3*(100+frames) {
		t.Errorf("the impulse is at %d, want %d", at, 3*(100+frames))
	}
	t.Logf("delay from 8 to 48 kHz and back: %v", func() (sum time.Duration) {
		for _, pair := range [][2]int{{8000, 48000}, {48000, 8000}} {
			_, d := newResampler(t, pair[0], pair[1], 1).Delay()
			sum += d
		}
		return sum
	}())
}

// TestChannelsApart gives each channel its own tone.
func TestChannelsApart(t *testing.T) {
	left, right := tone(500, 20000, 48000, 0.1), tone(3000, 10000, 48000, 0.1)
	both := make([]int16, 2*len(left))
	for i := range left {
		both[2*i], both[2*i+1] = left[i], right[i]
	}
	got := newResampler(t, 48000, 44100, 2).Resample(nil, both)
	l := newResampler(t, 48000, 44100, 1).Resample(nil, left)
	r := newResampler(t, 48000, 44100, 1).Resample(nil, right)
	if len(got) != 2*len(l) {
		t.Fatalf("%d samples, want %d", len(got), 2*len(l))
	}
	for i := range l {
		if got[2*i] != l[i] || got[2*i+1] != r[i] {
			t.Fatalf("frame %d: %d, want %d %d", i, got[2*i:2*i+2], l[i], r[i])
		}
	}
}

func TestSameRateChangesNothing(t *testing.T) {
	r := newResampler(t, 48000, 48000, 2)
	out := r.Resample(nil, []int16{1, 2, 3, 4})
	if fmt.Sprint(out) != "[1 2 3 4]" || r.Outputs(7) != 7 {
		t.Error(out, r.Outputs(7))
	}
	if n, d := r.Delay(); n != 0 || d != 0 {
		t.Error(n, d)
	}
}

func TestReset(t *testing.T) {
	r := newResampler(t, 8000, 44100, 1)
	in := tone(440, 10000, 8000, 0.05)
	first := fmt.Sprint(r.Resample(nil, in[:333]))
	r.Reset()
	if again := fmt.Sprint(r.Resample(nil, in[:333])); again != first {
		t.Error("the past is heard after Reset")
	}
}

func TestResamplerRefuses(t *testing.T) {
	for _, bad := range [][3]int{{0, 8000, 1}, {8000, 1 << 30, 1}, {8000, 48000, 0}, {8000, 48000, 99}, {48000, 47981, 1}} {
		if _, err := NewResampler(bad[0], bad[1], bad[2]); err == nil {
			t.Error(bad, "is taken")
		}
	}
}

// TestOtherCodecRates builds what AAC and MP3 need, and sees that all of it is kept.
func TestOtherCodecRates(t *testing.T) {
	for _, from := range []int{7350, 11025, 12000, 22050, 64000, 88200, 96000} {
		for _, to := range rates {
			f := newResampler(t, from, to, 2).filter
			if newResampler(t, from, to, 1).filter != f {
				t.Errorf("the filter from %d to %d is not shared", from, to)
			}
		}
	}
}

func TestResampleNoAllocation(t *testing.T) {
	r := newResampler(t, 48000, 16000, 2)
	in, out := make([]int16, 2*960), make([]int16, 0, 2*320)
	if n := testing.AllocsPerRun(50, func() { out = r.Resample(out[:0], in) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

// BenchmarkResampleSecond measures one second of mono in pieces of 20 ms.
// TestDot compares with plain Go, bit by bit.
func TestDot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 0; n <= 40*tapsUnit; n += tapsUnit {
		a, b := make([]float32, n), make([]float32, n)
		for i := range a {
			a[i], b[i] = float32(r.IntN(65536)-32768), float32(r.NormFloat64())
		}
		if got, want := dot(a, b), plainDot(a, b); got != want {
			t.Errorf("%d factors: %v, want %v", n, got, want)
		}
	}
}

func BenchmarkResampleSecond(b *testing.B) {
	for _, pair := range [][2]int{{8000, 48000}, {48000, 8000}, {48000, 16000}, {16000, 48000}, {44100, 48000}, {48000, 44100}} {
		b.Run(fmt.Sprint(pair[0], "to", pair[1]), func(b *testing.B) {
			r := newResampler(b, pair[0], pair[1], 1)
			in := tone(1000, 20000, pair[0], 0.02)
			out := make([]int16, 0, pair[1]/50+1)
			b.ReportAllocs()
			for b.Loop() {
				for range 50 {
					out = r.Resample(out[:0], in)
				}
			}
		})
	}
}

// BenchmarkNewFilter measures the design of the largest usual filter.
func BenchmarkNewFilter(b *testing.B) {
	for b.Loop() {
		f := &filter{up: 80, down: 441, taps: 480}
		f.design(0.17)
	}
}
