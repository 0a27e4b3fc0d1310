package h264

// coefficients is how many a macroblock has: luma, Cb, Cr.
const (
	coefficients = 384
	firstCb      = 256
	firstCr      = 320
)

// sliceDecoder decodes the macroblocks of slices. What is of the picture is set by Decoder, what is of the slice by begin.
type sliceDecoder struct {
	header sliceHeader
	sps    *sps
	pps    *pps
	err    error // the first one

	// The picture.
	pic        *picture
	infos      []mbInfo
	cols, rows int
	scales     levelScales
	scaledFor  *pps           // whose the scales are
	firstSlice uint32         // number of its first slice
	filters    []filterParams // of its slices

	// The slice.
	number    uint32 // unique in the stream
	lists     [2][maxRefs]*picture
	bits      bitReader
	cabac     cabac
	qp        int
	lastDelta bool                    // the macroblock before had a mb_qp_delta that is not zero
	implicit  [maxRefs][maxRefs]int16 // factors of list 1 in implicit weighted prediction
	direct    temporal

	// The macroblock.
	addr, x, y int
	cur        *mbInfo
	// Neighbours A (left), B (above), C (above right) and D (above left); nil: not available (6.4.9).
	a, b, c, d *mbInfo
	blocks     [coefficients]int32 // in decoding order of blocks, each in rows; zero between macroblocks
	near       nearMotion
	inter      interType
	subs       [4]subType
	intra16    int // Intra16x16PredMode

	scratch predictionScratch
}

// fail records an error; decoding ends at the next macroblock.
func (s *sliceDecoder) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// decode decodes slice_data (7.3.4), from a reader behind the header. It returns the address behind the last macroblock.
func (s *sliceDecoder) decode(r bitReader) (end int, err error) {
	s.err = nil
	s.bits = r
	s.qp = s.header.qp
	s.lastDelta = false
	s.addr = s.header.firstMB
	if s.pps.cabac {
		s.bits.align()
		s.cabac.init(s.header.cabacInit, s.qp)
		s.cabac.start(r.data, s.bits.pos>>3)
		s.decodeCABAC()
	} else {
		s.decodeCAVLC()
	}
	return s.addr, s.err
}

func (s *sliceDecoder) decodeCABAC() {
	for s.begin() {
		if s.header.kind != sliceI && s.cabacSkip() {
			s.skip()
		} else {
			s.macroblock()
		}
		s.next()
		if s.cabac.overrun() {
			s.fail(ErrTruncated)
		}
		if s.err != nil || s.cabac.terminate() {
			return
		}
	}
	s.fail(ErrSyntax) // no end before that of the picture
}

func (s *sliceDecoder) decodeCAVLC() {
	for {
		if s.header.kind != sliceI {
			run := int(s.bits.ue()) // mb_skip_run
			if run > len(s.infos)-s.addr {
				s.fail(ErrSyntax)
				return
			}
			for range run {
				s.begin()
				s.skip()
				s.next()
			}
			if s.err != nil || run > 0 && !s.bits.more() {
				return
			}
		}
		if !s.begin() {
			s.fail(ErrSyntax)
			return
		}
		s.macroblock()
		s.next()
		if s.bits.overrun() {
			s.fail(ErrTruncated)
		}
		if s.err != nil || !s.bits.more() {
			return
		}
	}
}

// begin sets up the macroblock at addr; false: there is none.
func (s *sliceDecoder) begin() bool {
	if s.addr >= len(s.infos) {
		return false
	}
	s.x, s.y = s.addr%s.cols, s.addr/s.cols
	s.cur = &s.infos[s.addr]
	s.a, s.b, s.c, s.d = nil, nil, nil, nil
	if s.x > 0 {
		s.a = s.neighbour(s.addr - 1)
	}
	if s.y > 0 {
		above := s.addr - s.cols
		s.b = s.neighbour(above)
		if s.x > 0 {
			s.d = s.neighbour(above - 1)
		}
		if s.x < s.cols-1 {
			s.c = s.neighbour(above + 1)
		}
	}
	return true
}

// next goes on behind a macroblock.
func (s *sliceDecoder) next() {
	s.addr++
	if s.x == s.cols-1 && s.err == nil {
		s.deblockRow(s.y - 1)
	}
}

// neighbour returns a macroblock if it is of the same slice.
func (s *sliceDecoder) neighbour(addr int) *mbInfo {
	if m := &s.infos[addr]; m.slice == s.number {
		return m
	}
	return nil
}

