// Intra prediction and residual of a macroblock, RFC 6386 §12 and §14.

package vp8

import (
	"encoding/binary"

	"github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"
)

// reconstruct makes the pixels of the macroblock, all but the loop filter.
// y and uv are where it is in the planes of the picture.
func (d *Decoder) reconstruct(h *frameHeader, p *picture, col, row int, coded bool) {
	m := &d.mb
	y, uv := p.y0+16*(row*p.YStride+col), p.uv0+8*(row*p.UVStride+col)
	if coded && m.hasY2() {
		d.addY2()
	}
	switch {
	case m.ref != refIntra:
		d.predictInter(h, p, col, row)
	case m.yMode == modeB:
		d.predictSubblocks(p, y, coded)
	default:
		predictBlock(m.yMode, p.Y, y, p.YStride, 16, col > 0, row > 0)
	}
	if m.ref == refIntra {
		predictBlock(m.uvMode, p.U, uv, p.UVStride, 8, col > 0, row > 0)
		predictBlock(m.uvMode, p.V, uv, p.UVStride, 8, col > 0, row > 0)
	}
	if !coded {
		return
	}
	if m.yMode != modeB {
		for i := range 4 {
			d.addLumaRow(i, p.Y, y+4*i*p.YStride, p.YStride)
		}
	}
	d.addChroma(16, p.U, uv, p.UVStride)
	d.addChroma(20, p.V, uv, p.UVStride)
}

// addLumaRow adds four blocks side by side. Often none has more than its
// first coefficient, which came by Y2.
func (d *Decoder) addLumaRow(i int, pix []byte, at, stride int) {
	if binary.LittleEndian.Uint32(d.ends[4*i:])&^0x01010101 != 0 {
		for j := range 4 {
			d.addResidual(4*i+j, pix, at+4*j, stride)
		}
		return
	}
	c := (*[4][16]int16)(d.coefficients[4*i:])
	if c[0][0]|c[1][0]|c[2][0]|c[3][0] != 0 {
		dsp.DCAdd4(c, pix, at, stride)
		c[0][0], c[1][0], c[2][0], c[3][0] = 0, 0, 0, 0
	}
}

// addChroma adds the four blocks of U or V, of which i is the first.
func (d *Decoder) addChroma(i int, pix []byte, at, stride int) {
	if binary.LittleEndian.Uint32(d.ends[i:]) == 0 {
		return
	}
	d.addResidual(i, pix, at, stride)
	d.addResidual(i+1, pix, at+4, stride)
	d.addResidual(i+2, pix, at+4*stride, stride)
	d.addResidual(i+3, pix, at+4*stride+4, stride)
}

// predictBlock predicts a whole block of luma or chroma.
func predictBlock(mode uint8, pix []byte, at, stride, size int, left, above bool) {
	switch mode {
	case modeDC:
		dsp.PredictDC(pix, at, stride, size, above, left)
	case modeV:
		dsp.PredictVertical(pix, at, stride, size)
	case modeH:
		dsp.PredictHorizontal(pix, at, stride, size)
	case modeTM:
		dsp.PredictTM(pix, at, stride, size)
	}
}

// predictSubblocks predicts each subblock from those before it, residual
// included. The right column has no finished pixels above and to the right,
// and takes those above the macroblock instead (RFC 6386 §12.3).
func (d *Decoder) predictSubblocks(p *picture, at int, coded bool) {
	s := p.YStride
	corner := at - s + 16
	for i, mode := range &d.mb.subModes {
		b := at + 4*(i>>2)*s + 4*(i&3)
		right := b - s + 4
		if i&3 == 3 {
			right = corner
		}
		dsp.PredictSubblock(mode, p.Y, b, s, right)
		if coded {
			d.addResidual(i, p.Y, b, s)
		}
	}
}

// extendRow repeats the last pixel of a finished macroblock row for the
// subblocks that will look there from below (RFC 6386 §12.3).
func (p *picture) extendRow(cols, row int) {
	end := p.y0 + (16*row+15)*p.YStride + 16*cols
	last := p.Y[end-1]
	for i := range 4 {
		p.Y[end+i] = last
	}
}

// addY2 hands the second order coefficients on to the luma blocks.
func (d *Decoder) addY2() {
	y2 := &d.coefficients[24]
	if d.ends[24] == 0 {
		return
	}
	dsp.InverseWHT(y2, (*[16][16]int16)(d.coefficients[:16]))
	*y2 = [16]int16{}
}

// addResidual adds block i to the prediction and leaves zeros for the next macroblock.
func (d *Decoder) addResidual(i int, pix []byte, at, stride int) {
	c := &d.coefficients[i]
	if d.ends[i] > 1 {
		dsp.IDCTAdd(c, pix, at, stride)
		*c = [16]int16{}
		return
	}
	if dc := c[0]; dc != 0 {
		dsp.DCAdd(dc, pix, at, stride)
		c[0] = 0
	}
}
