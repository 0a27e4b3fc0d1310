//go:build !amd64 || purego

// The kernels of processors without assembly: plain Go.

package dsp

// IDCTAdd adds the inverse DCT of c to 4x4 pixels (RFC 6386 §14.3).
func IDCTAdd(c *[16]int16, pix []byte, at, stride int) { idctAdd(c, pix, at, stride) }

// DCAdd is IDCTAdd for a block in which only the first coefficient is set.
func DCAdd(dc int16, pix []byte, at, stride int) { dcAdd(dc, pix, at, stride) }

// DCAdd4 is DCAdd for four blocks side by side.
func DCAdd4(c *[4][16]int16, pix []byte, at, stride int) {
	dcAdd4(c, pix, at, stride)
}

// PredictTM predicts a square block of 8 or 16 by TrueMotion (RFC 6386 §12.2).
func PredictTM(pix []byte, at, stride, size int) { predictTM(pix, at, stride, size) }

// SixTap interpolates w x h pixels, w being 4, 8 or 16, at mx and my eighths
// of a pixel, not both 0. It reads Before pixels before and Behind pixels
// behind the block.
func SixTap(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	sixTap(dst, d, dstStride, src, s, srcStride, w, h, mx, my)
}

// Bilinear is SixTap for versions 1 to 3 of the format. It reads one row and
// one column behind the block.
func Bilinear(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	bilinear(dst, d, dstStride, src, s, srcStride, w, h, mx, my)
}

// Copy copies w x h pixels, w being 4, 8 or 16.
func Copy(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h int) {
	copyBlock(dst, d, dstStride, src, s, srcStride, w, h)
}

// SimpleFilter runs the simple loop filter on the macroblock whose luma
// begins at y (RFC 6386 §15.2). Left and top tell which edges have a
// neighbour, inner if the subblock edges are filtered too. The order of the
// four is part of the format.
func SimpleFilter(p *Planes, y int, l *Limits, left, top, inner bool) {
	simpleFilter(p, y, l, left, top, inner)
}

// NormalFilter is SimpleFilter for the normal filter; uv is where both chroma
// blocks of the macroblock begin.
func NormalFilter(p *Planes, y, uv int, l *Limits, left, top, inner bool) {
	normalFilter(p, y, uv, l, left, top, inner)
}
