package i420

// Scaler scales pictures of one size to another. It keeps tables and rows for that, so that nothing is allocated per
// picture; it belongs to one goroutine at a time. Halves and quarters are exact means of 2×2 and 4×4 pixels; what is made
// larger, or smaller by less than half, is interpolated linearly; what gets still smaller is the mean over the area that
// each new pixel covers.
type Scaler struct {
	srcWidth, srcHeight int
	dstWidth, dstHeight int
	scale               func(dst, src plane, t *tables)
	luma, chroma        tables
}

// NewScaler prepares to scale. Sizes are from 1 to MaxSize.
func NewScaler(dstWidth, dstHeight, srcWidth, srcHeight int) *Scaler {
	s := &Scaler{srcWidth: srcWidth, srcHeight: srcHeight, dstWidth: dstWidth, dstHeight: dstHeight}
	shrinks := func(n int) bool {
		return srcWidth == n*dstWidth && srcHeight == n*dstHeight && dstWidth%2 == 0 && dstHeight%2 == 0
	}
	switch {
	case srcWidth == dstWidth && srcHeight == dstHeight:
		s.scale = copyPlane
	case shrinks(2):
		s.scale = halve
	case shrinks(4):
		s.scale = quarter
	default:
		s.scale = filter
		s.luma = newTables(dstWidth, dstHeight, srcWidth, srcHeight)
		s.chroma = newTables((dstWidth+1)/2, (dstHeight+1)/2, (srcWidth+1)/2, (srcHeight+1)/2)
	}
	return s
}

// Scale fills dst with src. Both must have the sizes that s was made for.
func (s *Scaler) Scale(dst, src *Picture) {
	mustMatch(s.srcWidth, s.srcHeight, src)
	mustMatch(s.dstWidth, s.dstHeight, dst)
	from, to := src.planes(), dst.planes()
	s.scale(to[0], from[0], &s.luma)
	s.scale(to[1], from[1], &s.chroma)
	s.scale(to[2], from[2], &s.chroma)
}

func copyPlane(dst, src plane, _ *tables) {
	for y := range dst.height {
		copy(dst.row(y), src.row(y))
	}
}

func halve(dst, src plane, _ *tables) {
	for y := range dst.height {
		a, b, to := src.row(2*y), src.row(2*y+1), dst.row(y)
		for x := range to {
			a2, b2 := a[2*x:2*x+2:2*x+2], b[2*x:2*x+2:2*x+2]
			to[x] = byte((uint(a2[0]) + uint(a2[1]) + uint(b2[0]) + uint(b2[1]) + 2) >> 2)
		}
	}
}

func quarter(dst, src plane, _ *tables) {
	for y := range dst.height {
		to := dst.row(y)
		r0, r1, r2, r3 := src.row(4*y), src.row(4*y+1), src.row(4*y+2), src.row(4*y+3)
		sum := func(r []byte) uint { return uint(r[0]) + uint(r[1]) + uint(r[2]) + uint(r[3]) }
		for x := range to {
			i := 4 * x
			to[x] = byte((sum(r0[i:i+4]) + sum(r1[i:i+4]) + sum(r2[i:i+4]) + sum(r3[i:i+4]) + 8) >> 4)
		}
	}
}

// tables say which pixels of the source make one of the result, for one plane: filters along both axes.
type tables struct {
	across, down taps
	rows         [][]uint16 // of the source, filtered across, as many as one row of the result needs
	number       []int      // which row of the source is in rows, -1: none
	sums         []uint32   // one row of the result in the making
}

// taps are the weights along one axis. Weights of one pixel of the result add up to one.
type taps struct {
	n       int // for each pixel
	start   []int32
	weights []uint16 // n for each pixel
}

// one is the weight of everything. A row that is filtered across has 8 bits and these 6 behind the point.
const (
	oneBits = 6
	one     = 1 << oneBits
	// fineBits are those of weights: they must tell the shares of many pixels.
	fineBits = 14
	fine     = 1 << fineBits
)

