package h264

import "encoding/binary"

// Interpolation of samples between those of a picture (8.4.2.2).

// interpolateLuma predicts a block at a position in quarters of a sample. src begins two samples left of the block and two
// above.
func (p *predictionScratch) interpolateLuma(dst []byte, stride int, src []byte, srcStride, w, h, dx, dy int) {
	const before = 2
	at := before*srcStride + before    // of the sample G
	right, below := dx>>1&dx, dy>>1&dy // 1 for 3: what is averaged is one further
	half := p.half[:]
	switch {
	case dx == 0 && dy == 0:
		for y := range h {
			copy(dst[y*stride:][:w], src[at+y*srcStride:])
		}
	case dy == 0:
		halfAcross(dst, stride, src[at-before:], srcStride, w, h)
		if dx != 2 {
			average(dst, stride, src[at+right:], srcStride, w, h)
		}
	case dx == 0:
		halfDown(dst, stride, src[at-before*srcStride:], srcStride, w, h)
		if dy != 2 {
			average(dst, stride, src[at+below*srcStride:], srcStride, w, h)
		}
	case dx == 2:
		p.centre(dst, stride, src, srcStride, w, h)
		if dy != 2 {
			halfAcross(half, 16, src[at-before+below*srcStride:], srcStride, w, h)
			average(dst, stride, half, 16, w, h)
		}
	case dy == 2:
		p.centre(dst, stride, src, srcStride, w, h)
		halfDown(half, 16, src[before+right:], srcStride, w, h)
		average(dst, stride, half, 16, w, h)
	default:
		halfAcross(dst, stride, src[at-before+below*srcStride:], srcStride, w, h)
		halfDown(half, 16, src[before+right:], srcStride, w, h)
		average(dst, stride, half, 16, w, h)
	}
}

// halfAcross makes the samples b, between two of a row. src begins two to the left.
func halfAcross(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for y := range h {
		row := src[y*srcStride:][:w+5]
		out := dst[y*stride:][:w]
		a, b, c, d, e := int32(row[0]), int32(row[1]), int32(row[2]), int32(row[3]), int32(row[4])
		row = row[5:]
		row = row[:len(out)]
		for x := range out {
			f := int32(row[x])
			v := (a + f - 5*(b+e) + 20*(c+d) + 16) >> 5
			if uint32(v) > 255 {
				v = ^v >> 31
			}
			out[x] = uint8(v)
			a, b, c, d, e = b, c, d, e, f
		}
	}
}

// halfDown makes the samples h, between two of a column. src begins two above.
func halfDown(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for y := range h {
		out := dst[y*stride:][:w]
		at := y * srcStride
		a, b, c := src[at:][:len(out)], src[at+srcStride:][:len(out)], src[at+2*srcStride:][:len(out)]
		d, e, f := src[at+3*srcStride:][:len(out)], src[at+4*srcStride:][:len(out)], src[at+5*srcStride:][:len(out)]
		for x := range out {
			v := (int32(a[x]) + int32(f[x]) - 5*(int32(b[x])+int32(e[x])) + 20*(int32(c[x])+int32(d[x])) + 16) >> 5
			if uint32(v) > 255 {
				v = ^v >> 31
			}
			out[x] = uint8(v)
		}
	}
}

// centre makes the samples j, in the middle of four: across without rounding, then down. src begins two to the left and
// above.
func (p *predictionScratch) centre(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for y := range h + 5 {
		row := src[y*srcStride:][:w+5]
		out := p.middle[16*y:][:w]
		a, b, c, d, e := int32(row[0]), int32(row[1]), int32(row[2]), int32(row[3]), int32(row[4])
		row = row[5:]
		row = row[:len(out)]
		for x := range out {
			f := int32(row[x])
			out[x] = int16(a + f - 5*(b+e) + 20*(c+d))
			a, b, c, d, e = b, c, d, e, f
		}
	}
	for y := range h {
		out := dst[y*stride:][:w]
		m := p.middle[16*y:]
		a, b, c := m[:len(out)], m[16:][:len(out)], m[32:][:len(out)]
		d, e, f := m[48:][:len(out)], m[64:][:len(out)], m[80:][:len(out)]
		for x := range out {
			v := (int32(a[x]) + int32(f[x]) - 5*(int32(b[x])+int32(e[x])) + 20*(int32(c[x])+int32(d[x])) + 512) >> 10
			if uint32(v) > 255 {
				v = ^v >> 31
			}
			out[x] = uint8(v)
		}
	}
}

// interpolateChroma predicts a block at a position in eighths of a sample (8.4.2.2.2).
func interpolateChroma(dst []byte, stride int, src []byte, srcStride, w, h int, dx, dy int32) {
	if dx == 0 && dy == 0 {
		for y := range h {
			copy(dst[y*stride:][:w], src[y*srcStride:])
		}
		return
	}
	fa, fb, fc, fd := (8-dx)*(8-dy), dx*(8-dy), (8-dx)*dy, dx*dy
	for y := range h {
		out := dst[y*stride:][:w]
		above, below := src[y*srcStride:][:w+1], src[(y+1)*srcStride:][:w+1]
		a, c := int32(above[0]), int32(below[0])
		above, below = above[1:], below[1:]
		above, below = above[:len(out)], below[:len(out)]
		for x := range out {
			b, d := int32(above[x]), int32(below[x])
			out[x] = uint8((fa*a + fb*b + fc*c + fd*d + 32) >> 6)
			a, c = b, d
		}
	}
}

// average rounds the mean of two blocks up, four samples at a time: widths are 2, 4, 8 and 16.
func average(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for y := range h {
		a, b := dst[y*stride:][:w], src[y*srcStride:][:w]
		for len(a) >= 8 && len(b) >= 8 {
			p, q := binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)
			binary.LittleEndian.PutUint64(a, p|q-(p^q)&0xfefefefefefefefe>>1)
			a, b = a[8:], b[8:]
		}
		b = b[:len(a)]
		for x := range a {
			a[x] = uint8((uint(a[x]) + uint(b[x]) + 1) >> 1)
		}
	}
}
