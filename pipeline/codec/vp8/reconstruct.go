// Intra prediction and residual of a macroblock, RFC 6386 §12 and §14.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

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
		for i := range 16 {
			d.addResidual(i, p.Y, y+4*(i>>2)*p.YStride+4*(i&3), p.YStride)
		}
	}
	for i := range 4 {
		at := uv + 4*(i>>1)*p.UVStride + 4*(i&1)
		d.addResidual(16+i, p.U, at, p.UVStride)
		d.addResidual(20+i, p.V, at, p.UVStride)
	}
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
