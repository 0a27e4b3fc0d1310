// What the first partition says of a macroblock: the counterpart of
// Decoder.parseMacroblock, RFC 6386 §10, §11, §16 and §17.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

var (
	keyYModePaths  = paths(keyYModeTree, modeB+1)
	yModePaths     = paths(yModeTree, modeB+1)
	uvModePaths    = paths(uvModeTree, modeTM+1)
	subModePaths   = paths(subModeTree, dsp.SubblockModes)
	interModePaths = paths(interModeTree, modeSplit+1)[modeNearest:]
	partitionPaths = paths(partitionTree, split4x4+1)
	subVectorPaths = paths(subVectorTree, subNew+1)
	shortPaths     = paths(shortTree, 8)
)

// traceModes notes the current macroblock's header, d.mb being what a decoder
// will have read.
func (w *worker) traceModes() {
	d, t := &w.d, &w.modes
	m, c := &d.mb, &w.d.contexts
	t.put(slotSkip, choose(m.skip))
	if w.h.key {
		t.pathFixed(keyYModePaths[m.yMode], keyYModeProbs[:])
		w.traceKeySubModes()
		t.pathFixed(uvModePaths[m.uvMode], keyUVModeProbs[:])
		return // key frames have no use for the other contexts
	}
	t.put(slotIntra, choose(m.ref != refIntra))
	if m.ref != refIntra {
		w.traceInter()
	} else {
		t.path(yModePaths[m.yMode], slotYMode)
		if m.yMode == modeB {
			for _, mode := range m.subModes {
				t.pathFixed(subModePaths[mode], subModeProbs[:])
			}
		}
		t.path(uvModePaths[m.uvMode], slotUVMode)
		c.mvAbove[w.col], c.mvLeft = [4]motionVector{}, [4]motionVector{}
	}
	c.aboveLeft = c.above[w.col+1]
	c.above[w.col+1] = m.neighbour
	c.left = m.neighbour
}

// traceKeySubModes notes the subblock modes of a key frame and leaves them for
// the neighbours, see Decoder.parseKeySubModes.
func (w *worker) traceKeySubModes() {
	m, above, left := &w.d.mb, &w.d.contexts.subAbove[w.col], &w.d.contexts.subLeft
	if m.yMode != modeB {
		i := impliedSubMode[m.yMode&3]
		*above = [4]uint8{i, i, i, i}
		*left = *above
		return
	}
	for i, mode := range m.subModes {
		x, y := i&3, i>>2
		w.modes.pathFixed(subModePaths[mode], keySubModeProbs[above[x]][left[y]][:])
		above[x], left[y] = mode, mode
	}
}

// traceInter notes reference, mode and vectors, see Decoder.parseInter.
func (w *worker) traceInter() {
	t, m, c := &w.modes, &w.d.mb, &w.d.contexts
	t.put(slotLast, choose(m.ref != refLast))
	if m.ref != refLast {
		t.put(slotGolden, choose(m.ref == refAltRef))
	}
	t.pathFixed(interModePaths[m.yMode-modeNearest], w.proposal.probs[:])
	switch m.yMode {
	case modeSplit:
		w.traceSplit()
		return
	case modeNew:
		w.traceVector(m.mv)
	}
	c.mvAbove[w.col] = [4]motionVector{m.mv, m.mv, m.mv, m.mv}
	c.mvLeft = c.mvAbove[w.col]
}

// traceSplit notes the vectors of the parts, see Decoder.parseSplit.
func (w *worker) traceSplit() {
	t, m := &w.modes, &w.d.mb
	t.pathFixed(partitionPaths[m.partitioning], partitionProbs[:])
	for _, i := range starts(m.partitioning) {
		left, above := w.d.besides(m, int(i))
		from := subVectorOf(m.mvs[i], left, above)
		t.pathFixed(subVectorPaths[from], subVectorProbs[subVectorContext(left, above)][:])
		if from == subNew {
			w.traceVector(m.mvs[i])
		}
	}
	above, left := &w.d.contexts.mvAbove[w.col], &w.d.contexts.mvLeft
	for i := range 4 {
		above[i], left[i] = m.mvs[12+i], m.mvs[4*i+3]
	}
}

// traceVector notes a new vector.
func (w *worker) traceVector(mv motionVector) {
	w.modes.component(slotVector, int(mv.y)-int(w.proposal.best.y))
	w.modes.component(slotVector+len(mvProbs{}), int(mv.x)-int(w.proposal.best.x))
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

// vectorCosts are the bits of one half of a difference of vectors, in 1/256.
type vectorCosts struct {
	bits  [2*maxDifference + 1]int32 // by the difference plus maxDifference
	probs mvProbs                    // that bits are for
}

// prepare computes the costs for a frame, unless they are as they were.
func (c *vectorCosts) prepare(p *mvProbs) {
	if *p == c.probs {
		return
	}
	c.probs = *p
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
		c.bits[maxDifference+v], c.bits[maxDifference-v] = int32(plus), int32(minus)
	}
}
