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
		mode, last, least := uint8(0), uint8(0), maxCost
		for _, candidate := range e.speed.subModes {
			dsp.PredictSubblock(candidate, p.Y, at, stride, right)
			last = candidate
			if c := sad4(src.Y, at, src.YStride, p.Y, at, stride) + e.price(bits[candidate]); c < least {
				mode, least = candidate, c
			}
		}
		if cost += least; cost >= limit {
			return false, false
		}
		if mode != last {
			dsp.PredictSubblock(mode, p.Y, at, stride, right)
		}
		m.subModes[i], above[x], left[y] = mode, mode, mode
		dsp.ForwardDCT(&d.coefficients[i], src.Y, at, src.YStride, p.Y, at, stride)
		d.ends[i] = q.quantise(&d.coefficients[i], &w.levels[i], 0)
		any |= d.ends[i]
		d.addResidual(i, p.Y, at, stride)
	}
	d.mb = m
	return any != 0, true
}

// sad4 is the sum of absolute differences of two blocks of 4x4 pixels.
func sad4(a []byte, at, aStride int, b []byte, bt, bStride int) int {
	sum := 0
	for range 4 {
		x, y := (*[4]byte)(a[at:]), (*[4]byte)(b[bt:])
		for i, v := range x {
			d := int(v) - int(y[i])
			s := d >> 63
			sum += d ^ s - s
		}
		at += aStride
		bt += bStride
	}
	return sum
}
