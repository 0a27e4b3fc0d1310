package i420

import "math"

// NewBlur prepares to blur pictures of a size by a Gaussian whose standard deviation is sigma, in pixels and more than 0. Blurring
// is scaling to the same size, with other weights.
func NewBlur(width, height int, sigma float64) *Scaler {
	cw, ch := (width+1)/2, (height+1)/2
	return &Scaler{
		srcWidth: width, srcHeight: height, dstWidth: width, dstHeight: height, scale: filter,
		luma:   tables{down: bellTaps(height, sigma), across: bellTaps(width, sigma).pairs(), row: make([]uint16, width+reach)},
		chroma: tables{down: bellTaps(ch, sigma/2), across: bellTaps(cw, sigma/2).pairs(), row: make([]uint16, cw+reach)},
	}
}

// bellTaps are the weights of a Gaussian along an axis of size pixels, as far as 2.5·sigma. At the ends what is beyond is left out.
func bellTaps(size int, sigma float64) taps {
	radius := int(math.Ceil(2.5 * sigma))
	bell := make([]float64, radius+1)
	for d := range bell {
		bell[d] = math.Exp(-float64(d*d) / (2 * sigma * sigma))
	}
	t := taps{n: min(2*radius+2, size), start: make([]int32, size)}
	if t.n%2 != 0 && t.n > 1 {
		t.n-- // an even number; what is lost then is at the end of a plane that is smaller than the bell
	}
	for i := range size {
		first := min(max(i-radius, 0), size-t.n)
		t.start[i] = int32(first)
		sum := 0.0
		for k := range t.n {
			if d := max(first+k-i, i-first-k); d <= radius {
				sum += bell[d]
			}
		}
		left := fine
		weights := make([]int16, t.n)
		for k := range weights {
			if d := max(first+k-i, i-first-k); d <= radius {
				weights[k] = int16(math.Round(bell[d] / sum * fine))
				left -= int(weights[k])
			}
		}
		weights[min(i-first, t.n-1)] += int16(left) // what rounding has left over, in the middle
		t.weights = append(t.weights, weights...)
	}
	return t
}
