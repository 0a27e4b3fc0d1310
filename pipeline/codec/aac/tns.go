package aac

import (
	"errors"
	"math"
)

// maxOrder is TNS_MAX_ORDER of the low complexity profile for long windows; the
// syntax allows more.
const (
	maxOrder      = 12
	maxShortOrder = 7
)

// tnsData is tns_data (ISO/IEC 14496-3 table 4.54): temporal noise shaping, a
// prediction along the frequency.
type tnsData struct {
	present bool
	count   [8]int
	filters [8][3]tnsFilter
}

type tnsFilter struct {
	length, order int
	down          bool
	coefficients  [maxOrder]float32 // of the reflection
}

func (t *tnsData) read(r *bitReader, info *icsInfo) error {
	countBits, lengthBits, orderBits, highest := 2, 6, 5, maxOrder
	if info.sequence == eightShort {
		countBits, lengthBits, orderBits, highest = 1, 4, 3, maxShortOrder
	}
	for w := range info.windows() {
		t.count[w] = r.bits(countBits)
		if t.count[w] == 0 {
			continue
		}
		resolution := 3 + r.bits(1)
		for i := range t.count[w] {
			f := &t.filters[w][i]
			f.length, f.order = r.bits(lengthBits), r.bits(orderBits)
			if f.order > highest {
				return errors.New("aac: TNS of too high an order")
			}
			if f.order == 0 {
				continue
			}
			f.down = r.flag()
			n := resolution - r.bits(1) // coef_compress
			for j := range f.order {
				v := r.bits(n)
				if v >= 1<<(n-1) {
					v -= 1 << n
				}
				f.coefficients[j] = reflection(v, resolution)
			}
		}
	}
	return nil
}

// reflection is the inverse quantization of a coefficient (§4.6.9.3).
func reflection(v, resolution int) float32 {
	steps := float64(int(1)<<(resolution-1)) - 0.5
	if v < 0 {
		steps++
	}
	return float32(math.Sin(float64(v) * math.Pi / 2 / steps))
}

// apply filters the spectrum (§4.6.9.3), from the highest band down.
func (t *tnsData) apply(spectrum *[frameSize]float32, info *icsInfo, rateIndex int) {
	if !t.present {
		return
	}
	highest := tnsLongBands[rateIndex]
	if info.sequence == eightShort {
		highest = tnsShortBands[rateIndex]
	}
	highest = min(highest, info.maxSFB)
	for w := range info.windows() {
		lines := spectrum[w*shortSize:]
		bottom := len(info.bands) - 1
		for i := range t.count[w] {
			f := &t.filters[w][i]
			top := bottom
			bottom = max(top-f.length, 0)
			if f.order > 0 {
				f.filter(lines[info.bands[min(bottom, highest)]:info.bands[min(top, highest)]])
			}
		}
	}
}

// filter runs the all-pole filter over some lines, up or down.
func (f *tnsFilter) filter(lines []float32) {
	var a [maxOrder + 1]float32 // from reflection to direct form
	for m := 1; m <= f.order; m++ {
		k := f.coefficients[m-1]
		b := a
		for i := 1; i < m; i++ {
			a[i] = b[i] + k*b[m-i]
		}
		a[m] = k
	}
	at := func(i int) *float32 {
		if f.down {
			return &lines[len(lines)-1-i]
		}
		return &lines[i]
	}
	for n := range lines {
		y := *at(n)
		for i := 1; i <= min(n, f.order); i++ {
			y -= a[i] * *at(n - i)
		}
		*at(n) = y
	}
}
