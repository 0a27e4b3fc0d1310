// The pictures that a decoder gives out.

package vp8

// Frame is a decoded picture in I420. The planes belong to the decoder that
// returned it: read only, and only until its next Decode; Clone what has to
// live longer.
type Frame struct {
	Y, U, V           []byte // from the top left pixel to the bottom right one
	YStride, UVStride int    // distance of rows in bytes
	Width, Height     int    // of luma; chroma has half, rounded up

	Key bool // decoded from a key frame
	// The sender's wish to have the picture shown larger, never applied here:
	// 0 none, 1 by 5/4, 2 by 5/3, 3 by 2 (RFC 6386 §9.1).
	HorizontalScale, VerticalScale uint8
	// FullRange is clamping_type 1: the encoder made sure that no pixel needs clamping (RFC 6386 §9.2).
	// ColorSpace 0 is BT.601, 1 is reserved.
	FullRange  bool
	ColorSpace uint8
}

// ChromaSize returns the size of the U and of the V plane.
func (f *Frame) ChromaSize() (width, height int) { return (f.Width + 1) / 2, (f.Height + 1) / 2 }

// AppendI420 appends the picture to b without gaps between rows: Y, U, V.
func (f *Frame) AppendI420(b []byte) []byte {
	for y := range f.Height {
		b = append(b, f.Y[y*f.YStride:][:f.Width]...)
	}
	w, h := f.ChromaSize()
	for _, plane := range [][]byte{f.U, f.V} {
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
