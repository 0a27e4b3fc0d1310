package opus

import (
	"math"
	"math/rand/v2"
)

// speech is something between a voice and music: a gliding pitch with harmonics
// up to 9 kHz that become weaker, syllables, and breath. The channels differ in
// level and a little in phase.
func speech(rate, channels int, seconds float64) []int16 {
	noise := rand.New(rand.NewPCG(1, 2))
	frames := int(seconds * float64(rate))
	samples := make([]int16, frames*channels)
	phase := 0.0
	for i := range frames {
		at := float64(i) / float64(rate)
		phase += 2 * math.Pi * (140 + 30*math.Sin(2*math.Pi*1.3*at)) / float64(rate)
		syllable := 0.55 + 0.45*math.Sin(2*math.Pi*4*at)
		breath := 0.05 * noise.NormFloat64()
		for ch := range channels {
			v := breath
			for h := 1.0; h*170 < min(9000, float64(rate)/2); h += 1 + math.Floor(h/12) {
				v += math.Sin(h*phase+0.3*float64(ch)) / h
			}
			level := 6000 - 2000*float64(ch)
			samples[i*channels+ch] = int16(max(-32768, min(32767, v*syllable*level)))
		}
	}
	return samples
}

// loudness is the power of samples in dB of full scale.
func loudness(samples []int16) float64 {
	power := 1e-3
	for _, s := range samples {
		power += float64(s) * float64(s)
	}
	return 10 * math.Log10(power/float64(len(samples))/(1<<30))
}

// snr compares samples with what they should be, in dB.
func snr(got, want []int16) float64 {
	n := min(len(got), len(want))
	signal, noise := 1e-3, 1e-3
	for i := range n {
		d := float64(got[i]) - float64(want[i])
		signal += float64(want[i]) * float64(want[i])
		noise += d * d
	}
	return 10 * math.Log10(signal/noise)
}
