package pcm

import (
	"fmt"
	"math"
	"sync"
)

// The demands on the resampler's filter. Of the lower rate's band up to its
// half, pass is kept and the rest is the slope: at low rates as much as the
// telephone keeps of 8 kHz (3.4 of 4 kHz), at the rates of music 19.8 of 22.05 kHz.
const (
	attenuation = 92.0 // dB, at and above half of the lower rate
	narrowPass  = 0.85
	widePass    = 0.9
	wideFrom    = 32000 // Hz
	maxTaps     = 1 << 19
)

// filter is the low-pass of a pair of rates, cut into phases: interpolated by
// up, then decimated by down. It never changes and is shared.
type filter struct {
	up, down int
	taps     int       // per phase, a multiple of tapsUnit
	phases   []float32 // up × taps; of each phase the oldest sample's factor first
}

var filters struct {
	sync.Mutex
	byRatio map[[3]int]*filter
	taps    int
}

// maxShared bounds the taps that are kept for others: all pairs of the usual
// rates fit, and the rates that files invent do not pile up.
const maxShared = 1 << 21

// dimension tells what the filter of two rates in Hz would be, and its band; ok is false if it would be too large.
func dimension(from, to int) (f *filter, pass float64, ok bool) {
	divisor := gcd(from, to)
	f = &filter{up: to / divisor, down: from / divisor}
	pass = narrowPass
	if min(from, to) >= wideFrom {
		pass = widePass
	}
	// Kaiser's formulas, with frequencies in radians per input sample.
	slope := math.Pi * (1 - pass) * float64(min(from, to)) / float64(from)
	f.taps = int(math.Ceil((attenuation-7.95)/(2.285*slope)/tapsUnit)) * tapsUnit
	return f, pass, f.up <= maxTaps/f.taps
}

// filterFor returns the filter of two rates in Hz.
func filterFor(from, to int) (*filter, error) {
	f, pass, ok := dimension(from, to)
	if !ok {
		return nil, fmt.Errorf("no resampling from %d to %d Hz: the ratio is %d:%d", from, to, f.up, f.down)
	}
	key := [3]int{f.up, f.down, int(100 * pass)}
	filters.Lock()
	defer filters.Unlock()
	if known := filters.byRatio[key]; known != nil {
		return known, nil
	}
	f.design((1 + pass) / 2 * min(1, float64(to)/float64(from)))
	if filters.byRatio == nil {
		filters.byRatio = make(map[[3]int]*filter)
	}
	if filters.taps+len(f.phases) <= maxShared {
		filters.byRatio[key] = f
		filters.taps += len(f.phases)
	}
	return f, nil
}

// design fills the phases with a sinc in Kaiser's window. The cutoff is in half
// input rates. The middle of the window lies on an input sample, so the
// filter delays by exactly taps/2 of them.
func (f *filter) design(cutoff float64) {
	const beta = 0.1102 * (attenuation - 8.7)
	f.phases = make([]float32, f.up*f.taps)
	middle := float64(f.taps / 2)
	phase := make([]float64, f.taps)
	for p := range f.up {
		sum := 0.0
		for j := range phase {
			x := float64(j) + float64(p)/float64(f.up) - middle // in input samples
			phase[j] = sinc(cutoff*x) * bessel(beta*math.Sqrt(max(0, 1-x*x/middle/middle)))
			sum += phase[j]
		}
		for j, v := range phase { // every phase lets silence with an offset through alike
			f.phases[p*f.taps+f.taps-1-j] = float32(v / sum)
		}
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x / 2 / k * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
