// Modes of inter predicted macroblocks and the vectors of their parts, RFC
// 6386 §16.3.

package vp8

// The trees and probabilities of RFC 6386 §16.3.
var (
	interModeTree     = tree{-modeZero, 2, -modeNearest, 4, -modeNear, 6, -modeNew, -modeSplit}
	partitionTree     = tree{-split4x4, 2, -splitQuarters, 4, -splitTopBottom, -splitLeftRight}
	partitionProbs    = [3]uint8{110, 111, 150}
	subVectorTree     = tree{-subLeft, 2, -subAbove, 4, -subZero, -subNew}
	interModeContexts = [6][4]uint8{
		{7, 1, 1, 143},
		{14, 18, 14, 107},
		{135, 64, 57, 68},
		{60, 56, 128, 65},
		{159, 134, 128, 34},
		{234, 188, 128, 28},
	}
)

// Ways of cutting a macroblock into parts with a vector each.
const (
	splitTopBottom = iota
	splitLeftRight
	splitQuarters
	split4x4
)

// partitions lists, for each way, the part that each subblock belongs to;
// parts begin at their first subblock in raster order.
var partitions = [3][16]uint8{
	splitTopBottom: {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
	splitLeftRight: {0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1},
	splitQuarters:  {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3},
}

// partStarts is where the parts begin.
var partStarts = [3][]uint8{
	splitTopBottom: {0, 8},
	splitLeftRight: {0, 2},
	splitQuarters:  {0, 2, 8, 10},
}

// Where the vector of a part comes from.
const (
	subLeft = iota
	subAbove
	subZero
	subNew
)

// subVectorProbs are indexed by how the vectors to the left and above compare.
var subVectorProbs = [5][3]uint8{
	{147, 136, 18}, // neither zero nor equal
	{106, 145, 1},  // left is zero
	{179, 121, 1},  // above is zero
	{223, 1, 34},   // equal
	{208, 1, 1},    // both zero
}

// parseInter reads reference, mode and vectors of an inter predicted macroblock.
func (d *Decoder) parseInter(h *frameHeader, b *boolDecoder, col, row int) {
	m := &d.mb
	m.ref = refLast
	if b.bool(h.probLast) {
		m.ref = refGolden
		if b.bool(h.probGolden) {
			m.ref = refAltRef
		}
	}
	d.col = col
	c := d.candidates(m.ref)
	limits := d.vectorBounds(col, row)
	var probs [4]uint8
	for i, n := range c.counts {
		probs[i] = interModeContexts[n%6][i]
	}
	m.yMode = uint8(b.tree(interModeTree, probs[:]))
	switch m.yMode {
	case modeNearest:
		m.mv = limits.clamp(c.nearest)
	case modeNear:
		m.mv = limits.clamp(c.near)
	case modeZero:
		m.mv = motionVector{}
	case modeNew:
		m.mv = d.probs.readVector(b).add(limits.clamp(c.best))
	case modeSplit:
		d.parseSplit(b, col, limits.clamp(c.best))
		return
	}
	d.contexts.mvAbove[col] = [4]motionVector{m.mv, m.mv, m.mv, m.mv}
	d.contexts.mvLeft = d.contexts.mvAbove[col]
}

// parseSplit reads the vectors of the parts of a macroblock. A new one is
// relative to best.
func (d *Decoder) parseSplit(b *boolDecoder, col int, best motionVector) {
	m, above, left := &d.mb, &d.contexts.mvAbove[col], &d.contexts.mvLeft
	m.partitioning = uint8(b.tree(partitionTree, partitionProbs[:]))
	if m.partitioning == split4x4 {
		for i := range m.mvs {
			m.mvs[i] = d.parseSubVector(b, i, best)
		}
	} else {
		for part, start := range partStarts[m.partitioning] {
			mv := d.parseSubVector(b, int(start), best)
			for i, p := range &partitions[m.partitioning] {
				if int(p) == part {
					m.mvs[i] = mv
				}
			}
		}
	}
	m.mv = m.mvs[15]
	for i := range 4 {
		above[i], left[i] = m.mvs[12+i], m.mvs[4*i+3]
	}
}

// parseSubVector reads the vector of the part that begins at subblock i.
func (d *Decoder) parseSubVector(b *boolDecoder, i int, best motionVector) motionVector {
	left, above := d.besides(&d.mb, i)
	switch b.tree(subVectorTree, subVectorProbs[subVectorContext(left, above)][:]) {
	case subLeft:
		return left
	case subAbove:
		return above
	case subNew:
		return d.probs.readVector(b).add(best)
	}
	return motionVector{}
}

// besides returns the vectors to the left of subblock i and above it.
func (d *Decoder) besides(m *macroblock, i int) (left, above motionVector) {
	if i&3 == 0 {
		left = d.contexts.mvLeft[i>>2]
	} else {
		left = m.mvs[i-1]
	}
	if i < 4 {
		above = d.contexts.mvAbove[d.col][i]
	} else {
		above = m.mvs[i-4]
	}
	return left, above
}

// subVectorContext is the index into subVectorProbs.
func subVectorContext(left, above motionVector) int {
	zero := motionVector{}
	switch {
	case left == above && above == zero:
		return 4
	case left == above:
		return 3
	case above == zero:
		return 2
	case left == zero:
		return 1
	}
	return 0
}
