package gstreamer

import (
	"fmt"
	"math"
	"testing"

	"github.com/rivero-media/rivero/elements/filter"
)

// tone is a sine in stereo, left at its whole level and right at half.
func tone(frequency float64, frames int) []int16 {
	s := make([]int16, 2*frames)
	for i := range frames {
		v := 10000 * math.Sin(2*math.Pi*frequency*float64(i)/filter.SampleRate)
		s[2*i], s[2*i+1] = int16(math.Round(v)), int16(math.Round(v/2))
	}
	return s
}

// level of a frequency in a channel, as the amplitude of a sine, through a Hann window.
func amplitude(samples []int16, channel int, frequency float64) float64 {
	var re, im, weights float64
	n := len(samples) / 2
	for i := range n {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
		sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / filter.SampleRate)
		v := w * float64(samples[2*i+channel])
		re, im, weights = re+v*cos, im+v*sin, weights+w
	}
	return 2 * math.Hypot(re, im) / weights
}

func power(samples []int16, channel int) (sum float64) {
	for i := channel; i < len(samples); i += 2 {
		sum += float64(samples[i]) * float64(samples[i])
	}
	return sum / float64(len(samples)/2)
}

func play(t testing.TB, command string, samples []int16) []int16 {
	t.Helper()
	work := mustMake(t, command).work.(sounder)
	for at := 0; at < len(samples); at += 960 { // 10 ms
		work.sound(samples[at:min(at+960, len(samples))])
	}
	return samples
}

// TestPitch has tones end up where they belong, nearly alone, in both channels at their levels.
func TestPitch(t *testing.T) {
	for _, factor := range []float64{0.5, 0.75, 0.9, 1, 1.05, 1.26, 1.5, 2} {
		for _, frequency := range []float64{110, 440, 1234} {
			out := play(t, fmt.Sprintf("pitch pitch=%v", factor), tone(frequency, filter.SampleRate))
			out = out[filter.SampleRate/2:] // settled
			there := amplitude(out, 0, frequency*factor)
			share := there * there / 2 / power(out, 0)
			if there < 8000 || share < 0.85 {
				t.Errorf("%v Hz × %v: amplitude %.0f of 10000, %.0f %% of the power", frequency, factor, there, 100*share)
			}
			if right := amplitude(out, 1, frequency*factor); math.Abs(right-there/2) > 0.02*there {
				t.Errorf("%v Hz × %v: %.0f to the right of %.0f", frequency, factor, right, there)
			}
			if factor != 1 {
				if old := amplitude(out, 0, frequency); old > 0.12*there {
					t.Errorf("%v Hz × %v: %.0f is left at the old pitch", frequency, factor, old)
				}
			}
		}
	}
}

func TestPitchOfExtremes(t *testing.T) {
	for _, factor := range []float64{0.1, 0.3, 4, 10} {
		out := play(t, fmt.Sprintf("pitch pitch=%v", factor), tone(400, filter.SampleRate))[filter.SampleRate/2:]
		if there := amplitude(out, 0, 400*factor); there < 5000 {
			t.Errorf("× %v: amplitude %.0f of 10000", factor, there)
		}
	}
}

// TestPitchChangesLive has the reader stay in the ring whatever comes.
func TestPitchChangesLive(t *testing.T) {
	m := mustMake(t, "pitch")
	work := m.work.(*pitch)
	samples := tone(440, filter.SampleRate/100)
	for i := range 600 {
		value, err := m.property("pitch").parse([]string{"10", "0.1", "1", "1.3", "0.8"}[i*i%5])
		if err != nil {
			t.Fatal(err)
		}
		m.change(m.property("pitch"), value)
		work.sound(samples)
		if behind := float64(work.written) - work.at; behind < 0 || behind > ringFrames/2 {
			t.Fatalf("the reader is %v frames behind", behind)
		}
	}
}

func TestEcho(t *testing.T) {
	impulse := make([]int16, 2*filter.SampleRate)
	impulse[0], impulse[1] = 20000, -10000
	out := play(t, "audioecho delay=100000000 intensity=0.5 feedback=0.4", impulse)
	want := map[int]float64{0: 20000, 4800: 10000, 9600: 4000, 14400: 1600}
	for frame := range 16000 {
		if got := float64(out[2*frame]); math.Abs(got-want[frame]) > 1 {
			t.Errorf("frame %d: %v, want %v", frame, got, want[frame])
		}
		if got := float64(out[2*frame+1]); math.Abs(got+want[frame]/2) > 1 {
			t.Errorf("frame %d to the right: %v", frame, got)
		}
	}
}

func TestEqualizer(t *testing.T) {
	for command, want := range map[string]map[float64]float64{ // dB at frequencies
		"equalizer-3bands band0=12":            {20: 12, 1100: 0, 11000: 0},
		"equalizer-3bands band1=-24":           {30: 0, 1100: -24, 18000: 0},
		"equalizer-3bands band2=-12":           {100: 0, 1100: 0, 20000: -12},
		"equalizer-3bands band0=-6 band2=6":    {20: -6, 1100: 0, 20000: 6},
		"equalizer-3bands band1=0.00001":       {50: 0, 1100: 0, 15000: 0},
		"equalizer-3bands band1=6 band1=-6":    {1100: -6},
		"equalizer-3bands band0=0.1 band2=0.1": {1100: 0},
	} {
		for frequency, db := range want {
			in := tone(frequency, filter.SampleRate)
			for i := range in {
				in[i] /= 4
			}
			before := amplitude(in, 0, frequency)
			got := 20 * math.Log10(amplitude(play(t, command, in), 0, frequency)/before)
			if math.Abs(got-db) > 1.2 {
				t.Errorf("%s at %v Hz: %.1f dB, want %v", command, frequency, got, db)
			}
		}
	}
}

func TestFolding(t *testing.T) {
	for v, want := range map[int64]int16{0: 0, 32767: 32767, 32768: 32766, 65535: -1, -32769: -32767, -32768: -32768} {
		if got := folded(v); got != want {
			t.Errorf("%d is folded to %d, want %d", v, got, want)
		}
	}
}
