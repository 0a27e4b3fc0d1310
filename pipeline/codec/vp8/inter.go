// Inter prediction, RFC 6386 §18.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// source is one plane of a reference, of whole macroblocks.
type source struct {
	pix           []byte
	origin        int // offset of the first pixel
	stride        int
	width, height int
}

// predictInter predicts a macroblock from its reference. In luma a vector's
// quarters of pixels count twice, as eighths; chroma has half the pixels, so
// that there they are eighths already (RFC 6386 §18.2, §18.3).
func (d *Decoder) predictInter(h *frameHeader, p *picture, col, row int) {
	m := &d.mb
	s := &d.refs[m.ref&3].sources
	at, uv := p.y0+16*(row*p.YStride+col), p.uv0+8*(row*p.UVStride+col)
	if m.yMode == modeSplit {
		d.predictSplit(h, p, col, row, s)
		return
	}
	mx, my := int(m.mv.x), int(m.mv.y)
	d.predict(&s[0], p.Y, at, p.YStride, 16*col, 16*row, 16, 2*mx, 2*my)
	if h.version == 3 { // whole pixels in chroma
		mx, my = mx&^7, my&^7
	}
	d.predict(&s[1], p.U, uv, p.UVStride, 8*col, 8*row, 8, mx, my)
	d.predict(&s[2], p.V, uv, p.UVStride, 8*col, 8*row, 8, mx, my)
}

// predictSplit predicts a macroblock whose parts have vectors of their own.
// Luma goes by quarters if no part is smaller. Chroma goes by 4x4 pixels, each
// with the mean of the vectors of the four subblocks of luma (RFC 6386 §18.2).
func (d *Decoder) predictSplit(h *frameHeader, p *picture, col, row int, s *[3]source) {
	m := &d.mb
	at, uv := p.y0+16*(row*p.YStride+col), p.uv0+8*(row*p.UVStride+col)
	size, step := 4, 1
	if m.partitioning != split4x4 {
		size, step = 8, 2
	}
	for j := 0; j < 4; j += step {
		for i := 0; i < 4; i += step {
			mv := m.mvs[4*j+i]
			d.predict(&s[0], p.Y, at+4*(j*p.YStride+i), p.YStride, 16*col+4*i, 16*row+4*j, size, 2*int(mv.x), 2*int(mv.y))
		}
	}
	for j := range 2 {
		for i := range 2 {
			k := 8*j + 2*i
			a, b, c, e := m.mvs[k], m.mvs[k+1], m.mvs[k+4], m.mvs[k+5]
			cx := quarter(int(a.x) + int(b.x) + int(c.x) + int(e.x))
			cy := quarter(int(a.y) + int(b.y) + int(c.y) + int(e.y))
			if h.version == 3 {
				cx, cy = cx&^7, cy&^7
			}
			to := uv + 4*(j*p.UVStride+i)
			d.predict(&s[1], p.U, to, p.UVStride, 8*col+4*i, 8*row+4*j, 4, cx, cy)
			d.predict(&s[2], p.V, to, p.UVStride, 8*col+4*i, 8*row+4*j, 4, cx, cy)
		}
	}
}

// quarter divides by four, rounding halves away from zero.
func quarter(v int) int {
	if v < 0 {
		return -((2 - v) / 4)
	}
	return (v + 2) / 4
}

// predict makes the size x size pixels at x, y, which are at this offset of
// dst with its stride, from the reference moved by mx, my eighths of a pixel.
func (d *Decoder) predict(s *source, dst []byte, at, stride, x, y, size, mx, my int) {
	x, y = x+mx>>3, y+my>>3
	mx, my = mx&7, my&7
	src, from, srcStride := s.pix, s.origin+y*s.stride+x, s.stride
	if x < dsp.Before || y < dsp.Before || x+size+dsp.Behind > s.width || y+size+dsp.Behind > s.height {
		src, from, srcStride = d.border[:], dsp.Before*borderStride+dsp.Before, borderStride
		d.emulateBorder(s, x-dsp.Before, y-dsp.Before, size+dsp.Before+dsp.Behind)
	}
	switch {
	case mx|my == 0:
		dsp.Copy(dst, at, stride, src, from, srcStride, size, size)
	case d.header.version != 0:
		dsp.Bilinear(dst, at, stride, src, from, srcStride, size, size, mx, my)
	default:
		dsp.SixTap(dst, at, stride, src, from, srcStride, size, size, mx, my)
	}
}

// borderStride is the stride of Decoder.border, which takes the largest block
// and what the filters need around it.
const borderStride = 32

// emulateBorder copies the n x n pixels at x, y to the border buffer. Outside
// of the plane its outermost pixels go on for ever (RFC 6386 §18.1).
func (d *Decoder) emulateBorder(s *source, x, y, n int) {
	left := min(max(-x, 0), n)          // columns before the plane
	inside := min(max(s.width-x, 0), n) // columns up to its end
	for j := range n {
		row := s.pix[s.origin+min(max(y+j, 0), s.height-1)*s.stride:][:s.width]
		to := d.border[j*borderStride:][:n]
		for i := range left {
			to[i] = row[0]
		}
		if left < inside {
			copy(to[left:inside], row[x+left:])
		}
		for i := inside; i < n; i++ {
			to[i] = row[s.width-1]
		}
	}
}
