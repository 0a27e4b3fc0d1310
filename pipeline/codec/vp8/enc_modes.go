// What the first partition says of a macroblock: the counterpart of
// Decoder.parseMacroblock, RFC 6386 §10, §11, §16 and §17.

package vp8

var (
	keyYModePaths  = paths(keyYModeTree, modeB+1)
	yModePaths     = paths(yModeTree, modeB+1)
	uvModePaths    = paths(uvModeTree, modeTM+1)
	interModePaths = paths(interModeTree, modeSplit+1)
	shortPaths     = paths(shortTree, 8)
)

// traceModes notes the current macroblock's header, d.mb being what a decoder
// will have read.
func (e *Encoder) traceModes(h *frameHeader, c *proposal, col int) {
	d, t := &e.d, &e.modes
	m := &d.mb
	t.put(slotSkip, choose(m.skip))
	if h.key {
		t.pathFixed(keyYModePaths[m.yMode], keyYModeProbs[:])
		t.pathFixed(uvModePaths[m.uvMode], keyUVModeProbs[:])
		return // key frames have no use for the contexts
	}
	t.put(slotIntra, choose(m.ref != refIntra))
	if m.ref == refIntra {
		t.path(yModePaths[m.yMode], slotYMode)
		t.path(uvModePaths[m.uvMode], slotUVMode)
	} else {
		t.put(slotLast, 0)
		t.pathFixed(interModePaths[m.yMode], c.probs[:])
		if m.yMode == modeNew {
			t.component(slotVector, int(m.mv.y)-int(c.best.y))
			t.component(slotVector+len(mvProbs{}), int(m.mv.x)-int(c.best.x))
		}
	}
	d.contexts.aboveLeft = d.contexts.above[col+1]
	d.contexts.above[col+1] = m.neighbour
	d.contexts.left = m.neighbour
}

// component notes one half of a difference of vectors (RFC 6386 §17.2), whose
// probabilities begin at slot.
func (t *trace) component(slot, v int) {
	sign := uint16(0)
	if v < 0 {
		v, sign = -v, 1
	}
	long := v >= len(shortPaths)
	t.put(slot+mvIsLong, choose(long))
	if long {
		bit := func(i int) { t.put(slot+mvLong+i, uint16(v>>uint(i)&1)) }
		for i := range 3 {
			bit(i)
		}
		for i := mvLongBits - 1; i > 3; i-- {
			bit(i)
		}
		if v > 15 {
			bit(3)
		}
	} else {
		t.path(shortPaths[v], slot+mvShort)
	}
	if v != 0 {
		t.put(slot+mvSign, sign)
	}
}

// maxDifference is the farthest that a coded vector may be from the predicted one.
const maxDifference = 1<<mvLongBits - 1

// vectorCosts are the bits of one half of a difference of vectors, in 1/256,
// by the difference plus maxDifference.
type vectorCosts [2*maxDifference + 1]int32

// prepare computes the costs for a frame.
func (c *vectorCosts) prepare(p *mvProbs) {
	for v := range maxDifference + 1 {
		cost := costOf(p[mvIsLong], choose(v >= len(shortPaths)))
		if v >= len(shortPaths) {
			for i := range mvLongBits {
				if i != 3 || v > 15 {
					cost += costOf(p[mvLong+i], uint16(v>>uint(i)&1))
				}
			}
		} else {
			cost += pathCost(shortPaths[v], p[mvShort:mvLong])
		}
		plus, minus := cost, cost
		if v != 0 {
			plus, minus = plus+costOf(p[mvSign], 0), minus+costOf(p[mvSign], 1)
		}
		c[maxDifference+v], c[maxDifference-v] = int32(plus), int32(minus)
	}
}
