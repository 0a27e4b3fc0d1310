package h264

// The syntax elements of macroblocks, for both entropy coders: those of CAVLC are here, those of CABAC in cabac_syntax.go.

// readType reads mb_type.
func (s *sliceDecoder) readType() int {
	if s.pps.cabac {
		return s.cabacType()
	}
	most := uint32(typePCM)
	switch s.header.kind {
	case sliceP:
		most += intraInP
	case sliceB:
		most += intraInB
	}
	v := s.bits.ue()
	if v > most {
		s.fail(ErrSyntax)
		return 0
	}
	return int(v)
}

// readSubType reads sub_mb_type.
func (s *sliceDecoder) readSubType() subType {
	types := subTypesP[:]
	if s.header.kind == sliceB {
		types = subTypesB[:]
	}
	v := uint32(0)
	switch {
	case !s.pps.cabac:
		v = s.bits.ue()
	case s.header.kind == sliceB:
		v = uint32(s.cabacSubTypeB())
	default:
		v = uint32(s.cabacSubTypeP())
	}
	if v >= uint32(len(types)) {
		s.fail(ErrSyntax)
		return types[0]
	}
	return types[v]
}

// readRef reads ref_idx of a block of 8x8, te(v) in CAVLC (9.1).
func (s *sliceDecoder) readRef(list, block int) int8 {
	n := s.header.refs[list]
	v := uint32(0)
	switch {
	case n == 1:
	case s.pps.cabac:
		v = uint32(s.cabacRef(list, block))
	case n == 2:
		v = s.bits.bits(1) ^ 1
	default:
		v = s.bits.ue()
	}
	if v >= uint32(n) {
		s.fail(ErrSyntax)
		return 0
	}
	return int8(v)
}

// readMVD reads mvd of the part at a block of 4x4.
func (s *sliceDecoder) readMVD(list, cell int) (x, y int) {
	if s.pps.cabac {
		return s.cabacMVD(list, cell)
	}
	return int(s.bits.se()), int(s.bits.se())
}

// readTransform8x8 reads transform_size_8x8_flag.
func (s *sliceDecoder) readTransform8x8() bool {
	if s.pps.cabac {
		return s.cabacTransform8x8()
	}
	return s.bits.flag()
}

// readIntraMode reads prev_intra4x4_pred_mode_flag and rem_intra4x4_pred_mode, or those of 8x8; -1: the mode that was
// predicted.
func (s *sliceDecoder) readIntraMode() int {
	if s.pps.cabac {
		return s.cabacIntraMode()
	}
	if s.bits.flag() {
		return -1
	}
	return int(s.bits.bits(3))
}

// readChromaMode reads intra_chroma_pred_mode.
func (s *sliceDecoder) readChromaMode() int {
	if s.pps.cabac {
		return s.cabacChromaMode()
	}
	v := s.bits.ue()
	if v > 3 {
		s.fail(ErrSyntax)
		return 0
	}
	return int(v)
}

// readCBP reads coded_block_pattern, me(v) in CAVLC (9.1.2).
func (s *sliceDecoder) readCBP(intra bool) int {
	if s.pps.cabac {
		return s.cabacCBP()
	}
	chroma, inter := 1, 1
	if s.sps.monochrome {
		chroma = 0
	}
	if intra {
		inter = 0
	}
	table := codedBlockPatterns[chroma][inter]
	v := s.bits.ue()
	if v >= uint32(len(table)) {
		s.fail(ErrSyntax)
		return 0
	}
	return int(table[v])
}

// readDelta reads mb_qp_delta and changes QP_Y (7.4.5).
func (s *sliceDecoder) readDelta() {
	delta := 0
	if s.pps.cabac {
		delta = s.cabacDelta()
	} else {
		delta = int(s.bits.se())
	}
	if delta < -26 || delta > 25 {
		s.fail(ErrSyntax)
		return
	}
	s.lastDelta = delta != 0
	s.qp = (s.qp + delta + maxQP + 1) % (maxQP + 1)
}

// readIntraModes reads the modes of all blocks of Intra_4x4 or Intra_8x8 (8.3.1.1, 8.3.2.1).
func (s *sliceDecoder) readIntraModes() {
	m := s.cur
	step := 1
	if m.transform8x8 {
		step = 4
	}
	for block := 0; block < 16; block += step {
		raster := int(rasterOfBlock[block])
		mode := s.predictedMode(raster)
		if rem := s.readIntraMode(); rem >= mode {
			mode = rem + 1
		} else if rem >= 0 {
			mode = rem
		}
		m.modes[raster] = int8(mode)
		if step == 4 {
			m.modes[raster+1], m.modes[raster+4], m.modes[raster+5] = int8(mode), int8(mode), int8(mode)
		}
	}
}

// predictedMode is predIntra4x4PredMode, the smaller one of those to the left and above; DC if one of these is not there.
func (s *sliceDecoder) predictedMode(raster int) int {
	left, above := int8(-1), int8(-1)
	if raster&3 > 0 {
		left = s.cur.modes[raster-1]
	} else if s.usableMode(s.a) {
		left = s.a.modes[raster+3]
	}
	if raster > 3 {
		above = s.cur.modes[raster-4]
	} else if s.usableMode(s.b) {
		above = s.b.modes[raster+12]
	}
	if left < 0 || above < 0 {
		return 2
	}
	return int(min(left, above))
}

// usableMode tells whether a neighbour does not make the predicted mode DC.
func (s *sliceDecoder) usableMode(m *mbInfo) bool {
	return m != nil && (m.kind.intra() || !s.pps.constrainedIntra)
}
