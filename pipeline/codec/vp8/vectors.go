// Motion vectors: what is predicted from the neighbours, and what is read,
// RFC 6386 §16.3 and §17.

package vp8

// motionVector is in quarters of a luma pixel.
type motionVector struct{ x, y int16 }

func (v motionVector) add(w motionVector) motionVector { return motionVector{v.x + w.x, v.y + w.y} }

// Places in mvProbs (RFC 6386 §17.2).
const (
	mvIsLong   = 0
	mvSign     = 1
	mvShort    = 2 // 7 nodes of shortTree
	mvLong     = 9 // 10 bits
	mvLongBits = 10
)

type mvProbs [mvLong + mvLongBits]uint8

var defaultMVProbs = [2]mvProbs{
	{162, 128, 225, 146, 172, 147, 214, 39, 156, 128, 129, 132, 75, 145, 178, 206, 239, 254, 254},
	{164, 128, 204, 170, 119, 235, 140, 230, 228, 128, 130, 130, 74, 148, 180, 203, 236, 254, 254},
}

var mvUpdateProbs = [2]mvProbs{
	{237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 250, 250, 252, 254, 254},
	{231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 251, 251, 254, 254, 254},
}

var shortTree = tree{2, 8, 4, 6, -0, -1, -2, -3, 10, 12, -4, -5, -6, -7}

// component reads one half of a vector (RFC 6386 §17.2).
func (p *mvProbs) component(b *boolDecoder) int16 {
	v := 0
	if b.bool(p[mvIsLong]) {
		for i := range 3 {
			v |= bit(b, p[mvLong+i]) << i
		}
		for i := mvLongBits - 1; i > 3; i-- {
			v |= bit(b, p[mvLong+i]) << i
		}
		// A long value is at least 8, so that bit 3 is implied if no higher one is set.
		if v <= 15 || b.bool(p[mvLong+3]) {
			v |= 8
		}
	} else {
		v = b.tree(shortTree, p[mvShort:mvLong])
	}
	if v != 0 && b.bool(p[mvSign]) {
		v = -v
	}
	return int16(v)
}

func bit(b *boolDecoder, prob uint8) int {
	if b.bool(prob) {
		return 1
	}
	return 0
}

// readVector reads a difference of vectors, the row first.
func (p *probs) readVector(b *boolDecoder) motionVector {
	y := p.mv[0].component(b)
	x := p.mv[1].component(b)
	return motionVector{x, y}
}

// bounds are how far the vectors of a macroblock may point when they are
// predicted: to blocks that touch the picture's edge from outside, and as far
// as 16 bits go.
type bounds struct{ minX, maxX, minY, maxY int }

func (d *Decoder) vectorBounds(col, row int) bounds {
	const mb, most = 16 * 4, 1<<15 - 1
	return bounds{
		minX: max(-(col+1)*mb, -most), maxX: min((d.cols-col)*mb, most),
		minY: max(-(row+1)*mb, -most), maxY: min((d.rows-row)*mb, most),
	}
}

func (b *bounds) clamp(v motionVector) motionVector {
	return motionVector{
		int16(min(max(int(v.x), b.minX), b.maxX)),
		int16(min(max(int(v.y), b.minY), b.maxY)),
	}
}

// candidates is what the neighbours propose (RFC 6386 §16.3).
type candidates struct {
	best, nearest, near motionVector // not clamped
	counts              [4]uint8     // contexts of the nodes of the mode tree
}

// candidates looks at the three neighbours. Vectors into a reference with the
// other sign bias than ref's are turned round.
func (d *Decoder) candidates(ref uint8) candidates {
	c := &d.contexts
	var mvs [4]motionVector // [0] stays zero; found vectors from [1] on
	var counts [4]uint8
	found := 0
	look := func(n *neighbour, weight uint8) {
		if n.ref == refIntra {
			return
		}
		if n.mv == (motionVector{}) {
			counts[0] += weight
			return
		}
		mv := n.mv
		if d.signBias[n.ref&3] != d.signBias[ref&3] {
			mv = motionVector{-mv.x, -mv.y}
		}
		if found == 0 || mv != mvs[found] {
			found++
			mvs[found] = mv
		}
		counts[found] += weight
	}
	above := &c.above[d.col+1]
	look(above, 2)
	look(&c.left, 2)
	look(&c.aboveLeft, 1)
	// Three different ones, the last of which is the first again.
	if counts[3] > 0 && mvs[found] == mvs[1] {
		counts[1]++
	}
	counts[3] = splitWeight(above, 2) + splitWeight(&c.left, 2) + splitWeight(&c.aboveLeft, 1)
	if counts[2] > counts[1] {
		counts[1], counts[2] = counts[2], counts[1]
		mvs[1], mvs[2] = mvs[2], mvs[1]
	}
	if counts[1] >= counts[0] {
		mvs[0] = mvs[1]
	}
	return candidates{mvs[0], mvs[1], mvs[2], counts}
}

func splitWeight(n *neighbour, weight uint8) uint8 {
	if n.yMode == modeSplit {
		return weight
	}
	return 0
}
