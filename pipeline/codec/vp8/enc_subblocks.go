// Intra prediction of luma by subblocks, B_PRED (RFC 6386 §11.3, §12.3).

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// keySubModeBits is what a subblock mode costs in key frames, by the modes
// above and to the left.
var keySubModeBits = func() (t [dsp.SubblockModes][dsp.SubblockModes][dsp.SubblockModes]int) {
	for above := range t {
		for left := range t[above] {
			for mode := range t[above][left] {
				t[above][left][mode] = pathCost(subModePaths[mode], keySubModeProbs[above][left][:])
			}
		}
	}
	return t
}()

// chooseSubblocks codes luma by subblocks, each of which predicts from those
// before it as decoders will have them. It gives up as soon as the cost
// reaches the limit; otherwise d.mb and the new picture are done but for
// chroma. It tells if any coefficients are left, and if it did not give up.
func (w *worker) chooseSubblocks(limit int) (coded, chosen bool) {
	d, e, p := &w.d, w.e, w.p
	src, stride := e.src, p.YStride
	m := macroblock{neighbour: neighbour{yMode: modeB}}
	q := &e.quantizers[0].y
	cost := e.price(e.yModeBits[modeB])
	var above, left [4]uint8
	if w.h.key {
		above, left = d.contexts.subAbove[w.col], d.contexts.subLeft
	}
	any := uint8(0)
	for i := range m.subModes {
		x, y := i&3, i>>2
		at := w.y + 4*y*stride + 4*x
		right := at - stride + 4
		if x == 3 { // the row above the macroblock serves all of the column
			right = w.y - stride + 16
		}
		bits := &e.subModeBits
		if w.h.key {
			bits = &keySubModeBits[above[x]][left[y]]
		}
		mode, least := uint8(0), maxCost
		dsp.PredictSubblocks(&w.subblocks, p.Y, at, stride, right)
		for candidate := range w.subblocks {
			miss := dsp.SSE(src.Y, at, src.YStride, w.subblocks[candidate][:], 0, 4, 4)
			if c := miss + e.price(bits[candidate]); c < least {
				mode, least = uint8(candidate), c
			}
		}
		if cost += least; cost >= limit {
			return false, false
		}
		for j := range 4 {
			*(*[4]byte)(p.Y[at+j*stride:]) = [4]byte(w.subblocks[mode][4*j:])
		}
		m.subModes[i], above[x], left[y] = mode, mode, mode
		dsp.ForwardDCT(&d.coefficients[i], src.Y, at, src.YStride, p.Y, at, stride)
		any |= q.Quantise(d.coefficients[i:i+1], w.levels[i:i+1], d.ends[i:i+1])
		d.addResidual(i, p.Y, at, stride)
	}
	d.mb = m
	return any != 0, true
}
