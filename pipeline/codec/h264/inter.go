package h264

// Inter prediction (8.4.2).

// predictionScratch holds what predicting a part needs.
type predictionScratch struct {
	other  [16*16 + slack]byte // the prediction from list 1, until it is put together with that from list 0
	half   [16*16 + slack]byte
	middle [21 * 16]int16
	edge   [21*edgeStride + slack]byte
}

// edgeStride is that of the copy of a block that reaches out of its picture.
const edgeStride = 24

// plane is one component of a reference picture.
type plane struct {
	pix           []byte
	stride        int
	width, height int
}

// predictInter predicts the current macroblock from its motion.
func (s *sliceDecoder) predictInter() {
	if s.err != nil {
		return
	}
	m := &s.pic.motion[s.addr]
	switch s.inter.shape {
	case shape16x16:
		s.predictPart(m, 0, 0, 16, 16)
	case shape16x8:
		s.predictPart(m, 0, 0, 16, 8)
		s.predictPart(m, 0, 8, 16, 8)
	case shape8x16:
		s.predictPart(m, 0, 0, 8, 16)
		s.predictPart(m, 8, 0, 8, 16)
	default:
		if s.cur.whole {
			s.predictPart(m, 0, 0, 16, 16)
			return
		}
		for i, sub := range s.subs {
			width, height := 4*int(sub.width), 4*int(sub.height)
			if sub.from == 0 && s.sps.direct8x8 {
				width, height = 8, 8
			}
			x, y := 8*(i&1), 8*(i>>1)
			for dy := 0; dy < 8; dy += height {
				for dx := 0; dx < 8; dx += width {
					s.predictPart(m, x+dx, y+dy, width, height)
				}
			}
		}
	}
}

// uniform tells whether all blocks of the macroblock move alike.
func (m *motion) uniform() bool {
	for list := range 2 {
		for _, mv := range m.mv[list][1:] {
			if mv != m.mv[list][0] {
				return false
			}
		}
		for _, ref := range m.ref[list][1:] {
			if ref != m.ref[list][0] {
				return false
			}
		}
	}
	return true
}

// predictPart predicts a rectangle of the current macroblock.
func (s *sliceDecoder) predictPart(m *motion, x, y, width, height int) {
	raster, block := y+x>>2, y>>3<<1|x>>3 // y is a multiple of 4, of which a row of blocks has 4
	ref0, ref1 := m.ref[0][block], m.ref[1][block]
	mv0, mv1 := m.mv[0][raster], m.mv[1][raster]
	p := s.pic
	x += 16 * s.x
	y += 16 * s.y
	components := 3
	if s.sps.monochrome {
		components = 1
	}
	for c := range components {
		dst, stride := p.y[y*p.yStride+x:], p.yStride
		px, py, w, h := x, y, width, height
		if c > 0 {
			px, py, w, h = x/2, y/2, width/2, height/2
			dst, stride = p.chroma(c)[py*p.uvStride+px:], p.uvStride
		}
		switch {
		case ref1 < 0:
			s.fetch(dst, stride, c, s.lists[0][ref0], mv0, px, py, w, h)
			if s.header.weights.present {
				s.weighOne(dst, stride, w, h, 0, int(ref0), c)
			}
		case ref0 < 0:
			s.fetch(dst, stride, c, s.lists[1][ref1], mv1, px, py, w, h)
			if s.header.weights.present {
				s.weighOne(dst, stride, w, h, 1, int(ref1), c)
			}
		default:
			other := s.scratch.other[:]
			s.fetch(dst, stride, c, s.lists[0][ref0], mv0, px, py, w, h)
			s.fetch(other, 16, c, s.lists[1][ref1], mv1, px, py, w, h)
			s.combine(dst, stride, w, h, int(ref0), int(ref1), c)
		}
	}
}

// fetch reads the prediction of a block of component c at (x, y), moved by a vector, from a reference picture.
func (s *sliceDecoder) fetch(dst []byte, stride, c int, ref *picture, mv vector, x, y, w, h int) {
	if c == 0 {
		x, y = 4*x+int(mv.x), 4*y+int(mv.y)
		src, srcStride := s.window(plane{ref.y, ref.yStride, 16 * s.cols, 16 * s.rows}, x>>2-2, y>>2-2, w+5, h+5)
		s.scratch.interpolateLuma(dst, stride, src, srcStride, w, h, x&3, y&3)
		return
	}
	x, y = 8*x+int(mv.x), 8*y+int(mv.y)
	src, srcStride := s.window(plane{ref.chroma(c), ref.uvStride, 8 * s.cols, 8 * s.rows}, x>>3, y>>3, w+1, h+1)
	interpolateChroma(dst, stride, src, srcStride, w, h, uint64(x&7), uint64(y&7))
}

// window returns the samples of a rectangle; outside of the picture those of its border count (8.4.2.2.1).
func (s *sliceDecoder) window(p plane, x, y, w, h int) (src []byte, stride int) {
	if x >= 0 && y >= 0 && x+w <= p.width && y+h <= p.height {
		return p.pix[y*p.stride+x:], p.stride
	}
	edge := s.scratch.edge[:]
	left := min(max(-x, 0), w)                 // columns to the left of the picture
	inside := min(max(p.width-x, 0), w) - left // in it, or less than 0
	for dy := range h {
		row := p.pix[min(max(y+dy, 0), p.height-1)*p.stride:][:p.width]
		to := edge[dy*edgeStride:][:w]
		at := 0
		for ; at < left; at++ {
			to[at] = row[0]
		}
		if inside > 0 {
			at += copy(to[at:], row[x+at:])
		}
		for ; at < w; at++ {
			to[at] = row[p.width-1]
		}
	}
	return edge, edgeStride
}
