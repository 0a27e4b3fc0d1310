package h264

// Intra prediction (8.3). Every block is predicted from the samples of the picture around it, before the deblocking
// filter, and gets its residual before the next one is predicted.

// Modes of Intra_4x4 and Intra_8x8 (Tables 8-2 and 8-3).
const (
	modeVertical = iota
	modeHorizontal
	modeDC
	modeDiagonalDownLeft
	modeDiagonalDownRight
	modeVerticalRight
	modeHorizontalDown
	modeVerticalLeft
	modeHorizontalUp
)

// Modes of Intra_16x16 (Table 8-4).
const (
	mode16Vertical = iota
	mode16Horizontal
	mode16DC
	mode16Plane
)

// Modes of chroma (Table 8-5).
const (
	chromaModeDC = iota
	chromaModeHorizontal
	chromaModeVertical
	chromaModePlane
)

// usable tells whether samples of a neighbour serve Intra prediction.
func (s *sliceDecoder) usable(m *mbInfo) bool {
	return m != nil && (m.kind.intra() || !s.pps.constrainedIntra)
}

// sides tells which neighbours there are.
type sides struct{ left, above, corner, right bool }

// predictIntra predicts and reconstructs the current macroblock.
func (s *sliceDecoder) predictIntra() {
	around := sides{s.usable(s.a), s.usable(s.b), s.usable(s.d), s.usable(s.c)}
	p := s.pic
	at := 16*s.y*p.yStride + 16*s.x
	ok := true
	switch s.cur.kind {
	case kindIntra4x4:
		ok = s.intra4x4(at, around)
	case kindIntra8x8:
		ok = s.intra8x8(at, around)
	default:
		ok = predict16x16(p.y, at, p.yStride, s.intra16, around)
		if ok {
			s.add16x16(at)
		}
	}
	if ok && !s.sps.monochrome {
		at = 8*s.y*p.uvStride + 8*s.x
		ok = predictChroma(p.u, at, p.uvStride, int(s.cur.chromaMode), around) &&
			predictChroma(p.v, at, p.uvStride, int(s.cur.chromaMode), around)
		if ok {
			s.addChroma()
		}
	}
	if !ok {
		s.fail(ErrSyntax) // a mode that needs samples that are not there
	}
}

func (s *sliceDecoder) add16x16(at int) {
	p := s.pic
	for block := range 16 {
		raster := int(rasterOfBlock[block])
		b := s.blocks[16*block : 16*block+16]
		dst := p.y[at+4*(raster>>2)*p.yStride+4*(raster&3):]
		switch {
		case s.cur.cbp&15 != 0:
			add4x4(dst, p.yStride, b)
		case b[0] != 0:
			addDC(dst, p.yStride, 4, b)
		}
	}
}

func (s *sliceDecoder) intra4x4(at int, around sides) bool {
	m, p := s.cur, s.pic
	for block := range 16 {
		raster := int(rasterOfBlock[block])
		col, row := raster&3, raster>>2
		has := sides{
			left: col > 0 || around.left, above: row > 0 || around.above,
			corner: cornerOf(col, row, around),
			right:  rightOf(col, row, around),
		}
		dst := at + 4*row*p.yStride + 4*col
		if !predict4x4(p.y, dst, p.yStride, int(m.modes[raster]), has) {
			return false
		}
		if m.filled>>raster&1 != 0 {
			add4x4(p.y[dst:], p.yStride, s.blocks[16*block:16*block+16])
		}
	}
	return true
}

// cornerOf tells if there are samples above left of a block of 4x4.
func cornerOf(col, row int, around sides) bool {
	switch {
	case col > 0 && row > 0:
		return true
	case col > 0:
		return around.above
	case row > 0:
		return around.left
	}
	return around.corner
}

// rightOf tells if there are samples above right of a block of 4x4: in the macroblock, those decoded before it.
func rightOf(col, row int, around sides) bool {
	switch {
	case row == 0 && col == 3:
		return around.right
	case row == 0:
		return around.above
	case col == 3:
		return false
	}
	return blockOfRaster[4*(row-1)+col+1] < blockOfRaster[4*row+col]
}

func (s *sliceDecoder) intra8x8(at int, around sides) bool {
	m, p := s.cur, s.pic
	for block := range 4 {
		col, row := block&1, block>>1
		has := sides{
			left: col > 0 || around.left, above: row > 0 || around.above,
			corner: cornerOf(col, row, around),
			right:  [4]bool{around.above, around.right, true, false}[block],
		}
		dst := at + 8*row*p.yStride + 8*col
		raster := int(rasterOfBlock[4*block])
		if !predict8x8(p.y, dst, p.yStride, int(m.modes[raster]), has) {
			return false
		}
		if m.filled>>raster&1 != 0 {
			add8x8(p.y[dst:], p.yStride, s.blocks[64*block:64*block+64])
		}
	}
	return true
}

// needs tells whether the samples are there that a mode of Intra_4x4 or Intra_8x8 is made of; DC takes what there is.
func (has sides) needs(mode int) bool {
	switch mode {
	case modeVertical, modeDiagonalDownLeft, modeVerticalLeft:
		return has.above
	case modeHorizontal, modeHorizontalUp:
		return has.left
	case modeDC:
		return true
	}
	return has.left && has.above && has.corner
}

// predict4x4 predicts one block (8.3.1.2).
func predict4x4(plane []byte, at, stride, mode int, has sides) bool {
	if !has.needs(mode) {
		return false
	}
	var edge [13]int32
	around(edge[:], plane, at, stride, 4, has)
	if mode == modeDC {
		fill(plane[at:], stride, 4, mean(edge[:4], edge[5:9], has))
		return true
	}
	var out [16]uint8
	predictDirection(out[:], 4, mode, edge[:])
	for y := range 4 {
		copy(plane[at+y*stride:][:4], out[4*y:])
	}
	return true
}

// around takes the samples around a block of n x n: from below left up, over the corner, to above right. Where those above
// right are missing, the last one above stands for them (8.3.1.2, 8.3.2.2).
func around(edge []int32, plane []byte, at, stride, n int, has sides) {
	if has.left {
		for i := range n {
			edge[n-1-i] = int32(plane[at+i*stride-1])
		}
	}
	if has.corner {
		edge[n] = int32(plane[at-stride-1])
	}
	if !has.above {
		return
	}
	above := edge[n+1:][:2*n]
	known := n
	if has.right {
		known = 2 * n
	}
	for i, v := range plane[at-stride:][:known] {
		above[i] = int32(v)
	}
	for i := known; i < 2*n; i++ {
		above[i] = above[n-1]
	}
}

// mean is the prediction of the DC modes.
func mean(left, above []int32, has sides) uint8 {
	sum, n := int32(0), int32(0)
	if has.left {
		for _, v := range left {
			sum += v
		}
		n += int32(len(left))
	}
	if has.above {
		for _, v := range above {
			sum += v
		}
		n += int32(len(above))
	}
	if n == 0 {
		return 128
	}
	return uint8((sum + n/2) / n)
}

// fill sets a block of n x n.
func fill(dst []byte, stride, n int, v uint8) {
	for y := range n {
		row := dst[y*stride:][:n]
		for x := range row {
			row[x] = v
		}
	}
}
