// Macroblocks whose parts have vectors of their own, SPLITMV (RFC 6386 §16.3).

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// starts is where the parts of a way of cutting begin.
func starts(partitioning uint8) []uint8 {
	if partitioning == split4x4 {
		return allSubblocks[:]
	}
	return partStarts[partitioning]
}

var allSubblocks = [16]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// subVectorOf is the shortest way to tell a vector.
func subVectorOf(mv, left, above motionVector) int {
	switch mv {
	case left:
		return subLeft
	case above:
		return subAbove
	case motionVector{}:
		return subZero
	}
	return subNew
}

// subVectorBits is what the vector of the part at subblock i costs.
func (w *worker) subVectorBits(m *macroblock, i int, mv motionVector) int {
	left, above := w.d.besides(m, i)
	from := subVectorOf(mv, left, above)
	bits := subVectorCosts[subVectorContext(left, above)][from]
	if from == subNew {
		more, ok := w.vectorBits(mv)
		if !ok {
			return maxCost >> 8
		}
		bits += more
	}
	return bits
}

var subVectorCosts = func() (t [len(subVectorProbs)][subNew + 1]int) {
	for ctx := range t {
		for from := range t[ctx] {
			t[ctx][from] = pathCost(subVectorPaths[from], subVectorProbs[ctx][:])
		}
	}
	return t
}()

var partitionBits = func() (t [split4x4 + 1]int) {
	for i := range t {
		t[i] = pathCost(partitionPaths[i], partitionProbs[:])
	}
	return t
}()

// chooseSplit finds a vector for each quarter of the macroblock, in the
// reference of the best choice so far, and takes the way of cutting that
// costs least, if it costs less.
func (w *worker) chooseSplit(best *choice) {
	s := search{w: w}
	s.in(best.ref)
	// The first vector is that for the whole, the others are what the quarters found.
	vectors := [5]motionVector{best.mv}
	for k := range 4 {
		b := block{x: 8 * (k & 1), y: 8 * (k >> 1), size: 8, cost: maxCost}
		s.start(&b, best.mv)
		s.walk(&b, 8, 4)
		s.fractions(&b)
		vectors[k+1] = b.mv
	}
	var errors [4][5]int // of each quarter with each vector
	src := w.e.src
	for i, mv := range vectors {
		for k := range errors {
			if i > 0 && mv == vectors[0] {
				errors[k][i] = errors[k][0]
				continue
			}
			pix, at, stride := s.predicted(mv, 8*(k&1), 8*(k>>1), 8)
			errors[k][i] = dsp.SSE(src.Y, w.y+8*(k>>1)*src.YStride+8*(k&1), src.YStride, pix, at, stride, 8)
		}
	}
	for partitioning := uint8(splitTopBottom); partitioning <= splitQuarters; partitioning++ {
		c := choice{}
		c.ref, c.yMode, c.partitioning = best.ref, modeSplit, partitioning
		c.cost = w.e.price(w.proposal.modeBits[modeSplit-modeNearest] + w.e.refBits[best.ref] + partitionBits[partitioning])
		for part, start := range partStarts[partitioning] {
			least, found := maxCost, motionVector{}
			for i, mv := range vectors {
				cost := w.e.price(w.subVectorBits(&c.macroblock, int(start), mv))
				for k, at := range partStarts[splitQuarters] {
					if int(partitions[partitioning][at]) == part {
						cost += errors[k][i]
					}
				}
				if cost < least {
					least, found = cost, mv
				}
			}
			c.cost += least
			for i, p := range &partitions[partitioning] {
				if int(p) == part {
					c.mvs[i] = found
				}
			}
		}
		c.mv = c.mvs[15]
		if c.cost < best.cost {
			*best = c
		}
	}
}
