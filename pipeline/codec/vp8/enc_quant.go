// From pixels to quantised coefficients and back, RFC 6386 §14.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// maxQuantised is the largest level; with the largest categories of tokens the
// format could do a little more.
const maxQuantised = 2047

// A quantizer divides coefficients by a pair of quantFactors. What is less
// than a part of a step from zero becomes zero.
type quantizer struct {
	factors    [2]int16
	reciprocal [2]uint32 // in 1/65536
	round      [2]uint32
}

// newQuantizer rounds up from 1-round/256 of a step.
func newQuantizer(factors [2]int16, round uint32) quantizer {
	q := quantizer{factors: factors}
	for i, f := range factors {
		q.reciprocal[i] = (1<<16 + uint32(f) - 1) / uint32(f)
		q.round[i] = uint32(f) * round >> 8
	}
	return q
}

// quantise replaces the coefficients by what a decoder will have, stores the
// levels in zigzag order, and returns one more than the place of the last, 0
// if all are 0.
func (q *quantizer) quantise(c, levels *[16]int16, first int) uint8 {
	end := 0
	for n := first; n < 16; n++ {
		at, i := zigzag[n]&15, min(n, 1)
		v := int(c[at])
		sign := v >> 63
		level := int((uint32((v^sign)-sign) + q.round[i]) * q.reciprocal[i] >> 16)
		if level == 0 {
			c[at], levels[n] = 0, 0
			continue
		}
		level = min(level, maxQuantised)
		level = (level ^ sign) - sign
		c[at], levels[n] = int16(level*int(q.factors[i])), int16(level)
		end = n + 1
	}
	return uint8(end)
}

// quantizers are those of a frame, for intra and for inter prediction.
type quantizers struct{ y, y2, uv quantizer }

func newQuantizers(f *quantFactors, round uint32) quantizers {
	return quantizers{newQuantizer(f.y, round), newQuantizer(f.y2, round), newQuantizer(f.uv, round)}
}

// residualLuma transforms what the prediction in the new picture leaves, adds
// to it what of that a decoder will get, and tells if that is anything.
func (w *worker) residualLuma() bool {
	d, src, p := &w.d, w.e.src, w.p
	q := &w.e.quantizers[min(d.mb.ref, 1)]
	for i := range 16 {
		at := w.y + 4*(i>>2)*p.YStride + 4*(i&3)
		dsp.ForwardDCT(&d.coefficients[i], src.Y, at, src.YStride, p.Y, at, p.YStride)
	}
	any, first := uint8(0), 0
	if d.mb.hasY2() {
		dsp.ForwardWHT(&d.coefficients[24], (*[16][16]int16)(d.coefficients[:16]))
		d.ends[24] = q.y2.quantise(&d.coefficients[24], &w.levels[24], 0)
		any, first = d.ends[24], 1
	}
	for i := range 16 {
		if first == 1 {
			d.coefficients[i][0] = 0
		}
		d.ends[i] = q.y.quantise(&d.coefficients[i], &w.levels[i], first)
		any |= d.ends[i]
	}
	if any == 0 {
		return false
	}
	if first == 1 {
		d.addY2()
	}
	for i := range 4 {
		d.addLumaRow(i, p.Y, w.y+4*i*p.YStride, p.YStride)
	}
	return true
}

// residualChroma is residualLuma for chroma.
func (w *worker) residualChroma() bool {
	d, src, p := &w.d, w.e.src, w.p
	q := &w.e.quantizers[min(d.mb.ref, 1)].uv
	any := uint8(0)
	for i := 16; i < 24; i++ {
		from, to := src.U, p.U
		if i >= 20 {
			from, to = src.V, p.V
		}
		at := w.uv + 4*(i>>1&1)*p.UVStride + 4*(i&1)
		dsp.ForwardDCT(&d.coefficients[i], from, at, src.UVStride, to, at, p.UVStride)
		d.ends[i] = q.quantise(&d.coefficients[i], &w.levels[i], 0)
		any |= d.ends[i]
	}
	d.addChroma(16, p.U, w.uv, p.UVStride)
	d.addChroma(20, p.V, w.uv, p.UVStride)
	return any != 0
}
