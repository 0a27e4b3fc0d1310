// A goroutine's share of a frame.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// A worker encodes rows of macroblocks. Its decoder is a copy of the
// encoder's: both see the same pictures and the same contexts by column, and
// the rest is the worker's own scratch.
type worker struct {
	e *Encoder
	d Decoder
	h *frameHeader
	p *picture // the new picture

	modes, tokens trace         // of the current row
	intra         int           // macroblocks without inter prediction
	levels        [25][16]int16 // in zigzag order
	scratch       [16*16 + dsp.Slack]byte
	subblocks     dsp.SubblockPredictions

	// The current macroblock.
	col, row int
	y, uv    int // where it begins in the planes of all pictures
	proposal proposal
}

func newWorker(e *Encoder) *worker {
	return &worker{e: e, modes: newTrace(modeSlots), tokens: newTrace(tokenSlots)}
}

// begin takes over what the frame begins with. It is called before any worker
// has a job: some may then have two, and others none.
func (w *worker) begin() {
	w.d, w.h, w.p = w.e.d, &w.e.header, w.e.picture
	w.modes.begin()
	w.tokens.begin()
	w.intra = 0
}

// encodeRows encodes rows as long as there are some that nobody has taken.
func (w *worker) encodeRows() {
	for row := w.e.wave.take(); row < w.d.rows; row = w.e.wave.take() {
		w.encodeRow(row)
	}
}

// encodeRow encodes one row, behind the row above by two macroblocks or more:
// B_PRED looks above and to the right.
func (w *worker) encodeRow(row int) {
	d, rows := &w.d, &w.e.rows[row]
	w.modes.bools, w.tokens.bools = rows.modes[:0], rows.tokens[:0]
	d.contexts.beginRow()
	d.nonZeroLeft = nonZero{}
	for col := range d.cols {
		w.e.wave.await(row-1, min(col+2, d.cols))
		w.macroblock(col, row)
		if col == d.cols-1 {
			w.p.extendRow(d.cols, row)
		}
		w.e.wave.done(row, col+1)
	}
	rows.modes, rows.tokens = w.modes.bools, w.tokens.bools
}

// macroblock decides on a macroblock, reconstructs it, and traces it.
func (w *worker) macroblock(col, row int) {
	d := &w.d
	w.col, w.row = col, row
	w.y, w.uv = w.p.y0+16*(row*w.p.YStride+col), w.p.uv0+8*(row*w.p.UVStride+col)
	coded := w.choose()
	d.mb.skip = !coded
	w.traceModes()
	if coded {
		w.traceResidual(&d.nonZeroAbove[col], &d.nonZeroLeft)
	} else {
		d.skipResidual(&d.nonZeroAbove[col], &d.nonZeroLeft)
	}
	w.e.rows[row].filters[col] = d.filterKindOf(coded)
}

// choose finds the way to code the macroblock that costs least, leaves what
// decoders will read of it in d.mb, d.ends and w.levels, its pixels in the
// new picture, and tells if any coefficients are left.
func (w *worker) choose() bool {
	m, e := &w.d.mb, w.e
	best := choice{cost: maxCost}
	if !w.h.key {
		w.proposal = w.propose()
		best = w.chooseInter()
	}
	coded := false
	subblocks := false
	if best.cost > e.searchFrom {
		if mode, cost := w.chooseLuma(); cost < best.cost {
			best = choice{cost: cost}
			best.yMode = mode
		}
		if best.cost > e.subblocksFrom && (e.speed.subblocks || best.ref == refIntra) && !e.speed.plain {
			coded, subblocks = w.chooseSubblocks(best.cost)
		}
	}
	if subblocks {
		w.intra++
		w.chooseChroma()
		return w.residualChroma() || coded
	}
	*m = best.macroblock
	if m.ref == refIntra {
		w.intra++
		predictBlock(m.yMode, w.p.Y, w.y, w.p.YStride, 16, w.col > 0, w.row > 0)
		w.chooseChroma()
	} else {
		w.d.predictInter(w.h, w.p, w.col, w.row)
		if best.cost < e.goodEnough && w.isGoodEnough() {
			return false
		}
	}
	coded = w.residualLuma()
	return w.residualChroma() || coded
}

// invisible is the mean squared error, in quarters, below which nothing is
// coded any more, lest pictures that stay as they are cost bits for ever. It
// is that of 49 dB.
const invisible = 3

// isGoodEnough tells if nobody sees how the prediction in the new picture differs.
func (w *worker) isGoodEnough() bool {
	p, src := w.p, w.e.src
	return dsp.SSE(src.Y, w.y, src.YStride, p.Y, w.y, p.YStride, 16) < 16*16*invisible/4 &&
		dsp.SSE(src.U, w.uv, src.UVStride, p.U, w.uv, p.UVStride, 8) < 8*8*invisible/4 &&
		dsp.SSE(src.V, w.uv, src.UVStride, p.V, w.uv, p.UVStride, 8) < 8*8*invisible/4
}

// A choice is a way to code a macroblock. Its cost is the sum of squared
// differences that it leaves, and the price of the bits that say so. A
// difference that is the same for all pixels does not count where it needs
// but one coefficient: in macroblocks that have Y2.
type choice struct {
	macroblock
	cost int
}
