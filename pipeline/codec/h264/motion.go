package h264

// The motion of the current macroblock is predicted in a field of cells, one for each block of 4x4, with a row of
// neighbours above, from D to C, and a column to the left.
const (
	nearStride = 8
	nearCells  = 5 * nearStride
)

// Values of nearMotion.ref that are no index.
const (
	refNone    = -1 // Intra, or not predicted from this list
	refMissing = -2 // not available
)

type nearMotion struct {
	mv     [2][nearCells]vector
	ref    [2][nearCells]int8
	mvd    [2][nearCells][2]uint8
	direct [nearCells]bool // predicted in direct mode, for contexts of CABAC
}

// cellOf is the cell of a block of 4x4, or with -1 and 4 of a neighbour.
func cellOf(col, row int) int { return (row+1)*nearStride + col + 1 }

// loadMotion puts the neighbours around the current macroblock.
func (s *sliceDecoder) loadMotion() {
	n := &s.near
	n.direct = [nearCells]bool{}
	for list := range s.header.lists() {
		ref, mv := &n.ref[list], &n.mv[list]
		s.loadCell(list, cellOf(-1, -1), s.d, s.addr-s.cols-1, 15)
		s.loadCell(list, cellOf(4, -1), s.c, s.addr-s.cols+1, 12)
		for i := range 4 {
			s.loadCell(list, cellOf(i, -1), s.b, s.addr-s.cols, 12+i)
			s.loadCell(list, cellOf(-1, i), s.a, s.addr-1, 4*i+3)
			row := cellOf(0, i)
			*(*[4]int8)(ref[row:]) = [4]int8{refNone, refNone, refNone, refNone}
			*(*[4]vector)(mv[row:]) = [4]vector{}
			if s.pps.cabac {
				*(*[4][2]uint8)(n.mvd[list][row:]) = [4][2]uint8{}
				s.loadMVD(list, cellOf(i, -1), s.b, 12+i)
				s.loadMVD(list, cellOf(-1, i), s.a, 4*i+3)
			}
		}
	}
	if s.pps.cabac && s.header.kind == sliceB {
		for i := range 4 {
			n.direct[cellOf(i, -1)] = s.b != nil && s.b.direct>>(2+i>>1)&1 != 0
			n.direct[cellOf(-1, i)] = s.a != nil && s.a.direct>>(i&2+1)&1 != 0
		}
	}
}

func (s *sliceDecoder) loadCell(list, cell int, m *mbInfo, addr, raster int) {
	if m == nil {
		s.near.ref[list][cell], s.near.mv[list][cell] = refMissing, vector{}
		return
	}
	from := &s.pic.motion[addr]
	s.near.ref[list][cell], s.near.mv[list][cell] = from.ref[list][raster>>3<<1|raster>>1&1], from.mv[list][raster]
}

func (s *sliceDecoder) loadMVD(list, cell int, m *mbInfo, raster int) {
	if m == nil {
		s.near.mvd[list][cell] = [2]uint8{}
		return
	}
	s.near.mvd[list][cell] = m.mvd[list][raster]
}

// storeMotion keeps the motion of the current macroblock.
func (s *sliceDecoder) storeMotion() {
	to, n := &s.pic.motion[s.addr], &s.near
	lists := s.header.lists()
	for list := range 2 {
		if list >= lists {
			to.mv[list], to.ref[list], to.id[list] = [16]vector{}, [4]int8{-1, -1, -1, -1}, [4]int32{}
			continue
		}
		for row := range 4 {
			from := cellOf(0, row)
			*(*[4]vector)(to.mv[list][4*row:]) = *(*[4]vector)(n.mv[list][from:])
			if s.pps.cabac {
				*(*[4][2]uint8)(s.cur.mvd[list][4*row:]) = *(*[4][2]uint8)(n.mvd[list][from:])
			}
		}
		for i := range 4 {
			ref := n.ref[list][cellOf(2*(i&1), i&2)]
			to.ref[list][i], to.id[list][i] = ref, 0
			if ref >= 0 {
				p := s.lists[list][ref]
				if p == nil || p.missing {
					s.fail(ErrMissingReference)
					return
				}
				to.id[list][i] = p.id
			}
		}
	}
	s.cur.whole = s.inter.shape == shape16x16 || s.cur.direct == 15 && to.uniform()
}