func newTables(dstWidth, dstHeight, srcWidth, srcHeight int) tables {
	t := tables{across: newTaps(dstWidth, srcWidth), down: newTaps(dstHeight, srcHeight), sums: make([]uint32, dstWidth)}
	for range t.down.n {
		t.rows = append(t.rows, make([]uint16, dstWidth))
		t.number = append(t.number, -1)
	}
	return t
}

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
		t.weights = append(t.weights, uint16(fine-share), uint16(share))
	}
	return t
}

// areaTaps are the shares of the pixels that one of the result covers.
func areaTaps(dst, src int) taps {
	t := taps{n: (src+dst-1)/dst + 1, start: make([]int32, dst)}
	t.n = min(t.n, src)
	for i := range dst {
		// Pixel i covers from i·src to (i+1)·src, pixel j of the source from j·dst to (j+1)·dst.
		low, high := i*src, (i+1)*src
		first := min(low/dst, src-t.n)
		t.start[i] = int32(first)
		left := fine
		weights := make([]uint16, t.n)
		largest := 0
		for k := range weights {
			covered := max(0, min(high, (first+k+1)*dst)-max(low, (first+k)*dst))
			w := covered * fine / src
			weights[k] = uint16(w)
			left -= w
			if weights[k] > weights[largest] {
				largest = k
			}
		}
		weights[largest] += uint16(left) // what rounding has left over
		t.weights = append(t.weights, weights...)
	}
	return t
}

// filter scales a plane along both axes.
func filter(dst, src plane, t *tables) {
	for i := range t.number {
		t.number[i] = -1
	}
	n := t.down.n
	for y := range dst.height {
		first := int(t.down.start[y])
		for r := first; r < first+n; r++ {
			if slot := r % n; t.number[slot] != r {
				filterAcross(t.rows[slot], src.row(r), &t.across)
				t.number[slot] = r
			}
		}
		weights := t.down.weights[y*n : (y+1)*n]
		if n == 2 {
			blendRows(dst.row(y), t.rows[first%2], t.rows[(first+1)%2], weights)
			continue
		}
		t.sumRows(dst.row(y), first, weights)
	}
}

func filterAcross(to []uint16, from []byte, t *taps) {
	const round, shift = 1 << (fineBits - oneBits - 1), fineBits - oneBits
	starts := t.start[:len(to)]
	if t.n == 2 {
		for x, s := range starts {
			pair, w := from[s:s+2:s+2], t.weights[2*x:2*x+2:2*x+2]
			to[x] = uint16((uint32(pair[0])*uint32(w[0]) + uint32(pair[1])*uint32(w[1]) + round) >> shift)
		}
		return
	}
	weights := t.weights
	for x, s := range starts {
		sum := uint32(round)
		these := weights[:t.n]
		weights = weights[t.n:]
		pixels := from[s:][:len(these)]
		for k, w := range these {
			sum += uint32(pixels[k]) * uint32(w)
		}
		to[x] = uint16(sum >> shift)
	}
}

const (
	downRound = 1 << (fineBits + oneBits - 1)
	downShift = fineBits + oneBits
)

func blendRows(to []byte, a, b []uint16, weights []uint16) {
	wa, wb := uint32(weights[0]), uint32(weights[1])
	a, b = a[:len(to)], b[:len(to)]
	for x := range to {
		to[x] = byte((uint32(a[x])*wa + uint32(b[x])*wb + downRound) >> downShift)
	}
}

func (t *tables) sumRows(to []byte, first int, weights []uint16) {
	sums := t.sums[:len(to)]
	for x := range sums {
		sums[x] = downRound
	}
	for k, w := range weights {
		row := t.rows[(first+k)%len(weights)][:len(sums)]
		for x := range sums {
			sums[x] += uint32(row[x]) * uint32(w)
		}
	}
	for x := range to {
		to[x] = byte(sums[x] >> downShift)
	}
}
