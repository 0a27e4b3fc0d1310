package h264

// ctxIdxOffset of the syntax elements (Table 9-34).
const (
	ctxTypeI        = 3
	ctxSkipP        = 11
	ctxTypeP        = 14
	ctxIntraInP     = 17
	ctxSubP         = 21
	ctxSkipB        = 24
	ctxTypeB        = 27
	ctxIntraInB     = 32
	ctxSubB         = 36
	ctxMVDX         = 40
	ctxMVDY         = 47
	ctxRef          = 54
	ctxDelta        = 60
	ctxChromaMode   = 64
	ctxPrevMode     = 68
	ctxRemMode      = 69
	ctxCBPLuma      = 73
	ctxCBPChroma    = 77
	ctxTransform8x8 = 399
)

// is returns 1 for true.
func is(v bool) int {
	if v {
		return 1
	}
	return 0
}

// cabacSkip reads mb_skip_flag.
func (s *sliceDecoder) cabacSkip() bool {
	context := ctxSkipP
	if s.header.kind == sliceB {
		context = ctxSkipB
	}
	context += is(s.a != nil && s.a.kind != kindSkip) + is(s.b != nil && s.b.kind != kindSkip)
	return s.cabac.bin(context) != 0
}

// cabacType reads mb_type (Tables 9-36 and 9-37).
func (s *sliceDecoder) cabacType() int {
	switch s.header.kind {
	case sliceP:
		return s.cabacTypeP()
	case sliceB:
		return s.cabacTypeB()
	}
	notNxN := func(m *mbInfo) bool { return m != nil && m.kind != kindIntra4x4 && m.kind != kindIntra8x8 }
	if s.cabac.bin(ctxTypeI+is(notNxN(s.a))+is(notNxN(s.b))) == 0 {
		return 0
	}
	return s.cabacType16x16([5]int{ctxTypeI + 3, ctxTypeI + 4, ctxTypeI + 5, ctxTypeI + 6, ctxTypeI + 7})
}

// cabacIntraType reads the suffix of mb_type of an Intra macroblock in P or B.
func (s *sliceDecoder) cabacIntraType(context int) int {
	if s.cabac.bin(context) == 0 {
		return 0
	}
	return s.cabacType16x16([5]int{context + 1, context + 2, context + 2, context + 3, context + 3})
}

// cabacType16x16 reads the bins behind the first one of I_PCM and Intra_16x16.
func (s *sliceDecoder) cabacType16x16(context [5]int) int {
	if s.cabac.terminate() {
		return typePCM
	}
	kind := 1 + 12*s.cabac.bin(context[0])
	if s.cabac.bin(context[1]) != 0 {
		kind += 4 + 4*s.cabac.bin(context[2])
	}
	kind += 2 * s.cabac.bin(context[3])
	return kind + s.cabac.bin(context[4])
}

func (s *sliceDecoder) cabacTypeP() int {
	c := &s.cabac
	if c.bin(ctxTypeP) != 0 {
		return intraInP + s.cabacIntraType(ctxIntraInP)
	}
	if c.bin(ctxTypeP+1) == 0 {
		return 3 * c.bin(ctxTypeP+2) // P_L0_16x16, P_8x8
	}
	return 2 - c.bin(ctxTypeP+3) // P_L0_L0_8x16, P_L0_L0_16x8
}

func (s *sliceDecoder) cabacTypeB() int {
	c := &s.cabac
	notDirect := func(m *mbInfo) bool { return m != nil && m.kind != kindSkip && m.kind != kindDirect }
	if c.bin(ctxTypeB+is(notDirect(s.a))+is(notDirect(s.b))) == 0 {
		return 0 // B_Direct_16x16
	}
	if c.bin(ctxTypeB+3) == 0 {
		return 1 + c.bin(ctxTypeB+5)
	}
	bins := c.bin(ctxTypeB + 4)
	for range 3 {
		bins = bins<<1 | c.bin(ctxTypeB+5)
	}
	switch {
	case bins < 8:
		return bins + 3
	case bins == 13:
		return intraInB + s.cabacIntraType(ctxIntraInB)
	case bins == 14:
		return 11 // B_L1_L0_8x16
	case bins == 15:
		return 22 // B_8x8
	}
	return bins<<1 + c.bin(ctxTypeB+5) - 4
}

func (s *sliceDecoder) cabacSubTypeP() int {
	c := &s.cabac
	switch {
	case c.bin(ctxSubP) != 0:
		return 0
	case c.bin(ctxSubP+1) == 0:
		return 1
	}
	return 3 - c.bin(ctxSubP+2)
}

func (s *sliceDecoder) cabacSubTypeB() int {
	c := &s.cabac
	if c.bin(ctxSubB) == 0 {
		return 0
	}
	if c.bin(ctxSubB+1) == 0 {
		return 1 + c.bin(ctxSubB+3)
	}
	kind := 3
	if c.bin(ctxSubB+2) != 0 {
		if c.bin(ctxSubB+3) != 0 {
			return 11 + c.bin(ctxSubB+3)
		}
		kind = 7
	}
	kind += 2 * c.bin(ctxSubB+3)
	return kind + c.bin(ctxSubB+3)
}

