//go:build amd64 && !purego

// The kernels of amd64: assembly where the processor has AVX2.

package dsp

import "golang.org/x/sys/cpu"

var hasAVX2 = cpu.X86.HasAVX2

// IDCTAdd adds the inverse DCT of c to 4x4 pixels (RFC 6386 §14.3).
func IDCTAdd(c *[16]int16, pix []byte, at, stride int) {
	if hasAVX2 {
		_ = pix[at+3*stride+3]
		idctAddAVX2(c, &pix[at], stride)
		return
	}
	idctAdd(c, pix, at, stride)
}

// DCAdd is IDCTAdd for a block in which only the first coefficient is set.
func DCAdd(dc int16, pix []byte, at, stride int) {
	if hasAVX2 {
		_ = pix[at+3*stride+3]
		dcAddAVX2(dc, &pix[at], stride)
		return
	}
	dcAdd(dc, pix, at, stride)
}

// DCAdd4 is DCAdd for four blocks side by side.
func DCAdd4(c *[4][16]int16, pix []byte, at, stride int) {
	if hasAVX2 {
		_ = pix[at+3*stride+15]
		dcAdd4AVX2(c, &pix[at], stride)
		return
	}
	dcAdd4(c, pix, at, stride)
}

// PredictTM predicts a square block of 8 or 16 by TrueMotion (RFC 6386 §12.2).
func PredictTM(pix []byte, at, stride, size int) {
	if !hasAVX2 {
		predictTM(pix, at, stride, size)
		return
	}
	_, _ = pix[at-stride-1], pix[at+(size-1)*stride+size-1]
	if size == 16 {
		predictTM16(&pix[at], stride)
	} else {
		predictTM8(&pix[at], stride)
	}
}

// SixTap interpolates w x h pixels, w being 4, 8 or 16, at mx and my eighths
// of a pixel, not both 0. It reads Before pixels before and Behind pixels
// behind the block.
func SixTap(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	if hasAVX2 {
		sixTapAVX2(dst, d, dstStride, src, s, srcStride, w, h, mx, my)
		return
	}
	sixTap(dst, d, dstStride, src, s, srcStride, w, h, mx, my)
}

// Bilinear is SixTap for versions 1 to 3 of the format. It reads one row and
// one column behind the block.
func Bilinear(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	if hasAVX2 {
		bilinearAVX2(dst, d, dstStride, src, s, srcStride, w, h, mx, my)
		return
	}
	bilinear(dst, d, dstStride, src, s, srcStride, w, h, mx, my)
}

// Copy copies w x h pixels, w being 4, 8 or 16.
func Copy(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h int) {
	if hasAVX2 && w == 16 && h&1 == 0 {
		_, _ = dst[d+(h-1)*dstStride+15], src[s+(h-1)*srcStride+15]
		copy16(&dst[d], dstStride, &src[s], srcStride, h)
		return
	}
	copyBlock(dst, d, dstStride, src, s, srcStride, w, h)
}

// SimpleFilter runs the simple loop filter on the macroblock whose luma
// begins at y (RFC 6386 §15.2). Left and top tell which edges have a
// neighbour, inner if the subblock edges are filtered too. The order of the
// four is part of the format.
func SimpleFilter(p *Planes, y int, l *Limits, left, top, inner bool) {
	if hasAVX2 {
		simpleFilterAVX2(p, y, l, left, top, inner)
		return
	}
	simpleFilter(p, y, l, left, top, inner)
}

// NormalFilter is SimpleFilter for the normal filter; uv is where both chroma
// blocks of the macroblock begin.
func NormalFilter(p *Planes, y, uv int, l *Limits, left, top, inner bool) {
	if hasAVX2 {
		normalFilterAVX2(p, y, uv, l, left, top, inner)
		return
	}
	normalFilter(p, y, uv, l, left, top, inner)
}
