package h264

// Direct prediction of B slices (8.4.1.2).

// temporal is what temporal direct prediction needs of a slice, by index into list 0.
type temporal struct {
	scale [maxRefs]int32 // DistScaleFactor
	copy  [maxRefs]bool  // the vector is taken as it is: a long-term reference, or no distance
}

// directAll derives the motion of B_Skip and B_Direct_16x16.
func (s *sliceDecoder) directAll() {
	for i := range s.subs {
		s.subs[i] = subTypesB[0]
	}
	s.directSome()
}

// directSome derives the motion of the blocks of 8x8 whose type is direct, before any other is known.
func (s *sliceDecoder) directSome() {
	if s.pps.cabac {
		for i, sub := range s.subs {
			if sub.from == 0 {
				s.markDirect(i)
			}
		}
	}
	if p := s.lists[1][0]; p == nil || p.missing {
		s.fail(ErrMissingReference)
		return
	}
	if s.header.directSpatial {
		s.directFromSpace()
	} else {
		s.directFromTime()
	}
}

// markDirect notes that a block does not count as having a reference in contexts of CABAC.
func (s *sliceDecoder) markDirect(block int) {
	cell := cellOf(2*(block&1), block&2)
	d := &s.near.direct
	d[cell], d[cell+1], d[cell+nearStride], d[cell+nearStride+1] = true, true, true, true
}

// directParts calls f for the parts of a direct block of 8x8, with the size of a part and the block of 4x4 in rows where the
// colocated macroblock tells its motion: with direct_8x8_inference_flag that is a corner (8.4.1.2.1).
func (s *sliceDecoder) directParts(block int, f func(cell, size, colocated int)) {
	col, row := 2*(block&1), block&2
	if s.sps.direct8x8 {
		f(cellOf(col, row), 2, 4*(row/2*3)+col/2*3)
		return
	}
	for y := row; y < row+2; y++ {
		for x := col; x < col+2; x++ {
			f(cellOf(x, y), 1, 4*y+x)
		}
	}
}

// colocatedMotion is mvCol and refIdxCol, and the picture that it refers to.
func colocatedMotion(m *motion, raster int) (mv vector, ref int8, id int32) {
	block := raster>>3<<1 | raster>>1&1
	for list := range 2 {
		if m.ref[list][block] >= 0 {
			return m.mv[list][raster], m.ref[list][block], m.id[list][block]
		}
	}
	return vector{}, -1, 0
}

// directFromSpace is 8.4.1.2.2: references and vectors of the neighbours of the macroblock. Where the colocated block stands
// still, so does this one.
func (s *sliceDecoder) directFromSpace() {
	n := &s.near
	var refs [2]int8
	var mvs [2]vector
	for list := range 2 {
		refC, _ := n.corner(list, 0, 0, 4)
		refs[list] = minPositive(n.ref[list][cellOf(-1, 0)], minPositive(n.ref[list][cellOf(0, -1)], refC))
	}
	still := refs[0] < 0 && refs[1] < 0 // directZeroPrediction
	if still {
		refs = [2]int8{}
	} else {
		for list, ref := range refs {
			if ref >= 0 {
				mvs[list] = n.predict(list, 0, 0, 4, ref)
			} else {
				refs[list] = refNone
			}
		}
	}
	colocated := &s.lists[1][0].motion[s.addr]
	short := s.lists[1][0].ref == refShort
	for i, sub := range s.subs {
		if sub.from != 0 {
			continue
		}
		s.directParts(i, func(cell, size, raster int) {
			zero := false
			if short && !still {
				mv, ref, _ := colocatedMotion(colocated, raster)
				zero = ref == 0 && mv.x >= -1 && mv.x <= 1 && mv.y >= -1 && mv.y <= 1
			}
			for list, ref := range refs {
				n.fillRef(list, cell, size, size, ref)
				mv := mvs[list]
				if zero && ref == 0 {
					mv = vector{}
				}
				n.fillVector(list, cell, size, size, mv)
			}
		})
	}
}

// minPositive is MinPositive (8.4.1.2.2).
func minPositive(a, b int8) int8 {
	if a >= 0 && b >= 0 {
		return min(a, b)
	}
	return max(a, b)
}

// directFromTime is 8.4.1.2.3: the vector of the colocated block, divided by the distances in time.
func (s *sliceDecoder) directFromTime() {
	n := &s.near
	colocated := &s.lists[1][0].motion[s.addr]
	for i, sub := range s.subs {
		if sub.from != 0 {
			continue
		}
		s.directParts(i, func(cell, size, raster int) {
			mv, ref, id := colocatedMotion(colocated, raster)
			index := 0
			if ref >= 0 {
				index = s.indexOf(id)
			}
			mv0, mv1 := mv, vector{}
			if !s.direct.copy[index] {
				scale := s.direct.scale[index]
				mv0 = vector{int16((scale*int32(mv.x) + 128) >> 8), int16((scale*int32(mv.y) + 128) >> 8)}
				mv1 = vector{mv0.x - mv.x, mv0.y - mv.y}
			}
			n.fillRef(0, cell, size, size, int8(index))
			n.fillRef(1, cell, size, size, 0)
			n.fillVector(0, cell, size, size, mv0)
			n.fillVector(1, cell, size, size, mv1)
		})
	}
}

// indexOf is MapColToList0: the lowest index of a picture in list 0.
func (s *sliceDecoder) indexOf(id int32) int {
	for i, p := range s.lists[0][:s.header.refs[0]] {
		if p != nil && p.id == id {
			return i
		}
	}
	s.fail(ErrMissingReference)
	return 0
}

// prepareB computes what depends on the distances in time of the pictures in the lists: temporal direct prediction and
// implicit weights (8.4.1.2.3, 8.4.2.3.1).
func (s *sliceDecoder) prepareB() {
	poc := s.pic.poc
	for i, p0 := range s.lists[0][:s.header.refs[0]] {
		if p0 == nil {
			continue
		}
		for j, p1 := range s.lists[1][:s.header.refs[1]] {
			if p1 == nil {
				continue
			}
			scale, none := distanceScale(poc, p0.poc, p1.poc)
			far := p0.ref == refLong || p1.ref == refLong
			factor := scale >> 2
			if none || far || factor < -64 || factor > 128 {
				factor = 32
			}
			s.implicit[i][j] = int16(factor)
			if j == 0 {
				s.direct.scale[i] = scale
				s.direct.copy[i] = none || p0.ref == refLong
			}
		}
	}
}

// distanceScale is DistScaleFactor; none: there is no distance between the references.
func distanceScale(poc, poc0, poc1 int32) (scale int32, none bool) {
	tb, td := min(max(poc-poc0, -128), 127), min(max(poc1-poc0, -128), 127)
	if td == 0 {
		return 0, true
	}
	tx := (16384 + max(td/2, -(td/2))) / td
	return min(max((tb*tx+32)>>6, -1024), 1023), false
}
