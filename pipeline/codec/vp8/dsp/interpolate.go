// Interpolation for motion vectors between pixels, RFC 6386 §18.3.

package dsp

import "encoding/binary"

// sixTaps are the filters of version 0 by eighth of a pixel; odd ones are for chroma only.
var sixTaps = [8][6]int{
	{0, 0, 128, 0, 0, 0},
	{0, -6, 123, 12, -1, 0},
	{2, -11, 108, 36, -8, 1},
	{0, -9, 93, 50, -6, 0},
	{3, -16, 77, 77, -16, 3},
	{0, -6, 50, 93, -9, 0},
	{1, -8, 36, 108, -11, 2},
	{0, -1, 12, 123, -6, 0},
}

// The filters look at this many pixels before and behind the block, and the
// largest block is 16x16.
const (
	Before = 2
	Behind = 3
	block  = 16
)

// sixTap interpolates w x h pixels, horizontally first: rounding between the
// passes is part of the format.
func sixTap(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	switch {
	case my == 0:
		sixTapPass(dst, d, dstStride, src, s, srcStride, 1, w, h, &sixTaps[mx&7])
	case mx == 0:
		sixTapPass(dst, d, dstStride, src, s, srcStride, srcStride, w, h, &sixTaps[my&7])
	default:
		var rows [block * (block + Before + Behind)]byte
		sixTapPass(rows[:], 0, block, src, s-Before*srcStride, srcStride, 1, w, h+Before+Behind, &sixTaps[mx&7])
		sixTapPass(dst, d, dstStride, rows[:], Before*block, block, block, w, h, &sixTaps[my&7])
	}
}

// sixTapPass filters along step, which is 1 or the distance of rows.
func sixTapPass(dst []byte, d, dstStride int, src []byte, s, srcStride, step, w, h int, taps *[6]int) {
	for range h {
		row := dst[d:][:w]
		a, b, c := src[s-2*step:][:w], src[s-step:][:w], src[s:][:w]
		e, f, g := src[s+step:][:w], src[s+2*step:][:w], src[s+3*step:][:w]
		for i := range row {
			v := int(a[i])*taps[0] + int(b[i])*taps[1] + int(c[i])*taps[2] +
				int(e[i])*taps[3] + int(f[i])*taps[4] + int(g[i])*taps[5]
			row[i] = clamp((v + 64) >> 7)
		}
		d += dstStride
		s += srcStride
	}
}

// bilinear interpolates w x h pixels, horizontally first.
func bilinear(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	var rows [block * (block + 1)]byte
	bilinearPass(rows[:], 0, block, src, s, srcStride, 1, w, h+1, mx)
	bilinearPass(dst, d, dstStride, rows[:], 0, block, block, w, h, my)
}

func bilinearPass(dst []byte, d, dstStride int, src []byte, s, srcStride, step, w, h, m int) {
	if m == 0 {
		copyBlock(dst, d, dstStride, src, s, srcStride, w, h)
		return
	}
	far := uint(m) << 4
	near := 128 - far
	for range h {
		row := dst[d:][:w]
		a, b := src[s:][:w], src[s+step:][:w]
		for i := range row {
			row[i] = uint8((uint(a[i])*near + uint(b[i])*far + 64) >> 7)
		}
		d += dstStride
		s += srcStride
	}
}

func copyBlock(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h int) {
	if w == 8 { // in registers, which a copy of unknown length is not
		for range h {
			binary.LittleEndian.PutUint64(dst[d:], binary.LittleEndian.Uint64(src[s:]))
			d += dstStride
			s += srcStride
		}
		return
	}
	for range h {
		copy(dst[d:][:w], src[s:][:w])
		d += dstStride
		s += srcStride
	}
}
