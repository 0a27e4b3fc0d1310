package h264

// refState is the marking of a picture (8.2.5).
type refState uint8

const (
	refUnused refState = iota
	refShort
	refLong
)

// picture is a decoded picture with what others need of it.
type picture struct {
	id                int32 // unique in the stream, not 0
	y, u, v           []byte
	yStride, uvStride int
	motion            []motion

	poc          int32
	frameNum     int
	frameNumWrap int // 8.2.4.1
	longIndex    int // LongTermFrameIdx
	ref          refState
	missing      bool // of a gap in frame_num, or not decoded: it must not be referred to
	waiting      bool // for output
	lent         bool // to the caller
	order        int  // pictures of a coded video sequence are put out before those of a later one
	frame        Frame
}

// newPicture makes the buffers of a picture of cols x rows macroblocks.
func newPicture(cols, rows int) *picture {
	mbs := cols * rows
	return &picture{
		y: make([]byte, 256*mbs+slack), u: make([]byte, 64*mbs+slack), v: make([]byte, 64*mbs+slack),
		yStride: 16 * cols, uvStride: 8 * cols,
		motion: make([]motion, mbs),
	}
}

// chroma is Cb or Cr, components 1 and 2.
func (p *picture) chroma(c int) []byte {
	if c == 1 {
		return p.u
	}
	return p.v
}

// grey sets chroma for a picture that has none.
func (p *picture) grey() {
	for _, plane := range [...][]byte{p.u, p.v} {
		for i := range plane {
			plane[i] = 128
		}
	}
}

// show describes the picture to the caller.
func (p *picture) show(s *sps, tag int64, key bool) {
	y := s.cropTop*p.yStride + s.cropLeft
	uv := s.cropTop/2*p.uvStride + s.cropLeft/2
	w, h := (s.width+1)/2, (s.height+1)/2
	p.frame = Frame{
		Y:       p.y[y:][:(s.height-1)*p.yStride+s.width],
		U:       p.u[uv:][:(h-1)*p.uvStride+w],
		V:       p.v[uv:][:(h-1)*p.uvStride+w],
		YStride: p.yStride, UVStride: p.uvStride,
		Width: s.width, Height: s.height,
		Tag: tag, Key: key, FullRange: s.fullRange, Matrix: s.matrix,
	}
}
