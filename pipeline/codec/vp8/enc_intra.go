// The choice of intra prediction modes.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// chooseLuma finds the mode of least cost for whole luma. It leaves the
// prediction of some mode in the new picture.
func (w *worker) chooseLuma() (mode uint8, cost int) {
	e, p := w.e, w.p
	cost = maxCost
	for m := uint8(modeDC); m <= modeTM; m++ {
		predictBlock(m, p.Y, w.y, p.YStride, 16, w.col > 0, w.row > 0)
		miss := dsp.Variance(e.src.Y, w.y, e.src.YStride, p.Y, w.y, p.YStride, 16)
		if c := miss + e.price(e.yModeBits[m]); c < cost {
			mode, cost = m, c
		}
	}
	return mode, cost
}

// chooseChroma predicts chroma by the mode of least cost.
func (w *worker) chooseChroma() {
	e, p, m := w.e, w.p, &w.d.mb
	least := maxCost
	for mode := uint8(modeDC); mode <= modeTM; mode++ {
		w.predictChroma(mode)
		miss := dsp.SSE(e.src.U, w.uv, e.src.UVStride, p.U, w.uv, p.UVStride, 8) +
			dsp.SSE(e.src.V, w.uv, e.src.UVStride, p.V, w.uv, p.UVStride, 8)
		if c := miss + e.price(pathCost(uvModePaths[mode], keyUVModeProbs[:])); c < least {
			m.uvMode, least = mode, c
		}
	}
	if m.uvMode != modeTM { // which was the last
		w.predictChroma(m.uvMode)
	}
}

func (w *worker) predictChroma(mode uint8) {
	predictBlock(mode, w.p.U, w.uv, w.p.UVStride, 8, w.col > 0, w.row > 0)
	predictBlock(mode, w.p.V, w.uv, w.p.UVStride, 8, w.col > 0, w.row > 0)
}
