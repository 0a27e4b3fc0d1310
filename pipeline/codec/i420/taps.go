package i420

// taps are the weights along one axis. Weights of one pixel of the result add up to fine.
type taps struct {
	n       int // for each pixel: an even number, but for sources which do not have as many
	start   []int32
	weights []int16 // n for each pixel
}

const (
	// fineBits are those of weights: they must tell the shares of many pixels.
	fineBits = 14
	fine     = 1 << fineBits
	// A row that is filtered down has 8 bits and these behind the point.
	oneBits = 6

	downShift   = fineBits - oneBits
	downRound   = 1 << (downShift - 1)
	acrossShift = fineBits + oneBits
	acrossRound = 1 << (acrossShift - 1)
)

// newTaps computes the weights for dst pixels out of src.
func newTaps(dst, src int) taps {
	if src > 2*dst {
		return areaTaps(dst, src)
	}
	return linearTaps(dst, src)
}

// linearTaps interpolate between the centres of two pixels.
func linearTaps(dst, src int) taps {
	t := taps{n: min(2, src), start: make([]int32, dst)}
	for i := range dst {
		// The centre of pixel i in units of the source, from the centre of its first pixel, times 2·dst.
		at := max(0, (2*i+1)*src-dst)
		first := at / (2 * dst)
		share := (at%(2*dst)*fine + dst) / (2 * dst)
		if first >= src-1 {
			first, share = max(0, src-2), fine
		}
		t.start[i] = int32(first)
		if t.n == 1 {
			t.weights = append(t.weights, fine)
			continue
		}
		t.weights = append(t.weights, int16(fine-share), int16(share))
	}
	return t
}

// areaTaps are the shares of the pixels that one of the result covers.
func areaTaps(dst, src int) taps {
	n := src / dst
	if src%dst != 0 {
		n += 2 // some of the pixels cover a part of one more at either side
	}
	t := taps{n: min(n+n&1, src), start: make([]int32, dst)}
	for i := range dst {
		// Pixel i covers from i·src to (i+1)·src, pixel j of the source from j·dst to (j+1)·dst.
		low, high := i*src, (i+1)*src
		first := min(low/dst, src-t.n)
		t.start[i] = int32(first)
		left := fine
		weights := make([]int16, t.n)
		largest := 0
		for k := range weights {
			covered := max(0, min(high, (first+k+1)*dst)-max(low, (first+k)*dst))
			w := covered * fine / src
			weights[k] = int16(w)
			left -= w
			if weights[k] > weights[largest] {
				largest = k
			}
		}
		weights[largest] += int16(left) // what rounding has left over
		t.weights = append(t.weights, weights...)
	}
	return t
}

// pairs are taps in the order in which many pixels of the result are made at once: the first pair of weights for all
// pixels, then the second, and so on.
type pairs struct {
	n       int // for each pixel
	start   []int32
	weights []int16 // 2 for each pixel, n times
	shuffle []byte  // see newShuffle
}

// pairs returns the same taps in the other order; if their number is odd the last pair has a weight of 0.
func (t taps) pairs() pairs {
	p := pairs{n: (t.n + 1) / 2, start: t.start, weights: make([]int16, 2*len(t.start)*((t.n+1)/2))}
	for i := range t.start {
		for k, w := range t.weights[i*t.n:][:t.n] {
			p.weights[2*(k/2*len(t.start)+i)+k%2] = w
		}
	}
	if p.n == 1 {
		p.shuffle = newShuffle(p.start)
	}
	return p
}

// reach is how many pixels four pairs one after the other may be spread over, so that one load has them all.
const reach = 8

// newShuffle says for each pixel which four bytes behind the first pair of a group of four are its pair. It is nil if some
// group has pixels beyond reach.
func newShuffle(start []int32) []byte {
	shuffle := make([]byte, 4*len(start))
	for i, s := range start {
		at := byte(2 * (s - start[i&^3]))
		if at > 2*(reach-2) {
			return nil
		}
		copy(shuffle[4*i:], []byte{at, at + 1, at + 2, at + 3})
	}
	return shuffle
}
