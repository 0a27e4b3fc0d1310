// What choices cost in a frame, in bits and as a price.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// frameCosts is what all macroblocks of a frame are decided by. Bits are in 1/256.
type frameCosts struct {
	speed      speed
	quantizers [2]quantizers // intra, inter
	lambda     int           // see price
	sadLambda  int           // see sadPrice
	// From which cost of the best choice so far others are tried: anything
	// at all, parts with vectors of their own, B_PRED.
	searchFrom, splitFrom, subblocksFrom int
	goodEnough                           int // the most that may cost what isGoodEnough, 0: nothing is

	yModeBits   [modeB + 1]int
	subModeBits [dsp.SubblockModes]int // of inter frames
	refBits     [references]int
	vectorCosts [2]vectorCosts
	long        []uint8 // the references besides the last that the frame may use
	// The header's probabilities of references, from the frame before.
	probIntra, probLast, probGolden uint8
}

// initTables sets what never changes, or has to begin somewhere.
func (e *Encoder) initTables() {
	for i := range 256 {
		e.modeTable[modeSlots+i], e.tokenTable[tokenSlots+i] = uint8(i), uint8(i)
	}
	e.probIntra, e.probLast, e.probGolden = 16, 220, 128
	for mode := range e.subModeBits {
		e.subModeBits[mode] = pathCost(subModePaths[mode], subModeProbs[:])
	}
}

// learn takes probabilities from a frame for the costs of the next.
func (e *Encoder) learn(h *frameHeader) {
	e.probIntra, e.probLast, e.probGolden = h.probIntra, h.probLast, h.probGolden
}

// prepareCosts sets up what depends on quantizer, probabilities and references.
func (e *Encoder) prepareCosts(h *frameHeader) {
	c, d := &e.frameCosts, &e.d
	if c.speed = speeds[e.pace.speed]; e.plain {
		c.speed = plainSpeed
	}
	f := &d.factors[0]
	c.quantizers = [2]quantizers{newQuantizers(f, intraRound), newQuantizers(f, interRound)}
	step := int(f.y[1])
	c.lambda, c.sadLambda = 7*step*step, 3*step
	// The noise of quantisation is about five times the square of the step in
	// a macroblock. Where less of it is left the best choice is good, even
	// though its residual may be worth coding: found by trial.
	unit := step * step / 2
	c.searchFrom, c.splitFrom, c.subblocksFrom = unit, 3*unit, 2*unit
	if c.goodEnough = 0; e.config.Bitrate > 0 {
		c.goodEnough = 16*16*invisible/4 + c.price(4*256)
	}
	c.prepareReferences(e)
	for mode := range c.yModeBits {
		if h.key {
			c.yModeBits[mode] = pathCost(keyYModePaths[mode], keyYModeProbs[:])
		} else {
			c.yModeBits[mode] = pathCost(yModePaths[mode], d.probs.yMode[:]) + c.refBits[refIntra]
		}
	}
	for i := range c.vectorCosts {
		c.vectorCosts[i].prepare(&d.probs.mv[i])
	}
}

// prepareReferences sets up which references there are, and what they cost.
func (c *frameCosts) prepareReferences(e *Encoder) {
	c.refBits[refIntra] = costOf(e.probIntra, 0)
	inter := costOf(e.probIntra, 1)
	c.refBits[refLast] = inter + costOf(e.probLast, 0)
	c.refBits[refGolden] = inter + costOf(e.probLast, 1) + costOf(e.probGolden, 0)
	c.refBits[refAltRef] = inter + costOf(e.probLast, 1) + costOf(e.probGolden, 1)
	c.long = c.long[:0]
	for ref := uint8(refGolden); ref <= refAltRef; ref++ {
		p := e.d.refs[ref]
		if e.layers.place(false).uses[ref] && p != e.d.refs[refLast] && (ref == refGolden || p != e.d.refs[refGolden]) {
			c.long = append(c.long, ref)
		}
	}
}

// How far below a whole step a coefficient is rounded up to it, in 1/256.
const (
	intraRound = 96
	interRound = 80
)

// maxCost is more than anything costs.
const maxCost = 1 << 30

// price is bits (1/256) in the unit of squared differences: .028 of the square
// of the quantizer's step for a bit. For a uniform quantizer it is 1/12 ·
// 2 ln 2 = .115, and VP8's coefficients count twice, see dsp.ForwardDCT.
func (c *frameCosts) price(bits int) int { return (bits * c.lambda) >> 16 }

// sadPrice is price in the unit of absolute differences: the root, .17 of the step.
func (c *frameCosts) sadPrice(bits int) int { return (bits * c.sadLambda) >> 12 }
