// The choice of references and modes of inter prediction, RFC 6386 §16.3.

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

// chooseInter finds reference, mode and vectors of least cost.
func (w *worker) chooseInter() choice {
	e := w.e
	s := search{w: w, best: choice{cost: maxCost}}
	s.in(refLast)
	s.tryProposed()
	if s.best.cost > e.searchFrom && !e.speed.plain {
		s.tryNew()
		if s.best.cost > e.searchFrom {
			for _, ref := range e.long {
				s.in(ref)
				s.tryProposed()
				if s.best.ref == ref { // a vector of its own pays here or nowhere
					s.tryNew()
				}
			}
		}
		if e.speed.split < 16 && s.best.cost > e.splitFrom {
			w.chooseSplit(&s.best)
		}
	}
	return s.best
}

// tryProposed tries the vectors that have a mode of their own.
func (s *search) tryProposed() {
	p := &s.w.proposal
	s.try(modeZero, motionVector{}, 0)
	if p.nearest != (motionVector{}) {
		s.try(modeNearest, p.nearest, 0)
	}
	if p.near != (motionVector{}) {
		s.try(modeNear, p.near, 0)
	}
}

// tryNew searches for a vector, and tries it.
func (s *search) tryNew() {
	mv := s.find()
	if bits, ok := s.w.vectorBits(mv); ok {
		s.try(modeNew, mv, bits)
	}
}

// try takes a mode and its vector, which costs so many bits, if they are better.
func (s *search) try(mode uint8, mv motionVector, bits int) {
	e := s.w.e
	price := e.price(bits + s.w.proposal.modeBits[mode-modeNearest] + e.refBits[s.ref])
	if price >= s.best.cost {
		return
	}
	pix, at, stride := s.predicted(mv, 0, 0, 16)
	if c := price + dsp.Variance(e.src.Y, s.w.y, e.src.YStride, pix, at, stride, 16); c < s.best.cost {
		s.best.neighbour, s.best.cost = neighbour{mv: mv, ref: s.ref, yMode: mode}, c
	}
}

// vectorBits is what a new vector costs, and false if it cannot be coded.
func (w *worker) vectorBits(mv motionVector) (bits int, ok bool) {
	x, y := int(mv.x)-int(w.proposal.best.x), int(mv.y)-int(w.proposal.best.y)
	if max(x, y, -x, -y) > maxDifference {
		return 0, false
	}
	return int(w.e.vectorCosts[0].bits[y+maxDifference]) + int(w.e.vectorCosts[1].bits[x+maxDifference]), true
}
