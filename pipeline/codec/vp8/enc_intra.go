// The choice of intra prediction modes.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// intraBits are what luma modes cost in 1/256 bits in the current frame, and
// what it costs to say that a macroblock is intra predicted.
type intraBits struct {
	yMode [modeTM + 1]int
	intra int
}

// prepareIntra computes the costs for a frame.
func (e *Encoder) prepareIntra(h *frameHeader) {
	for mode := range e.intraBits.yMode {
		if h.key {
			e.intraBits.yMode[mode] = pathCost(keyYModePaths[mode], keyYModeProbs[:])
		} else {
			e.intraBits.yMode[mode] = pathCost(yModePaths[mode], e.d.probs.yMode[:])
		}
	}
	e.intraBits.intra = 0
	if !h.key {
		e.intraBits.intra = 4 * 256 // few macroblocks of inter frames are
	}
}

// chooseLuma finds the luma mode of least cost. It leaves the prediction of
// some mode in p.
func (e *Encoder) chooseLuma(p *picture, col, row int) (mode uint8, cost int) {
	at := p.y0 + 16*(row*p.YStride+col)
	cost = maxCost
	for m := uint8(modeDC); m <= modeTM; m++ {
		predictBlock(m, p.Y, at, p.YStride, 16, col > 0, row > 0)
		sad := dsp.SAD(e.src.Y, at, e.src.YStride, p.Y, at, p.YStride, 16)
		if c := sad + e.price(e.intraBits.yMode[m]+e.intraBits.intra); c < cost {
			mode, cost = m, c
		}
	}
	return mode, cost
}

// predictIntra predicts the macroblock by this luma mode and the best chroma mode.
func (e *Encoder) predictIntra(p *picture, col, row int, yMode uint8) {
	m := &e.d.mb
	m.neighbour = neighbour{yMode: yMode}
	y, uv := p.y0+16*(row*p.YStride+col), p.uv0+8*(row*p.UVStride+col)
	predictBlock(yMode, p.Y, y, p.YStride, 16, col > 0, row > 0)
	least := maxCost
	for mode := uint8(modeDC); mode <= modeTM; mode++ {
		predictBlock(mode, p.U, uv, p.UVStride, 8, col > 0, row > 0)
		predictBlock(mode, p.V, uv, p.UVStride, 8, col > 0, row > 0)
		sad := dsp.SAD(e.src.U, uv, e.src.UVStride, p.U, uv, p.UVStride, 8) +
			dsp.SAD(e.src.V, uv, e.src.UVStride, p.V, uv, p.UVStride, 8)
		if c := sad + e.price(pathCost(uvModePaths[mode], keyUVModeProbs[:])); c < least {
			m.uvMode, least = mode, c
		}
	}
	if m.uvMode != modeTM { // which was the last
		predictBlock(m.uvMode, p.U, uv, p.UVStride, 8, col > 0, row > 0)
		predictBlock(m.uvMode, p.V, uv, p.UVStride, 8, col > 0, row > 0)
	}
}

// maxCost is more than anything costs.
const maxCost = 1 << 30

// price is bits (1/256) in the unit of sums of absolute differences. The
// factor, .18 of the quantizer's step for a bit, is the usual one for a
// uniform quantizer whose step is half of VP8's, see dsp.ForwardDCT.
func (e *Encoder) price(bits int) int { return (bits * e.lambda) >> 12 }
