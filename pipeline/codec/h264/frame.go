package h264

// Frame is a decoded picture in I420; of monochrome video, U and V are grey. The planes belong to the decoder that
// returned it: read only, and only until its next Decode, Next or Drain; Clone what has to live longer.
type Frame struct {
	Y, U, V           []byte // from the top left pixel to the bottom right one
	YStride, UVStride int    // distance of rows in bytes
	Width, Height     int    // of luma after cropping; chroma has half, rounded up

	Tag       int64 // what Decode was given with the access unit of this picture
	Key       bool  // decoding can begin with it
	FullRange bool  // video_full_range_flag
	Matrix    uint8 // matrix_coefficients (Table E-5), 0 where the stream does not tell
}

// ChromaSize returns the size of the U and of the V plane.
func (f *Frame) ChromaSize() (width, height int) { return (f.Width + 1) / 2, (f.Height + 1) / 2 }

// AppendI420 appends the picture to b without gaps between rows: Y, U, V.
func (f *Frame) AppendI420(b []byte) []byte {
	for y := range f.Height {
		b = append(b, f.Y[y*f.YStride:][:f.Width]...)
	}
	w, h := f.ChromaSize()
	for _, plane := range [...][]byte{f.U, f.V} {
		for y := range h {
			b = append(b, plane[y*f.UVStride:][:w]...)
		}
	}
	return b
}

// Clone returns a copy that the caller owns.
func (f *Frame) Clone() *Frame {
	c := *f
	w, h := f.ChromaSize()
	pix := f.AppendI420(make([]byte, 0, f.Width*f.Height+2*w*h))
	c.YStride, c.UVStride = f.Width, w
	c.Y, pix = pix[:f.Width*f.Height:f.Width*f.Height], pix[f.Width*f.Height:]
	c.U, c.V = pix[:w*h:w*h], pix[w*h:]
	return &c
}
