// What the first partition says about each macroblock, RFC 6386 §10, §11, §16.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// neighbour is what the macroblocks to the right and below want to know.
type neighbour struct {
	mv    motionVector // of the last subblock if they differ
	ref   uint8
	yMode uint8
}

// macroblock is the one that is being decoded.
type macroblock struct {
	neighbour
	uvMode       uint8
	skip         bool
	partitioning uint8            // modeSplit
	subModes     [16]uint8        // modeB
	mvs          [16]motionVector // modeSplit
}

// hasY2 tells if the first luma coefficients are coded apart (RFC 6386 §13).
func (m *macroblock) hasY2() bool { return m.yMode != modeB && m.yMode != modeSplit }

// modeContexts are what the modes of the current row depend on. Slices have
// entries for each column.
type modeContexts struct {
	// above has one entry more, first, for the outside of the picture; an
	// entry is overwritten once the macroblock below it is done.
	above           []neighbour
	left, aboveLeft neighbour
	subAbove        [][4]uint8 // key frames only
	subLeft         [4]uint8
	mvAbove         [][4]motionVector // inter frames only
	mvLeft          [4]motionVector
}

func newModeContexts(cols int) modeContexts {
	return modeContexts{
		above:    make([]neighbour, cols+1),
		subAbove: make([][4]uint8, cols),
		mvAbove:  make([][4]motionVector, cols),
	}
}

// beginFrame makes everything above the picture look intra coded.
func (c *modeContexts) beginFrame() {
	clear(c.above)
	clear(c.subAbove)
	clear(c.mvAbove)
}

func (c *modeContexts) beginRow() {
	c.left, c.aboveLeft = neighbour{}, neighbour{}
	c.subLeft = [4]uint8{}
	c.mvLeft = [4]motionVector{}
}

// parseMacroblock reads the header of the macroblock in this column and row (RFC 6386 §19.3).
func (d *Decoder) parseMacroblock(h *frameHeader, b *boolDecoder, col, row int) {
	m := &d.mb
	segment := &d.segmentMap[row*d.cols+col]
	if d.segmentation.updateMap {
		*segment = uint8(b.tree(segmentTree, d.segmentation.probs[:]))
	}
	m.skip = h.skipEnabled && b.bool(h.probSkipFalse)
	c := &d.contexts
	switch {
	case h.key:
		m.neighbour = neighbour{yMode: uint8(b.tree(keyYModeTree, keyYModeProbs[:]))}
		d.parseKeySubModes(b, col)
		m.uvMode = uint8(b.tree(uvModeTree, keyUVModeProbs[:]))
		return // key frames have no use for the other contexts
	case b.bool(h.probIntra):
		d.parseInter(h, b, col, row)
	default:
		m.neighbour = neighbour{yMode: uint8(b.tree(yModeTree, d.probs.yMode[:]))}
		if m.yMode == modeB {
			for i := range m.subModes {
				m.subModes[i] = uint8(b.tree(subModeTree, subModeProbs[:]))
			}
		}
		m.uvMode = uint8(b.tree(uvModeTree, d.probs.uvMode[:]))
		c.mvAbove[col] = [4]motionVector{}
		c.mvLeft = [4]motionVector{}
	}
	c.aboveLeft = c.above[col+1]
	c.above[col+1] = m.neighbour
	c.left = m.neighbour
}

// parseKeySubModes reads the subblock modes of a key frame, whose
// probabilities depend on the neighbours (RFC 6386 §11.3).
func (d *Decoder) parseKeySubModes(b *boolDecoder, col int) {
	m, above, left := &d.mb, &d.contexts.subAbove[col], &d.contexts.subLeft
	if m.yMode != modeB {
		i := impliedSubMode[m.yMode&3]
		*above = [4]uint8{i, i, i, i}
		*left = *above
		return
	}
	for y := range 4 {
		l := left[y]
		for x := range 4 {
			l = uint8(b.tree(subModeTree, keySubModeProbs[above[x]%dsp.SubblockModes][l%dsp.SubblockModes][:]))
			above[x] = l
			m.subModes[4*y+x] = l
		}
		left[y] = l
	}
}