// fillRef and fillMotion set a rectangle of cells.
func (n *nearMotion) fillRef(list, cell, width, height int, ref int8) {
	for range height {
		row := n.ref[list][cell:][:width]
		for i := range row {
			row[i] = ref
		}
		cell += nearStride
	}
}

func (n *nearMotion) fillVector(list, cell, width, height int, mv vector) {
	for range height {
		row := n.mv[list][cell:][:width]
		for i := range row {
			row[i] = mv
		}
		cell += nearStride
	}
}

func (n *nearMotion) fillMVD(list, cell, width, height int, mvd [2]uint8) {
	for range height {
		row := n.mvd[list][cell:][:width]
		for i := range row {
			row[i] = mvd
		}
		cell += nearStride
	}
}

// corner finds neighbour C of a part, or D where C is not available or comes later in decoding order (6.4.11.7).
func (n *nearMotion) corner(list, col, row, width int) (ref int8, mv vector) {
	cell := cellOf(col, row)
	if row == 0 || col+width < 4 && blockOfRaster[4*(row-1)+col+width] < blockOfRaster[4*row+col] {
		at := cell - nearStride + width
		if ref = n.ref[list][at]; ref != refMissing {
			return ref, n.mv[list][at]
		}
	}
	at := cell - nearStride - 1
	return n.ref[list][at], n.mv[list][at]
}

// predict is the median of the vectors around a part (8.4.1.3).
func (n *nearMotion) predict(list, col, row, width int, ref int8) vector {
	cell := cellOf(col, row)
	refA, refB := n.ref[list][cell-1], n.ref[list][cell-nearStride]
	a, b := n.mv[list][cell-1], n.mv[list][cell-nearStride]
	refC, c := n.corner(list, col, row, width)
	if refB == refMissing && refC == refMissing && refA != refMissing {
		return a
	}
	switch inA, inB, inC := refA == ref, refB == ref, refC == ref; {
	case inA && !inB && !inC:
		return a
	case inB && !inA && !inC:
		return b
	case inC && !inA && !inB:
		return c
	}
	return vector{median(a.x, b.x, c.x), median(a.y, b.y, c.y)}
}

func median(a, b, c int16) int16 { return max(min(a, b), min(max(a, b), c)) }

// predict16x8 and predict8x16 prefer one neighbour (8.4.1.3).
func (n *nearMotion) predict16x8(list, part int, ref int8) vector {
	if part == 0 {
		if at := cellOf(0, -1); n.ref[list][at] == ref {
			return n.mv[list][at]
		}
	} else if at := cellOf(-1, 2); n.ref[list][at] == ref {
		return n.mv[list][at]
	}
	return n.predict(list, 0, 2*part, 4, ref)
}

func (n *nearMotion) predict8x16(list, part int, ref int8) vector {
	if part == 0 {
		if at := cellOf(-1, 0); n.ref[list][at] == ref {
			return n.mv[list][at]
		}
	} else if refC, c := n.corner(list, 2, 0, 2); refC == ref {
		return c
	}
	return n.predict(list, 2*part, 0, 2, ref)
}

// skipP derives the motion of P_Skip (8.4.1.1).
func (s *sliceDecoder) skipP() {
	n := &s.near
	n.fillRef(0, cellOf(0, 0), 4, 4, 0)
	a, b := cellOf(-1, 0), cellOf(0, -1)
	still := func(cell int) bool {
		return n.ref[0][cell] == refMissing || n.ref[0][cell] == 0 && n.mv[0][cell] == vector{}
	}
	if !still(a) && !still(b) {
		n.fillVector(0, cellOf(0, 0), 4, 4, n.predict(0, 0, 0, 4, 0))
	}
}

