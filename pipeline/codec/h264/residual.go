package h264

// Categories of blocks (ctxBlockCat, Table 9-42).
const (
	catLumaDC = iota
	catLumaAC
	catLuma
	catChromaDC
	catChromaAC
)

// residual reads mb_qp_delta and the coefficients of the current macroblock (7.3.5, 7.3.5.3).
func (s *sliceDecoder) residual() {
	m := s.cur
	if m.cbp == 0 && m.kind != kindIntra16x16 {
		s.lastDelta = false
		m.qp = uint8(s.qp)
		return
	}
	s.readDelta()
	if s.err != nil {
		return
	}
	m.qp = uint8(s.qp)
	if m.kind == kindIntra16x16 {
		s.residual16x16()
	} else {
		s.residualLuma()
	}
	if m.cbp>>4 != 0 {
		s.residualChroma()
	}
}

// scalingGroup tells which scaling lists count: 0 those for Intra, 1 those for Inter.
func (s *sliceDecoder) scalingGroup() int {
	if s.cur.kind.intra() {
		return 0
	}
	return 1
}

func (s *sliceDecoder) residual16x16() {
	var dc [16]int32
	q := s.scales.dequant4x4(0, s.qp)
	s.block(dc[:], zigzag4x4[:], &raw, catLumaDC, 0)
	lumaDC(&s.blocks, &dc, &q)
	if s.cur.cbp&15 == 0 {
		return
	}
	for block := range 16 {
		s.block(s.blocks[16*block:16*block+16], zigzag4x4[1:], &q, catLumaAC, int(rasterOfBlock[block]))
	}
}

func (s *sliceDecoder) residualLuma() {
	m, group := s.cur, s.scalingGroup()
	q4, q8 := s.scales.dequant4x4(3*group, s.qp), s.scales.dequant8x8(group, s.qp)
	for i := range 4 {
		if m.cbp>>i&1 == 0 {
			continue
		}
		switch {
		case !m.transform8x8:
			for block := 4 * i; block < 4*i+4; block++ {
				raster := int(rasterOfBlock[block])
				if s.block(s.blocks[16*block:16*block+16], zigzag4x4[:], &q4, catLuma, raster) {
					m.filled |= 1 << raster
				}
			}
		case s.pps.cabac:
			if s.cabacBlock8x8(s.blocks[64*i:64*i+64], &q8) {
				m.filled |= blocksOf8x8 << rasterOfBlock[4*i]
			}
			m.coded |= blocksOf8x8 << rasterOfBlock[4*i] // coded_block_flag is inferred to be 1
		default: // 7.3.5.3.1: every fourth coefficient in one block of 4x4
			for part := range 4 {
				raster := int(rasterOfBlock[4*i+part])
				if s.block(s.blocks[64*i:64*i+64], interleaved8x8[part][:], &q8, catLuma, raster) {
					m.filled |= blocksOf8x8 << rasterOfBlock[4*i]
				}
			}
		}
	}
}

// blocksOf8x8 is the bits of the four blocks of 4x4 in the first block of 8x8.
const blocksOf8x8 = 0x33

// interleaved8x8 is zigzag8x8 for the four parts of a block of 8x8 in CAVLC.
var interleaved8x8 = func() (scans [4][16]uint8) {
	for i, at := range zigzag8x8 {
		scans[i&3][i>>2] = at
	}
	return scans
}()

func (s *sliceDecoder) residualChroma() {
	group := 3 * s.scalingGroup()
	var q [2]dequant
	for i := range q {
		q[i] = s.scales.dequant4x4(group+1+i, chromaQPOf(s.qp, s.pps.chromaOffset[i]))
	}
	for i := range q {
		var dc [4]int32
		if s.block(dc[:], scanChromaDC[:], &raw, catChromaDC, i) {
			chromaDCTransform(s.blocks[firstCb+64*i:firstCb+64*i+64], &dc, &q[i])
		}
	}
	if s.cur.cbp>>4 != 2 {
		return
	}
	for i := range q {
		for block := range 4 {
			from := firstCb + 64*i + 16*block
			s.block(s.blocks[from:from+16], zigzag4x4[1:], &q[i], catChromaAC, 4*i+block)
		}
	}
}

