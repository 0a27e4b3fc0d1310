// The search for motion vectors, RFC 6386 §5 and §18.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// search is the search for one macroblock's vectors in one reference after
// the other. Vectors are compared by sums of absolute differences, of which
// they need many, and choices by what is closer to the bits that are left to
// code, see choice.
type search struct {
	w    *worker
	ref  uint8
	luma *source
	best choice
}

// in goes on in a reference.
func (s *search) in(ref uint8) { s.ref, s.luma = ref, &s.w.d.refs[ref].sources[0] }

// predicted is where the prediction of a square of the macroblock is, x and y
// being its place in the macroblock: in the reference itself, or in scratch.
func (s *search) predicted(mv motionVector, x, y, size int) (pix []byte, at, stride int) {
	w := s.w
	if (mv.x|mv.y)&3 == 0 && s.inside(mv) {
		return s.luma.pix, w.y + y*s.luma.stride + x + int(mv.y)>>2*s.luma.stride + int(mv.x)>>2, s.luma.stride
	}
	w.d.predict(s.luma, w.scratch[:], 0, 16, 16*w.col+x, 16*w.row+y, size, 2*int(mv.x), 2*int(mv.y))
	return w.scratch[:], 0, 16
}

// inside tells if all of the macroblock is in the reference at a vector.
func (s *search) inside(mv motionVector) bool {
	x, y := int(mv.x)>>2+16*s.w.col, int(mv.y)>>2+16*s.w.row
	return x >= 0 && y >= 0 && x <= s.luma.width-16 && y <= s.luma.height-16
}

// touches tells if any of it is.
func (s *search) touches(mv motionVector) bool {
	x, y := int(mv.x)>>2+16*s.w.col, int(mv.y)>>2+16*s.w.row
	return x > -16 && y > -16 && x < s.luma.width && y < s.luma.height
}

// A square of the macroblock that a vector is searched for.
type block struct {
	x, y, size int
	mv         motionVector // the best so far
	cost       int
}

// cost is that of a vector for a block, in sums of absolute differences.
func (s *search) cost(b *block, mv motionVector) int {
	bits, ok := s.w.vectorBits(mv)
	if !ok || !s.touches(mv) {
		return maxCost
	}
	price := s.w.e.sadPrice(bits)
	if price >= b.cost {
		return maxCost
	}
	src := s.w.e.src
	pix, at, stride := s.predicted(mv, b.x, b.y, b.size)
	return price + dsp.SAD(src.Y, s.w.y+b.y*src.YStride+b.x, src.YStride, pix, at, stride, b.size)
}

// move takes the best of four vectors around a centre if it is better.
func (s *search) move(b *block, centre motionVector, around *[4]motionVector, step int16) (moved bool) {
	if (centre.x|centre.y|step)&3 == 0 && s.inside(centre.add(motionVector{-step, -step})) && s.inside(centre.add(motionVector{step, step})) {
		return s.moveInside(b, centre, around, step)
	}
	for _, v := range around {
		mv := centre.add(motionVector{step * v.x, step * v.y})
		if c := s.cost(b, mv); c < b.cost {
			b.mv, b.cost, moved = mv, c, true
		}
	}
	return moved
}

// moveInside is move by whole pixels inside of the picture.
func (s *search) moveInside(b *block, centre motionVector, around *[4]motionVector, step int16) (moved bool) {
	var at [4]int
	for i, v := range around {
		_, at[i], _ = s.predicted(centre.add(motionVector{step * v.x, step * v.y}), b.x, b.y, b.size)
	}
	src := s.w.e.src
	sads := dsp.SADRect4(src.Y, s.w.y+b.y*src.YStride+b.x, src.YStride, s.luma.pix, &at, s.luma.stride, b.size, b.size)
	for i, v := range around {
		if sads[i] >= b.cost {
			continue
		}
		mv := centre.add(motionVector{step * v.x, step * v.y})
		if bits, ok := s.w.vectorBits(mv); ok {
			if c := sads[i] + s.w.e.sadPrice(bits); c < b.cost {
				b.mv, b.cost, moved = mv, c, true
			}
		}
	}
	return moved
}

// cross is the points of a diamond, square what an exhaustive step adds.
var (
	cross  = [4]motionVector{{0, -1}, {-1, 0}, {1, 0}, {0, 1}}
	square = [4]motionVector{{-1, -1}, {1, -1}, {-1, 1}, {1, 1}}
)

// find finds a vector for the macroblock, near the best one so far.
func (s *search) find() motionVector {
	speed := &s.w.e.speed
	b := block{size: 16, cost: maxCost}
	s.start(&b, s.best.mv.whole())
	s.start(&b, s.w.proposal.best.whole())
	s.walk(&b, 4*speed.step, speed.walk)
	s.fractions(&b)
	return b.mv
}

// start takes a vector to start from if it is better.
func (s *search) start(b *block, mv motionVector) {
	if c := s.cost(b, mv); c < b.cost {
		b.mv, b.cost = mv, c
	}
}

// walk goes by diamonds of ever smaller size, to whole pixels.
func (s *search) walk(b *block, step int16, most int) {
	for ; step >= 4; step >>= 1 {
		for range most {
			if !s.move(b, b.mv, &cross, step) {
				break
			}
		}
	}
}

// whole rounds to whole pixels.
func (v motionVector) whole() motionVector { return motionVector{(v.x + 2) &^ 3, (v.y + 2) &^ 3} }

// fractions refines to halves, then to quarters of a pixel.
func (s *search) fractions(b *block) {
	speed := &s.w.e.speed
	for step := int16(2); step >= speed.fraction; step >>= 1 {
		centre := b.mv
		s.move(b, centre, &cross, step)
		if speed.square {
			s.move(b, centre, &square, step)
		}
	}
}