// readMotion reads the types, references and vectors of an inter macroblock (7.3.5.1, 7.3.5.2). It tells whether its
// transform may be of 8x8.
func (s *sliceDecoder) readMotion(kind int) (mayBe8x8 bool) {
	if s.header.kind == sliceB {
		s.inter = typesB[kind]
		if kind == 0 {
			s.inter.shape = shape8x8
			s.cur.kind, s.cur.direct = kindDirect, 15
			s.directAll()
			return s.sps.direct8x8
		}
	} else {
		s.inter = typesP[kind]
	}
	if s.inter.shape == shape8x8 {
		return s.readSubMotion(s.header.kind == sliceP && kind == 4)
	}
	s.readParts()
	return true
}

// readParts reads the motion of one or two parts.
func (s *sliceDecoder) readParts() {
	parts, width, height := 1, 4, 4
	switch s.inter.shape {
	case shape16x8:
		parts, height = 2, 2
	case shape8x16:
		parts, width = 2, 2
	}
	at := func(part int) (cell, block int) { // where a part begins
		if s.inter.shape == shape16x8 {
			return cellOf(0, 2*part), 2 * part
		}
		return cellOf(2*part, 0), part
	}
	n := &s.near
	for list := range s.header.lists() {
		for part := range parts {
			if s.inter.from[part]>>list&1 != 0 {
				cell, block := at(part)
				n.fillRef(list, cell, width, height, s.readRef(list, block))
			}
		}
	}
	for list := range s.header.lists() {
		for part := range parts {
			if s.inter.from[part]>>list&1 == 0 {
				continue
			}
			cell, _ := at(part)
			ref := n.ref[list][cell]
			var mv vector
			switch s.inter.shape {
			case shape16x16:
				mv = n.predict(list, 0, 0, 4, ref)
			case shape16x8:
				mv = n.predict16x8(list, part, ref)
			default:
				mv = n.predict8x16(list, part, ref)
			}
			s.readVector(list, cell, width, height, mv)
		}
	}
}

// readVector reads the difference from a predicted vector.
func (s *sliceDecoder) readVector(list, cell, width, height int, mv vector) {
	x, y := s.readMVD(list, cell)
	mv.x += int16(x)
	mv.y += int16(y)
	s.near.fillVector(list, cell, width, height, mv)
	if s.pps.cabac {
		s.near.fillMVD(list, cell, width, height, [2]uint8{magnitude(x), magnitude(y)})
	}
}

// magnitude is a difference as contexts see it: sums above 32 are all the same.
func magnitude(v int) uint8 { return uint8(min(max(v, -v), 64)) }

// readSubMotion reads sub_mb_pred: the motion of four blocks of 8x8. ref0: no references are coded.
func (s *sliceDecoder) readSubMotion(ref0 bool) (mayBe8x8 bool) {
	n := &s.near
	mayBe8x8 = true
	direct := false
	for i := range s.subs {
		sub := s.readSubType()
		s.subs[i] = sub
		switch {
		case sub.from == 0:
			direct = true
			s.cur.direct |= 1 << i
			mayBe8x8 = mayBe8x8 && s.sps.direct8x8
		case sub.width*sub.height < 4:
			mayBe8x8 = false
		}
	}
	if s.err != nil {
		return false
	}
	if direct {
		s.directSome()
	}
	for list := range s.header.lists() {
		for i, sub := range s.subs {
			if sub.from>>list&1 == 0 {
				continue
			}
			ref := int8(0)
			if !ref0 {
				ref = s.readRef(list, i)
			}
			n.fillRef(list, cellOf(2*(i&1), i&2), 2, 2, ref)
		}
	}
	for list := range s.header.lists() {
		for i, sub := range s.subs {
			if sub.from>>list&1 == 0 {
				continue
			}
			width, height := int(sub.width), int(sub.height)
			for row := i & 2; row < i&2+2; row += height {
				for col := 2 * (i & 1); col < 2*(i&1)+2; col += width {
					cell := cellOf(col, row)
					s.readVector(list, cell, width, height, n.predict(list, col, row, width, n.ref[list][cell]))
				}
			}
		}
	}
	return mayBe8x8
}
