package aac

import "math"

// Window sequences (ISO/IEC 14496-3 table 4.124).
const (
	onlyLong = iota
	longStart
	eightShort
	longStop
)

// frameSize is how many samples of a channel a frame has; shortSize is that of one
// of its eight short windows, and flat is what a start or stop window leaves
// unchanged on each side of its short slope.
const (
	frameSize = 1024
	shortSize = frameSize / 8
	flat      = (frameSize - shortSize) / 2
)

// The rising halves of the windows, by window_shape: sine and Kaiser-Bessel
// derived with alpha 4 for long and 6 for short windows (§4.6.11.3.2).
var (
	longWindows  = [2][]float32{sineWindow(frameSize), kaiserWindow(frameSize, 4)}
	shortWindows = [2][]float32{sineWindow(shortSize), kaiserWindow(shortSize, 6)}
)

func sineWindow(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(math.Sin(math.Pi / float64(2*n) * (float64(i) + 0.5)))
	}
	return w
}

func kaiserWindow(n int, alpha float64) []float32 {
	bessel := func(x float64) float64 {
		sum, term := 1.0, 1.0
		for k := 1.0; term > sum*1e-15; k++ {
			term *= x / 2 / k * (x / 2 / k)
			sum += term
		}
		return sum
	}
	sums := make([]float64, n+1)
	total := 0.0
	for i := range sums {
		x := 2*float64(i)/float64(n) - 1
		total += bessel(math.Pi * alpha * math.Sqrt(max(0, 1-x*x)))
		sums[i] = total
	}
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(math.Sqrt(sums[i] / total))
	}
	return w
}

// filterbank turns spectra into samples; channels share it, their overlap is their own.
type filterbank struct {
	long, short *dct
	time        [2 * frameSize]float32
}

func newFilterbank() *filterbank {
	return &filterbank{long: newDCT(frameSize), short: newDCT(shortSize)}
}

// synthesize transforms a spectrum, which it uses up, adds the overlap of the frame
// before and leaves the next one (§4.6.11.3). The left slope has the shape
// of the frame before, the right one this frame's.
func (f *filterbank) synthesize(out, spectrum, overlap []float32, sequence, before, shape int) {
	time := f.time[:]
	if sequence == eightShort {
		f.eightShort(spectrum, before, shape)
	} else {
		unfold(time, spectrum, f.long)
		left, right := longWindows[before], longWindows[shape]
		if sequence == longStop {
			clear(time[:flat])
			rise(time[flat:], shortWindows[before])
		} else {
			rise(time, left)
		}
		if sequence == longStart {
			fall(time[frameSize+flat:], shortWindows[shape])
			clear(time[2*frameSize-flat:])
		} else {
			fall(time[frameSize:], right)
		}
	}
	for i := range frameSize {
		out[i] = overlap[i] + time[i]
	}
	copy(overlap, time[frameSize:])
}

// eightShort fills time with eight short windows that overlap each other.
func (f *filterbank) eightShort(spectrum []float32, before, shape int) {
	clear(f.time[:])
	var block [2 * shortSize]float32
	for w := range 8 {
		unfold(block[:], spectrum[w*shortSize:][:shortSize], f.short)
		rise(block[:], shortWindows[before])
		fall(block[shortSize:], shortWindows[shape])
		for i, v := range block {
			f.time[flat+w*shortSize+i] += v
		}
		before = shape
	}
}

// unfold is the inverse MDCT of size values to twice as many. Shifted by half a
// block, the cosines of the MDCT are those of the DCT-IV, which go on
// evenly before its beginning and oddly after its end: so the second half
// of c comes first, then c backwards and negative, then its first half negative.
func unfold(time, c []float32, d *dct) {
	d.transform(c)
	size := d.size
	half := size / 2
	scale := 1 / float32(size) // 2/N of §4.6.11.3.1, N being 2·size
	for i := range half {
		a, b := c[half+i]*scale, c[half-1-i]*scale
		time[i], time[size-1-i] = a, -a
		time[size+i], time[2*size-1-i] = -b, -b
	}
}

func rise(time, window []float32) {
	for i, w := range window {
		time[i] *= w
	}
}

func fall(time, window []float32) {
	last := len(window) - 1
	for i := range window {
		time[i] *= window[last-i]
	}
}