var scanChromaDC = [4]uint8{0, 1, 2, 3}

// block reads one block that is not of 8x8: at, of which scan is the order of places. index is the place of luma in rows, the
// number of a block of chroma, Cb first, or the component of a DC. It tells whether there are coefficients.
func (s *sliceDecoder) block(at []int32, scan []uint8, q *dequant, category, index int) bool {
	m := s.cur
	if s.pps.cabac {
		return s.cabacBlock(at, scan, q, category, index)
	}
	switch category {
	case catChromaDC:
		return s.cavlcBlock(at, scan, q, chromaDC) > 0
	case catLumaDC:
		return s.cavlcBlock(at, scan, q, s.lumaTotal(0)) > 0
	case catChromaAC:
		n := s.cavlcBlock(at, scan, q, s.chromaTotal(index))
		m.totals[16+index] = uint8(n)
		return n > 0
	}
	n := s.cavlcBlock(at, scan, q, s.lumaTotal(index))
	m.totals[index] = uint8(n)
	return n > 0
}

// lumaTotal is nC of a block of luma (9.2.1).
func (s *sliceDecoder) lumaTotal(raster int) int {
	left, above := -1, -1
	if raster&3 > 0 {
		left = int(s.cur.totals[raster-1])
	} else if s.a != nil {
		left = int(s.a.totals[raster+3])
	}
	if raster > 3 {
		above = int(s.cur.totals[raster-4])
	} else if s.b != nil {
		above = int(s.b.totals[raster+12])
	}
	return meanTotal(left, above)
}

// chromaTotal is nC of a block of chroma.
func (s *sliceDecoder) chromaTotal(index int) int {
	left, above := -1, -1
	if index&1 > 0 {
		left = int(s.cur.totals[16+index-1])
	} else if s.a != nil {
		left = int(s.a.totals[16+index+1])
	}
	if index&2 > 0 {
		above = int(s.cur.totals[16+index-2])
	} else if s.b != nil {
		above = int(s.b.totals[16+index+2])
	}
	return meanTotal(left, above)
}

// meanTotal puts nA and nB together; -1: not available.
func meanTotal(left, above int) int {
	switch {
	case left < 0:
		return max(above, 0)
	case above < 0:
		return left
	}
	return (left + above + 1) >> 1
}

// addResidual adds the residual to what inter prediction made.
func (s *sliceDecoder) addResidual() {
	m, p := s.cur, s.pic
	at := 16*s.y*p.yStride + 16*s.x
	for i := range 4 {
		if m.cbp>>i&1 == 0 {
			continue
		}
		if m.transform8x8 {
			if m.filled>>rasterOfBlock[4*i]&1 != 0 {
				add8x8(p.y[at+8*(i>>1)*p.yStride+8*(i&1):], p.yStride, s.blocks[64*i:64*i+64])
			}
			continue
		}
		for block := 4 * i; block < 4*i+4; block++ {
			if raster := int(rasterOfBlock[block]); m.filled>>raster&1 != 0 {
				add4x4(p.y[at+4*(raster>>2)*p.yStride+4*(raster&3):], p.yStride, s.blocks[16*block:16*block+16])
			}
		}
	}
	s.addChroma()
}

// addChroma adds the residual of chroma.
func (s *sliceDecoder) addChroma() {
	if s.cur.cbp>>4 == 0 {
		return
	}
	p := s.pic
	at := 8*s.y*p.uvStride + 8*s.x
	for i, plane := range [2][]byte{p.u, p.v} {
		for block := range 4 {
			b := s.blocks[firstCb+64*i+16*block:][:16]
			dst := plane[at+4*(block>>1)*p.uvStride+4*(block&1):]
			switch {
			case s.cur.cbp>>4 == 2:
				add4x4(dst, p.uvStride, b)
			case b[0] != 0:
				addDC(dst, p.uvStride, 4, b)
			}
		}
	}
}
