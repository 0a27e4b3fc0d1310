package h264

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
		copyBlock(dst, stride, src[at:], srcStride, w, h)
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
		for x := 0; x < w; x += 8 {
			row := src[y*srcStride+x:][:5+8]
			v := sixTap(load(row), load(row[1:]), load(row[2:]), load(row[3:]), load(row[4:]), load(row[5:]))
			if w < 8 {
				storeSome(dst[y*stride:], v, w)
			} else {
				store(dst[y*stride+x:], v)
			}
		}
	}
}

// halfDown makes the samples h, between two of a column. src begins two above.
func halfDown(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for x := 0; x < w; x += 8 {
		column := src[x:]
		a, b, c := load(column), load(column[srcStride:]), load(column[2*srcStride:])
		d, e := load(column[3*srcStride:]), load(column[4*srcStride:])
		for y := range h {
			f := load(column[(y+5)*srcStride:])
			v := sixTap(a, b, c, d, e, f)
			if w < 8 {
				storeSome(dst[y*stride:], v, w)
			} else {
				store(dst[y*stride+x:], v)
			}
			a, b, c, d, e = b, c, d, e, f
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
func interpolateChroma(dst []byte, stride int, src []byte, srcStride, w, h int, dx, dy uint64) {
	if dx == 0 && dy == 0 {
		copyBlock(dst, stride, src, srcStride, w, h)
		return
	}
	const round = 32 * laneOnes
	fa, fb, fc, fd := (8-dx)*(8-dy), dx*(8-dy), (8-dx)*dy, dx*dy
	a, b := load(src), load(src[1:])
	for y := range h {
		c, d := load(src[(y+1)*srcStride:]), load(src[(y+1)*srcStride+1:])
		even := fa*(a&laneMask) + fb*(b&laneMask) + fc*(c&laneMask) + fd*(d&laneMask) + round
		odd := fa*(a>>8&laneMask) + fb*(b>>8&laneMask) + fc*(c>>8&laneMask) + fd*(d>>8&laneMask) + round
		v := even>>6&laneMask | odd>>6&laneMask<<8
		if w < 8 {
			storeSome(dst[y*stride:], v, w)
		} else {
			store(dst[y*stride:], v)
		}
		a, b = c, d
	}
}

// copyBlock copies a block that is 2, 4, 8 or 16 wide.
func copyBlock(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for y := range h {
		to, from := dst[y*stride:], src[y*srcStride:]
		switch w {
		case 16:
			to, from = to[:16], from[:16]
			store(to, load(from))
			store(to[8:], load(from[8:]))
		case 8:
			store(to, load(from))
		default:
			storeSome(to, load(from), w)
		}
	}
}

// average rounds the mean of two blocks up.
func average(dst []byte, stride int, src []byte, srcStride, w, h int) {
	for y := range h {
		to, from := dst[y*stride:], src[y*srcStride:]
		switch w {
		case 16:
			to, from = to[:16], from[:16]
			store(to, mean8(load(to), load(from)))
			store(to[8:], mean8(load(to[8:]), load(from[8:])))
		case 8:
			store(to, mean8(load(to), load(from)))
		default:
			storeSome(to, mean8(load(to), load(from)), w)
		}
	}
}
