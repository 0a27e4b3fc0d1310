// Macroblocks whose parts have vectors of their own, SPLITMV (RFC 6386 §16.3).

package vp8

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

// chooseSplit finds a vector for each quarter of the macroblock, in the
// reference of the best choice so far, and takes the way of cutting that
// costs least, if it costs less.
func (w *worker) chooseSplit(best *choice) {
	s := search{w: w}
	s.in(best.ref)
	// candidates[0] is for the whole, the others are what quarters found.
	candidates := [5]motionVector{best.mv}
	var sads [4][5]int
	for k := range 4 {
		candidates[k+1] = s.refine(best.mv, 8*(k&1), 8*(k>>1), 8)
	}
	for k := range sads {
		for i, mv := range candidates {
			if i > 0 && mv == candidates[0] {
				sads[k][i] = sads[k][0]
				continue
			}
			sads[k][i] = s.sad(mv, 8*(k&1), 8*(k>>1), 8)
		}
	}
	for partitioning := uint8(splitTopBottom); partitioning <= splitQuarters; partitioning++ {
		c := choice{}
		c.neighbour, c.partitioning = neighbour{ref: best.ref, yMode: modeSplit}, partitioning
		c.cost = w.e.price(w.proposal.modeBits[modeSplit-modeNearest] + w.e.refBits[best.ref] + partitionBits[partitioning])
		for part, start := range partStarts[partitioning] {
			least, found := maxCost, motionVector{}
			for i, mv := range candidates {
				cost := w.e.price(w.subVectorBits(&c.macroblock, int(start), mv))
				for k, at := range partStarts[splitQuarters] {
					if int(partitions[partitioning][at]) == part {
						cost += sads[k][i]
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

var partitionBits = func() (t [split4x4 + 1]int) {
	for i := range t {
		t[i] = pathCost(partitionPaths[i], partitionProbs[:])
	}
	return t
}()

// refine looks for a better vector for a square of the macroblock near a given one.
func (s *search) refine(mv motionVector, x, y, size int) motionVector {
	least := s.sad(mv, x, y, size)
	price := func(v motionVector) int {
		bits, ok := s.w.vectorBits(v)
		if !ok {
			return maxCost
		}
		return s.w.e.price(bits)
	}
	for step := int16(8); step >= s.w.e.speed.fraction; step >>= 1 {
		for range 4 {
			centre := mv
			for _, c := range cross {
				to := centre.add(motionVector{step * c.x, step * c.y})
				if !s.inside(to) {
					continue
				}
				if cost := s.sad(to, x, y, size) + price(to); cost < least {
					mv, least = to, cost
				}
			}
			if mv == centre {
				break
			}
		}
	}
	return mv
}
