package gstreamer

import (
	"math"

	"github.com/rivero-media/rivero/elements/filter"
)

// equalizer3 makes three ranges of frequency louder or quieter: below 100 Hz, around 1100 Hz, and above 11 kHz.
type equalizer3 struct {
	Band0 float64 `gst:"band0,0,-24,12"` // dB
	Band1 float64 `gst:"band1,0,-24,12"`
	Band2 float64 `gst:"band2,0,-24,12"`

	bands [3]biquad
}

func (e *equalizer3) update(string) {
	e.bands[0].lowShelf(100, e.Band0)
	e.bands[1].peak(1100, e.Band1)
	e.bands[2].highShelf(11000, e.Band2)
}

func (e *equalizer3) sound(samples []int16) {
	if e.Band0 == 0 && e.Band1 == 0 && e.Band2 == 0 {
		return
	}
	for i, s := range samples {
		v := float64(s)
		for b := range e.bands {
			v = e.bands[b].next(v, i&1)
		}
		samples[i] = round16(float32(v))
	}
}

// biquad is a filter of second order for two channels (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
// coefficients"; W3C note of 2021).
type biquad struct {
	b0, b1, b2, a1, a2 float64
	kept               [2][2]float64 // for each channel
}

func (q *biquad) next(v float64, channel int) float64 {
	k := &q.kept[channel]
	out := q.b0*v + k[0]
	k[0] = q.b1*v - q.a1*out + k[1]
	k[1] = q.b2*v - q.a2*out
	return out
}

func (q *biquad) set(b0, b1, b2, a0, a1, a2 float64) {
	q.b0, q.b1, q.b2, q.a1, q.a2 = b0/a0, b1/a0, b2/a0, a1/a0, a2/a0
}

// terms are what the formulae share: A, cos ω and α, for a slope of 1, or Q = 1/√2.
func terms(frequency, gain float64) (a, cos, alpha float64) {
	sin, cos := math.Sincos(2 * math.Pi * frequency / filter.SampleRate)
	return math.Pow(10, gain/40), cos, sin / math.Sqrt2
}

func (q *biquad) peak(frequency, gain float64) {
	a, cos, alpha := terms(frequency, gain)
	q.set(1+alpha*a, -2*cos, 1-alpha*a, 1+alpha/a, -2*cos, 1-alpha/a)
}

func (q *biquad) lowShelf(frequency, gain float64) {
	a, cos, alpha := terms(frequency, gain)
	root := 2 * math.Sqrt(a) * alpha
	q.set(a*((a+1)-(a-1)*cos+root), 2*a*((a-1)-(a+1)*cos), a*((a+1)-(a-1)*cos-root),
		(a+1)+(a-1)*cos+root, -2*((a-1)+(a+1)*cos), (a+1)+(a-1)*cos-root)
}

func (q *biquad) highShelf(frequency, gain float64) {
	a, cos, alpha := terms(frequency, gain)
	root := 2 * math.Sqrt(a) * alpha
	q.set(a*((a+1)+(a-1)*cos+root), -2*a*((a-1)+(a+1)*cos), a*((a+1)+(a-1)*cos-root),
		(a+1)-(a-1)*cos+root, 2*((a-1)-(a+1)*cos), (a+1)-(a-1)*cos-root)
}
