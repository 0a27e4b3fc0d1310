// The choice of motion vectors, RFC 6386 §5 and §18.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// proposal is what a macroblock's neighbours propose, as decoders will see it.
type proposal struct {
	best, nearest, near motionVector // clamped
	probs               [4]uint8     // of the mode tree
}

// propose asks the neighbours of the macroblock.
func (e *Encoder) propose(col, row int) (p proposal) {
	e.d.col = col
	c := e.d.candidates(refLast)
	limits := e.d.vectorBounds(col, row)
	for i, n := range c.counts {
		p.probs[i] = interModeContexts[n%6][i]
	}
	p.best, p.nearest, p.near = limits.clamp(c.best), limits.clamp(c.nearest), limits.clamp(c.near)
	return p
}

// search is the search for one macroblock's vector in the last frame.
type search struct {
	e        *Encoder
	proposal *proposal
	ref      *picture
	luma     source
	col, row int
	at       int // of the macroblock in the planes of all pictures

	mode uint8
	mv   motionVector
	cost int
}

// chooseInter finds mode and vector of least cost.
func (e *Encoder) chooseInter(p *picture, c *proposal, col, row int) (mode uint8, mv motionVector, cost int) {
	ref := e.d.refs[refLast]
	s := search{
		e: e, proposal: c, ref: ref, col: col, row: row, cost: maxCost,
		luma: ref.sources[0],
		at:   p.y0 + 16*(row*p.YStride+col),
	}
	s.try(modeZero, motionVector{})
	if c.nearest != (motionVector{}) {
		s.try(modeNearest, c.nearest)
	}
	if c.near != (motionVector{}) {
		s.try(modeNear, c.near)
	}
	if s.cost > e.stillCost {
		s.fullPixels()
		s.fractions()
	}
	return s.mode, s.mv, s.cost
}

// sad compares the macroblock with the reference at a vector.
func (s *search) sad(mv motionVector) int {
	e, src := s.e, s.e.src
	if mv.x&3 == 0 && mv.y&3 == 0 && s.inside(int(mv.x)>>2, int(mv.y)>>2) {
		from := s.at + int(mv.y)>>2*s.ref.YStride + int(mv.x)>>2
		return dsp.SAD(src.Y, s.at, src.YStride, s.ref.Y, from, s.ref.YStride, 16)
	}
	e.d.predict(&s.luma, e.scratch[:], 0, 16, 16*s.col, 16*s.row, 16, 2*int(mv.x), 2*int(mv.y))
	return dsp.SAD(src.Y, s.at, src.YStride, e.scratch[:], 0, 16, 16)
}

// inside tells if the reference block at whole pixels from here is in the picture.
func (s *search) inside(x, y int) bool {
	x, y = x+16*s.col, y+16*s.row
	return x >= 0 && y >= 0 && x <= s.luma.width-16 && y <= s.luma.height-16
}

// try takes a mode and its vector if they are better.
func (s *search) try(mode uint8, mv motionVector) {
	c := s.sad(mv) + s.e.price(pathCost(interModePaths[mode], s.proposal.probs[:]))
	if c < s.cost {
		s.mode, s.mv, s.cost = mode, mv, c
	}
}

// tryNew takes a new vector if it is better.
func (s *search) tryNew(mv motionVector) bool {
	x, y := int(mv.x)-int(s.proposal.best.x), int(mv.y)-int(s.proposal.best.y)
	if max(x, y, -x, -y) > maxDifference {
		return false
	}
	bits := int(s.e.vectorCosts[0][y+maxDifference]) + int(s.e.vectorCosts[1][x+maxDifference]) +
		pathCost(interModePaths[modeNew], s.proposal.probs[:])
	price := s.e.price(bits)
	if price >= s.cost {
		return false
	}
	if c := s.sad(mv) + price; c < s.cost {
		s.mode, s.mv, s.cost = modeNew, mv, c
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
	centre := motionVector{(s.mv.x + 2) &^ 3, (s.mv.y + 2) &^ 3}
	if s.inside(int(centre.x)>>2, int(centre.y)>>2) && centre != s.mv {
		s.tryNew(centre)
	}
	for step := s.e.speed.step; step > 0; step >>= 1 {
		for range s.e.speed.walk {
			centre = motionVector{(s.mv.x + 2) &^ 3, (s.mv.y + 2) &^ 3}
			moved := false
			for _, c := range cross {
				mv := centre.add(motionVector{4 * step * c.x, 4 * step * c.y})
				if s.inside(int(mv.x)>>2, int(mv.y)>>2) {
					moved = s.tryNew(mv) || moved
				}
			}
			if !moved {
				break
			}
		}
	}
}

// fractions refines to halves, then to quarters of a pixel.
func (s *search) fractions() {
	for step := int16(2); step >= s.e.speed.fraction; step >>= 1 {
		centre := s.mv
		for _, c := range cross {
			s.tryNew(centre.add(motionVector{step * c.x, step * c.y}))
		}
		if !s.e.speed.square {
			continue
		}
		for _, c := range square {
			s.tryNew(centre.add(motionVector{step * c.x, step * c.y}))
		}
	}
}
