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

// chooseSplit tries to cut the macroblock into parts, in the reference of the
// best choice so far, and takes the way of cutting that costs least, if it
// costs less.
func (w *worker) chooseSplit(best *choice) {
	s := search{w: w}
	s.in(best.ref)
	var q quarters
	s.findQuarters(&q, best.mv)
	for partitioning := uint8(splitTopBottom); partitioning <= splitQuarters; partitioning++ {
		c := w.split(best.ref, partitioning)
		for part, start := range partStarts[partitioning] {
			mv, cost := q.choose(w, &c.macroblock, partitioning, part, int(start))
			c.cost += cost
			for i, p := range &partitions[partitioning] {
				if int(p) == part {
					c.mvs[i] = mv
				}
			}
		}
		if c.mv = c.mvs[15]; c.cost < best.cost {
			*best = c
		}
	}
	if w.e.speed.split == 4 && best.partitioning == splitQuarters && best.yMode == modeSplit {
		s.splitFurther(best)
	}
}

// split is a choice of parts without vectors yet, and what it costs to say so.
func (w *worker) split(ref, partitioning uint8) (c choice) {
	c.ref, c.yMode, c.partitioning = ref, modeSplit, partitioning
	c.cost = w.e.price(w.proposal.modeBits[modeSplit-modeNearest] + w.e.refBits[ref] + partitionBits[partitioning])
	return c
}

// quarters are vectors for quarters of a macroblock, and the squared errors of
// each quarter with each of them. The first vector is that of the whole, the
// others are what the quarters found; larger parts take whichever suits.
type quarters struct {
	vectors [5]motionVector
	errors  [4][5]int
}

func (s *search) findQuarters(q *quarters, whole motionVector) {
	q.vectors[0] = whole
	for k := range 4 {
		b := block{x: 8 * (k & 1), y: 8 * (k >> 1), size: 8, cost: maxCost}
		s.start(&b, whole)
		s.walk(&b, 8, 4)
		s.fractions(&b)
		q.vectors[k+1] = b.mv
	}
	for i, mv := range q.vectors {
		for k := range q.errors {
			if i > 0 && mv == whole {
				q.errors[k][i] = q.errors[k][0]
			} else {
				q.errors[k][i] = s.error(mv, 8*(k&1), 8*(k>>1), 8)
			}
		}
	}
}

// error is the squared error of a square of the macroblock with a vector.
func (s *search) error(mv motionVector, x, y, size int) int {
	src := s.w.e.src
	pix, at, stride := s.predicted(mv, x, y, size)
	return dsp.SSE(src.Y, s.w.y+y*src.YStride+x, src.YStride, pix, at, stride, size)
}

// choose finds the vector that suits a part best; m has those before it.
func (q *quarters) choose(w *worker, m *macroblock, partitioning uint8, part, start int) (found motionVector, least int) {
	least = maxCost
	for i, mv := range q.vectors {
		cost := w.e.price(w.subVectorBits(m, start, mv))
		for k, at := range partStarts[splitQuarters] {
			if int(partitions[partitioning][at]) == part {
				cost += q.errors[k][i]
			}
		}
		if cost < least {
			found, least = mv, cost
		}
	}
	return found, least
}

// splitFurther cuts quarters into subblocks, each of which takes the vector of
// its quarter, of a neighbour, or one of its own.
func (s *search) splitFurther(best *choice) {
	w := s.w
	c := w.split(best.ref, split4x4)
	for i := range c.mvs {
		x, y := 4*(i&3), 4*(i>>2)
		b := block{x: x, y: y, size: 4, cost: maxCost}
		s.start(&b, best.mvs[i])
		s.walk(&b, 4, 2)
		s.fractions(&b)
		left, above := w.d.besides(&c.macroblock, i)
		least := maxCost
		for _, mv := range [4]motionVector{b.mv, best.mvs[i], left, above} {
			if !s.touches(mv) {
				continue
			}
			if cost := w.e.price(w.subVectorBits(&c.macroblock, i, mv)) + s.error(mv, x, y, 4); cost < least {
				c.mvs[i], least = mv, cost
			}
		}
		if c.cost += least; c.cost >= best.cost {
			return
		}
	}
	c.mv = c.mvs[15]
	*best = c
}
