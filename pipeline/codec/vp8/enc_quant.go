// From pixels to quantised coefficients and back, RFC 6386 §14.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// quantizers are those of a frame, for intra or for inter prediction.
type quantizers struct{ y, y2, uv dsp.Quantizer }

func newQuantizers(f *quantFactors, round int) quantizers {
	return quantizers{dsp.NewQuantizer(f.y, round), dsp.NewQuantizer(f.y2, round), dsp.NewQuantizer(f.uv, round)}
}

// residualLuma transforms what the prediction in the new picture leaves, adds
// to it what of that a decoder will get, and tells if that is anything. The
// levels are then in w.levels and their ends in d.ends.
func (w *worker) residualLuma() bool {
	d, src, p := &w.d, w.e.src, w.p
	q := &w.e.quantizers[min(d.mb.ref, 1)]
	luma := (*[16][16]int16)(d.coefficients[:16])
	dsp.ForwardDCT16(luma, src.Y, w.y, src.YStride, p.Y, w.y, p.YStride)
	any, y2 := uint8(0), d.mb.hasY2()
	if y2 {
		dsp.ForwardWHT(&d.coefficients[24], luma)
		any = q.y2.Quantise(d.coefficients[24:], w.levels[24:], d.ends[24:])
		for i := range luma {
			luma[i][0] = 0
		}
	}
	any |= q.y.Quantise(luma[:], w.levels[:16], d.ends[:16])
	if any == 0 {
		return false
	}
	if y2 {
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
	dsp.ForwardDCT8((*[4][16]int16)(d.coefficients[16:20]), src.U, w.uv, src.UVStride, p.U, w.uv, p.UVStride)
	dsp.ForwardDCT8((*[4][16]int16)(d.coefficients[20:24]), src.V, w.uv, src.UVStride, p.V, w.uv, p.UVStride)
	if q.Quantise(d.coefficients[16:24], w.levels[16:24], d.ends[16:24]) == 0 {
		return false
	}
	d.addChroma(16, p.U, w.uv, p.UVStride)
	d.addChroma(20, p.V, w.uv, p.UVStride)
	return true
}
