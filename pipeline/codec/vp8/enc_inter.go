// The choice of references and motion vectors, RFC 6386 §5 and §18.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// proposal is what a macroblock's neighbours propose, as decoders will see
// it. It is the same for all references, whose sign biases are never set.
type proposal struct {
	best, nearest, near motionVector // clamped
	probs               [4]uint8     // of the mode tree
	modeBits            [modeSplit + 1 - modeNearest]int
}

// propose asks the neighbours of the macroblock.
func (w *worker) propose() (p proposal) {
	w.d.col = w.col
	c := w.d.candidates(refLast)
	limits := w.d.vectorBounds(w.col, w.row)
	for i, n := range c.counts {
		p.probs[i] = interModeContexts[n%6][i]
	}
	p.best, p.nearest, p.near = limits.clamp(c.best), limits.clamp(c.nearest), limits.clamp(c.near)
	for i := range p.modeBits {
		p.modeBits[i] = pathCost(interModePaths[i], p.probs[:])
	}
	return p
}

// vectorBits is what a new vector costs, and false if it cannot be coded.
func (w *worker) vectorBits(mv motionVector) (bits int, ok bool) {
	x, y := int(mv.x)-int(w.proposal.best.x), int(mv.y)-int(w.proposal.best.y)
	if max(x, y, -x, -y) > maxDifference {
		return 0, false
	}
	return int(w.e.vectorCosts[0][y+maxDifference]) + int(w.e.vectorCosts[1][x+maxDifference]), true
}

// search is the search for one macroblock's vector in one reference.
type search struct {
	w    *worker
	ref  uint8
	luma *source
	best choice
}

// chooseInter finds reference, mode and vector of least cost.
func (w *worker) chooseInter() choice {
	e := w.e
	s := search{w: w, best: choice{cost: maxCost}}
	s.in(refLast)
	s.tryProposed()
	if s.best.cost > e.stillCost {
		s.fullPixels()
		s.fractions()
	}
	if s.best.cost > e.longCost {
		for _, ref := range e.long {
			s.in(ref)
			s.tryProposed()
			if e.speed.long || s.best.ref == ref && s.best.cost > e.longCost {
				s.fullPixels()
				s.fractions()
			}
		}
	}
	if s.best.cost > e.splitCost && e.speed.split < 16 {
		w.chooseSplit(&s.best)
	}
	return s.best
}

// in goes on in a reference.
func (s *search) in(ref uint8) { s.ref, s.luma = ref, &s.w.d.refs[ref].sources[0] }

// sad compares a square of the macroblock, at x, y inside of it, with the
// reference at a vector.
func (s *search) sad(mv motionVector, x, y, size int) int {
	w, src := s.w, s.w.e.src
	at := w.y + y*src.YStride + x
	if mv.x&3 == 0 && mv.y&3 == 0 && s.inside(mv) {
		from := at + int(mv.y)>>2*s.luma.stride + int(mv.x)>>2
		return dsp.SAD(src.Y, at, src.YStride, s.luma.pix, from, s.luma.stride, size)
	}
	w.d.predict(s.luma, w.scratch[:], 0, 16, 16*w.col+x, 16*w.row+y, size, 2*int(mv.x), 2*int(mv.y))
	return dsp.SAD(src.Y, at, src.YStride, w.scratch[:], 0, 16, size)
}

// near tells if the macroblock is in the reference at a vector, or less than
// its size out of it.
func (s *search) near(mv motionVector) bool {
	x, y := int(mv.x)>>2+16*s.w.col, int(mv.y)>>2+16*s.w.row
	return x > -16 && y > -16 && x < s.luma.width && y < s.luma.height
}

// inside tells if all of the macroblock is in the reference at a vector.
func (s *search) inside(mv motionVector) bool {
	x, y := int(mv.x)>>2+16*s.w.col, int(mv.y)>>2+16*s.w.row
	return x >= 0 && y >= 0 && x <= s.luma.width-16 && y <= s.luma.height-16
}

// take makes a choice the best.
func (s *search) take(mode uint8, mv motionVector, cost int) {
	s.best.neighbour, s.best.cost = neighbour{mv: mv, ref: s.ref, yMode: mode}, cost
}

// tryProposed tries the vectors that have a mode of their own.
func (s *search) tryProposed() {
	p := &s.w.proposal
	s.try(modeZero, motionVector{})
	if p.nearest != (motionVector{}) {
		s.try(modeNearest, p.nearest)
	}
	if p.near != (motionVector{}) {
		s.try(modeNear, p.near)
	}
}

// try takes a mode and its vector if they are better.
func (s *search) try(mode uint8, mv motionVector) {
	price := s.w.e.price(s.w.proposal.modeBits[mode-modeNearest] + s.w.e.refBits[s.ref])
	if price >= s.best.cost {
		return
	}
	if c := price + s.sad(mv, 0, 0, 16); c < s.best.cost {
		s.take(mode, mv, c)
	}
}

// tryNew takes a new vector if it is better.
func (s *search) tryNew(mv motionVector) bool {
	bits, ok := s.w.vectorBits(mv)
	if !ok {
		return false
	}
	price := s.w.e.price(bits + s.w.proposal.modeBits[modeNew-modeNearest] + s.w.e.refBits[s.ref])
	if price >= s.best.cost {
		return false
	}
	if c := price + s.sad(mv, 0, 0, 16); c < s.best.cost {
		s.take(modeNew, mv, c)
		return true
	}
	return false
}

// cross is the points of a diamond, square what an exhaustive step adds.
var (
	cross  = [4]motionVector{{0, -1}, {-1, 0}, {1, 0}, {0, 1}}
	square = [4]motionVector{{-1, -1}, {1, -1}, {-1, 1}, {1, 1}}
)

// fullPixels walks by diamonds of ever smaller size from the best vector so
// far. Its vectors stay inside of the picture.
func (s *search) fullPixels() {
	centre := s.best.mv.whole()
	if s.near(centre) && centre != s.best.mv {
		s.tryNew(centre)
	}
	speed := &s.w.e.speed
	for step := speed.step; step > 0; step >>= 1 {
		for range speed.walk {
			centre = s.best.mv.whole()
			moved := false
			for _, c := range cross {
				mv := centre.add(motionVector{4 * step * c.x, 4 * step * c.y})
				if s.near(mv) {
					moved = s.tryNew(mv) || moved
				}
			}
			if !moved && s.w.e.speed.square {
				for _, c := range square {
					mv := centre.add(motionVector{4 * step * c.x, 4 * step * c.y})
					if s.near(mv) {
						moved = s.tryNew(mv) || moved
					}
				}
			}
			if !moved {
				break
			}
		}
	}
}

// whole rounds to whole pixels.
func (v motionVector) whole() motionVector { return motionVector{(v.x + 2) &^ 3, (v.y + 2) &^ 3} }

// fractions refines to halves, then to quarters of a pixel.
func (s *search) fractions() {
	speed := &s.w.e.speed
	for step := int16(2); step >= speed.fraction; step >>= 1 {
		centre := s.best.mv
		for _, c := range cross {
			s.tryNew(centre.add(motionVector{step * c.x, step * c.y}))
		}
		if !speed.square {
			continue
		}
		for _, c := range square {
			s.tryNew(centre.add(motionVector{step * c.x, step * c.y}))
		}
	}
}
