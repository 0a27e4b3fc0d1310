package h264

// The deblocking filter (8.7). A row of macroblocks is filtered when the one below it is decoded: Intra prediction needs the
// samples above as they were before.

// filterParams is what a slice says of the filter.
type filterParams struct {
	off, sliceOnly bool   // disable_deblocking_filter_idc 1 and 2
	alpha, beta    int    // FilterOffsetA and FilterOffsetB
	chromaOffset   [2]int // chroma_qp_index_offset of Cb and Cr
}

// strengths are bS of an edge, for each four samples of luma along it.
type strengths [4]uint8

// deblockRow filters a row of macroblocks; none for -1.
func (s *sliceDecoder) deblockRow(row int) {
	if row < 0 {
		return
	}
	for addr := row * s.cols; addr < (row+1)*s.cols; addr++ {
		if f := &s.filters[s.infos[addr].slice-s.firstSlice]; !f.off {
			s.deblockMacroblock(addr, f)
		}
	}
}

func (s *sliceDecoder) deblockMacroblock(addr int, f *filterParams) {
	m := &s.infos[addr]
	x, y := addr%s.cols, addr/s.cols
	p := s.pic
	at, atC := 16*y*p.yStride+16*x, 8*y*p.uvStride+8*x
	for direction := range 2 { // vertical edges, then horizontal ones
		across, along, acrossC, alongC := 1, p.yStride, 1, p.uvStride
		neighbour, has := addr-1, x > 0
		if direction == 1 {
			across, along, acrossC, alongC = p.yStride, 1, p.uvStride, 1
			neighbour, has = addr-s.cols, y > 0
		}
		if has && (!f.sliceOnly || s.infos[neighbour].slice == m.slice) {
			n := &s.infos[neighbour]
			bS := s.edgeStrengths(m, n, addr, neighbour, direction)
			if bS != (strengths{}) {
				s.filterLuma(f, at, across, along, int(m.qp), int(n.qp), &bS)
				s.filterChroma(f, atC, acrossC, alongC, int(m.qp), int(n.qp), &bS)
			}
		}
		if m.whole && m.filled == 0 {
			continue
		}
		step := 1
		if m.transform8x8 {
			step = 2
		}
		for edge := step; edge < 4; edge += step {
			bS := s.innerStrengths(m, addr, direction, edge)
			if bS == (strengths{}) {
				continue
			}
			s.filterLuma(f, at+4*edge*across, across, along, int(m.qp), int(m.qp), &bS)
			if edge == 2 {
				s.filterChroma(f, atC+4*acrossC, acrossC, alongC, int(m.qp), int(m.qp), &bS)
			}
		}
	}
}

// edgeStrengths is bS between a macroblock and the one to the left or above (8.7.2.1).
func (s *sliceDecoder) edgeStrengths(m, n *mbInfo, addr, neighbour, direction int) strengths {
	if m.kind.intra() || n.kind.intra() {
		return strengths{4, 4, 4, 4}
	}
	q, p := &s.pic.motion[addr], &s.pic.motion[neighbour]
	var bS strengths
	whole := m.whole && n.whole
	if whole && differ(q, p, 0, 0) {
		bS = strengths{1, 1, 1, 1}
	}
	if whole && m.filled|n.filled == 0 {
		return bS
	}
	for i := range 4 {
		at, of := 4*i, 4*i+3 // in this macroblock and in the other
		if direction == 1 {
			at, of = i, 12+i
		}
		switch {
		case m.filled>>at&1 != 0 || n.filled>>of&1 != 0:
			bS[i] = 2
		case !whole && differ(q, p, at, of):
			bS[i] = 1
		}
	}
	return bS
}

// innerStrengths is bS of an edge inside of a macroblock.
func (s *sliceDecoder) innerStrengths(m *mbInfo, addr, direction, edge int) strengths {
	if m.kind.intra() {
		return strengths{3, 3, 3, 3}
	}
	q := &s.pic.motion[addr]
	var bS strengths
	for i := range 4 {
		at, of := 4*i+edge, 4*i+edge-1
		if direction == 1 {
			at, of = 4*edge+i, 4*edge+i-4
		}
		switch {
		case m.filled>>at&1 != 0 || m.filled>>of&1 != 0:
			bS[i] = 2
		case !m.whole && differ(q, q, at, of):
			bS[i] = 1
		}
	}
	return bS
}

// differ tells whether two blocks are predicted from different pictures, or from places that are a sample or more apart. A
// list that is not used has picture 0 and vector 0.
func differ(q, p *motion, at, of int) bool {
	blockQ, blockP := at>>3<<1|at>>1&1, of>>3<<1|of>>1&1
	q0, q1 := q.id[0][blockQ], q.id[1][blockQ]
	p0, p1 := p.id[0][blockP], p.id[1][blockP]
	straight := q0 == p0 && q1 == p1
	if straight && !apart(q.mv[0][at], p.mv[0][of]) && !apart(q.mv[1][at], p.mv[1][of]) {
		return false
	}
	if q0 == p1 && q1 == p0 {
		return apart(q.mv[0][at], p.mv[1][of]) || apart(q.mv[1][at], p.mv[0][of])
	}
	return true
}

func apart(a, b vector) bool {
	// One comparison for both signs: in 0 to 6 if the difference is in -3 to 3.
	return uint16(a.x-b.x+3) > 6 || uint16(a.y-b.y+3) > 6
}

// thresholds are alpha, beta and the row of tC0 for the quantizers at both sides of an edge (8.7.2.2).
func (f *filterParams) thresholds(qp, qpOther int) (alpha, beta int32, tc0 *[3]uint8) {
	mean := (qp + qpOther + 1) >> 1
	a, b := min(max(mean+f.alpha, 0), maxQP), min(max(mean+f.beta, 0), maxQP)
	return int32(alphaOf[a]), int32(betaOf[b]), &clippingOf[a]
}

// alphaOf and betaOf are Table 8-16, clippingOf is tC0 of Table 8-17 for bS 1 to 3.
var (
	alphaOf = [maxQP + 1]uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 5, 6, 7, 8, 9, 10, 12, 13,
		15, 17, 20, 22, 25, 28, 32, 36, 40, 45, 50, 56, 63, 71, 80, 90, 101, 113, 127, 144, 162, 182, 203, 226, 255, 255,
	}
	betaOf = [maxQP + 1]uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4,
		6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18,
	}
	clippingOf = [maxQP + 1][3]uint8{
		{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
		{0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1},
		{1, 1, 2}, {1, 1, 2}, {1, 1, 2}, {1, 1, 2}, {1, 2, 3}, {1, 2, 3}, {2, 2, 3}, {2, 2, 4}, {2, 3, 4}, {2, 3, 4},
		{3, 3, 5}, {3, 4, 6}, {3, 4, 6}, {4, 5, 7}, {4, 5, 8}, {4, 6, 9}, {5, 7, 10}, {6, 8, 11}, {6, 8, 13}, {7, 10, 14},
		{8, 11, 16}, {9, 12, 18}, {10, 13, 20}, {11, 15, 23}, {13, 17, 25},
	}
)