// cabacRef reads ref_idx of a block of 8x8 (9.3.3.1.1.6).
func (s *sliceDecoder) cabacRef(list, block int) int {
	cell := cellOf(2*(block&1), block&2)
	n := &s.near
	context := is(n.ref[list][cell-1] > 0 && !n.direct[cell-1]) + 2*is(n.ref[list][cell-nearStride] > 0 && !n.direct[cell-nearStride])
	ref := 0
	for s.cabac.bin(ctxRef+context) != 0 {
		if ref++; ref >= maxRefs {
			break
		}
		context = context>>2 + 4
	}
	return ref
}

// cabacMVD reads mvd of a part that begins at a cell (9.3.3.1.1.7).
func (s *sliceDecoder) cabacMVD(list, cell int) (x, y int) {
	left, above := s.near.mvd[list][cell-1], s.near.mvd[list][cell-nearStride]
	x = s.cabacMVDComponent(ctxMVDX, int(left[0])+int(above[0]))
	y = s.cabacMVDComponent(ctxMVDY, int(left[1])+int(above[1]))
	return x, y
}

// cabacMVDComponent reads UEG3 with uCoff 9 (9.3.2.3).
func (s *sliceDecoder) cabacMVDComponent(base, sum int) int {
	c := &s.cabac
	if c.bin(base+is(sum > 2)+is(sum > 32)) == 0 {
		return 0
	}
	v, context := 1, 3
	for v < 9 && c.bin(base+context) != 0 {
		v++
		context = min(context+1, 6)
	}
	if v == 9 {
		v += s.expGolomb(3)
	}
	if c.bypass() != 0 {
		return -v
	}
	return v
}

// expGolomb reads the suffix of UEGk.
func (s *sliceDecoder) expGolomb(k int) int {
	v := 0
	for s.cabac.bypass() != 0 {
		v += 1 << k
		if k++; k > 24 {
			s.fail(ErrSyntax)
			return 0
		}
	}
	for k--; k >= 0; k-- {
		v += s.cabac.bypass() << k
	}
	return v
}

// cabacDelta reads mb_qp_delta.
func (s *sliceDecoder) cabacDelta() int {
	context, v := is(s.lastDelta), 0
	for s.cabac.bin(ctxDelta+context) != 0 {
		context = 2 + context>>1
		if v++; v > 2*maxQP {
			break // readDelta refuses it
		}
	}
	if v&1 != 0 {
		return (v + 1) >> 1
	}
	return -(v >> 1)
}

func (s *sliceDecoder) cabacChromaMode() int {
	other := func(m *mbInfo) bool { return m != nil && m.chromaMode != 0 }
	c := &s.cabac
	if c.bin(ctxChromaMode+is(other(s.a))+is(other(s.b))) == 0 {
		return 0
	}
	if c.bin(ctxChromaMode+3) == 0 {
		return 1
	}
	return 2 + c.bin(ctxChromaMode+3)
}

func (s *sliceDecoder) cabacIntraMode() int {
	c := &s.cabac
	if c.bin(ctxPrevMode) != 0 {
		return -1
	}
	v := c.bin(ctxRemMode)
	v |= c.bin(ctxRemMode) << 1
	return v | c.bin(ctxRemMode)<<2
}

func (s *sliceDecoder) cabacTransform8x8() bool {
	context := is(s.a != nil && s.a.transform8x8) + is(s.b != nil && s.b.transform8x8)
	return s.cabac.bin(ctxTransform8x8+context) != 0
}

// cabacCBP reads coded_block_pattern (9.3.3.1.1.4).
func (s *sliceDecoder) cabacCBP() int {
	left, above := 0x0f, 0x0f // of a macroblock that is not there
	if s.a != nil {
		left = int(s.a.cbp)
	}
	if s.b != nil {
		above = int(s.b.cbp)
	}
	c := &s.cabac
	zero := func(pattern, block int) int { return pattern>>block&1 ^ 1 }
	cbp := c.bin(ctxCBPLuma + zero(left, 1) + 2*zero(above, 2))
	cbp |= c.bin(ctxCBPLuma+zero(cbp, 0)+2*zero(above, 3)) << 1
	cbp |= c.bin(ctxCBPLuma+zero(left, 3)+2*zero(cbp, 0)) << 2
	cbp |= c.bin(ctxCBPLuma+zero(cbp, 2)+2*zero(cbp, 1)) << 3
	if s.sps.monochrome {
		return cbp
	}
	if c.bin(ctxCBPChroma+is(left>>4 != 0)+2*is(above>>4 != 0)) != 0 {
		cbp |= (1 + c.bin(ctxCBPChroma+4+is(left>>4 == 2)+2*is(above>>4 == 2))) << 4
	}
	return cbp
}