// skip decodes a macroblock of which nothing is coded: P_Skip or B_Skip.
func (s *sliceDecoder) skip() {
	m := s.cur
	*m = mbInfo{slice: s.number, kind: kindSkip, qp: uint8(s.qp), direct: 15, modes: modesDC}
	s.lastDelta = false
	s.loadMotion()
	if s.header.kind == sliceB {
		s.inter = interType{shape: shape8x8}
		s.directAll()
	} else {
		s.inter = interType{shape: shape16x16}
		s.skipP()
	}
	s.storeMotion()
	s.predictInter()
}

// modesDC is the modes of a macroblock that has none.
var modesDC = [16]int8{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}

// macroblock decodes macroblock_layer (7.3.5).
func (s *sliceDecoder) macroblock() {
	m := s.cur
	*m = mbInfo{slice: s.number, modes: modesDC}
	kind := s.readType()
	if s.err != nil {
		return
	}
	intra := kind
	switch s.header.kind {
	case sliceP:
		intra -= intraInP
	case sliceB:
		intra -= intraInB
	}
	switch {
	case intra < 0:
		s.interMacroblock(kind)
	case intra == typePCM:
		s.pcm()
	default:
		s.intraMacroblock(intra)
	}
}

// intraMacroblock decodes one of the Intra types (Table 7-11), but for I_PCM.
func (s *sliceDecoder) intraMacroblock(kind int) {
	m := s.cur
	s.noMotion()
	if kind == 0 {
		m.kind = kindIntra4x4
		if s.pps.transform8x8 && s.readTransform8x8() {
			m.kind, m.transform8x8 = kindIntra8x8, true
		}
		s.readIntraModes()
	} else {
		m.kind = kindIntra16x16
		s.intra16 = (kind - 1) & 3
		m.cbp = uint8((kind-1)>>2%3) << 4
		if kind > 12 {
			m.cbp |= 15
		}
	}
	if !s.sps.monochrome {
		m.chromaMode = uint8(s.readChromaMode())
	} else if m.cbp>>4 != 0 {
		s.fail(ErrSyntax) // residual of chroma that is not there
	}
	if kind == 0 {
		m.cbp = uint8(s.readCBP(true))
	}
	if s.err != nil {
		return
	}
	s.residual()
	if s.err == nil {
		s.predictIntra()
	}
}

// interMacroblock decodes one of the types of P or B.
func (s *sliceDecoder) interMacroblock(kind int) {
	m := s.cur
	m.kind = kindInter
	s.loadMotion()
	mayBe8x8 := s.readMotion(kind)
	if s.err != nil {
		return
	}
	s.storeMotion()
	m.cbp = uint8(s.readCBP(false))
	if m.cbp&15 != 0 && s.pps.transform8x8 && mayBe8x8 {
		m.transform8x8 = s.readTransform8x8()
	}
	if s.err != nil {
		return
	}
	s.residual()
	if s.err != nil {
		return
	}
	s.predictInter()
	s.addResidual()
}

// pcm reads the samples of an I_PCM macroblock.
func (s *sliceDecoder) pcm() {
	m := s.cur
	*m = mbInfo{slice: s.number, kind: kindPCM, cbp: 0x2f, coded: codedAll, filled: 1<<16 - 1, modes: modesDC}
	for i := range m.totals {
		m.totals[i] = 16
	}
	s.noMotion()
	s.lastDelta = false
	data, at := s.bits.data, 0
	if s.pps.cabac {
		at = s.cabac.position()
	} else {
		s.bits.align()
		at = s.bits.pos >> 3
	}
	size := 384
	if s.sps.monochrome {
		size = 256
	}
	if at+size > len(data)-padding {
		s.fail(ErrTruncated)
		return
	}
	samples := data[at : at+size]
	for y := range 16 {
		copy(s.pic.y[(16*s.y+y)*s.pic.yStride+16*s.x:][:16], samples[16*y:])
	}
	if !s.sps.monochrome {
		for y := range 8 {
			to := (8*s.y+y)*s.pic.uvStride + 8*s.x
			copy(s.pic.u[to:to+8], samples[256+8*y:])
			copy(s.pic.v[to:to+8], samples[320+8*y:])
		}
	}
	if s.pps.cabac {
		s.cabac.start(data, at+size)
	} else {
		s.bits.pos = 8 * (at + size)
	}
}

// noMotion records that an Intra macroblock has no motion.
func (s *sliceDecoder) noMotion() {
	m := &s.pic.motion[s.addr]
	m.ref = [2][4]int8{{-1, -1, -1, -1}, {-1, -1, -1, -1}}
	m.id = [2][4]int32{}
	m.mv = [2][16]vector{}
}
