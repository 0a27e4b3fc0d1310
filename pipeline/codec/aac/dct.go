package aac

import "math"

// dct is a discrete cosine transform of type IV of a power of two of values,
// by a complex Fourier transform of half as many. Everything that an inverse
// MDCT is made of (ISO/IEC 14496-3 §4.6.11) is in it, once: see filterbank.go.
type dct struct {
	size    int
	twist   []complex64 // before and after the Fourier transform
	roots   []complex64 // of unity, half a circle
	swapped []int       // the bit reversed indices
	work    []complex64
}

func newDCT(size int) *dct {
	half := size / 2
	d := &dct{size: size, twist: make([]complex64, half), roots: make([]complex64, half/2),
		swapped: make([]int, half), work: make([]complex64, half)}
	unit := func(angle float64) complex64 {
		sin, cos := math.Sincos(angle)
		return complex(float32(cos), float32(sin))
	}
	for i := range d.twist {
		d.twist[i] = unit(-math.Pi * float64(8*i+1) / float64(8*size))
	}
	for i := range d.roots {
		d.roots[i] = unit(-2 * math.Pi * float64(i) / float64(half))
	}
	for i := 1; i < half; i++ {
		d.swapped[i] = d.swapped[i>>1]>>1 | i&1*half/2
	}
	return d
}

// transform replaces x[k] by Σ x[n] cos(π/size (n+½)(k+½)).
func (d *dct) transform(x []float32) {
	x = x[:d.size]
	last := d.size - 1
	for i, twist := range d.twist {
		d.work[d.swapped[i]] = complex(x[2*i], x[last-2*i]) * twist
	}
	d.fourier()
	for i, twist := range d.twist {
		v := d.work[i] * twist
		x[2*i], x[last-2*i] = real(v), -imag(v)
	}
}

// fourier transforms the bit reversed work in place, two values, then four, and so on.
func (d *dct) fourier() {
	work := d.work
	for i := 0; i+1 < len(work); i += 2 {
		work[i], work[i+1] = work[i]+work[i+1], work[i]-work[i+1]
	}
	for half := 2; half < len(work); half *= 2 {
		stride := len(d.roots) / half
		for start := 0; start < len(work); start += 2 * half {
			low, high := work[start:start+half], work[start+half:start+2*half]
			for i := range low {
				turned := high[i] * d.roots[i*stride]
				low[i], high[i] = low[i]+turned, low[i]-turned
			}
		}
	}
}
