// A frame's bools before their probabilities are known.

package vp8

import "math"

// A trace is bools of a partition in their order. Each has a slot, which
// is the place of its probability in a table that is made once all bools have
// been counted. Behind the slots that can adapt come 256 that cannot, one for
// each probability.
type trace struct {
	bools    []uint16 // slot<<1 | bool
	counts   [][2]uint32
	adaptive int // slots that can
}

func newTrace(adaptive int) trace {
	return trace{adaptive: adaptive, counts: make([][2]uint32, adaptive+256)}
}

// begin forgets the frame before.
func (t *trace) begin() {
	t.bools = t.bools[:0]
	clear(t.counts)
}

// put notes a bool, 0 or 1, whose probability is in a slot.
func (t *trace) put(slot int, v uint16) {
	t.counts[slot][v&1]++
	t.bools = append(t.bools, uint16(slot)<<1|v)
}

// fixed notes a bool of a given probability.
func (t *trace) fixed(prob uint8, v uint16) {
	t.bools = append(t.bools, uint16(t.adaptive+int(prob))<<1|v)
}

// path notes a value of a tree whose first node is in slot.
func (t *trace) path(steps []uint8, slot int) {
	for _, s := range steps {
		t.put(slot+int(s>>1), uint16(s&1))
	}
}

// pathFixed notes a value of a tree of given probabilities.
func (t *trace) pathFixed(steps, probs []uint8) {
	for _, s := range steps {
		t.fixed(probs[s>>1], uint16(s&1))
	}
}

// writeBools writes bools of a trace. The table has one entry for each slot.
func writeBools(b *boolEncoder, bools []uint16, table []uint8) {
	for _, v := range bools {
		b.bool(v&1, table[v>>1])
	}
}

// paths are the ways to the leaves of a tree with n values: in each step the
// node and, in the last bit, which branch.
func paths(t tree, n int) [][]uint8 {
	all := make([][]uint8, n)
	var walk func(i int, way []uint8)
	walk = func(i int, way []uint8) {
		for b := range 2 {
			w := append(append([]uint8(nil), way...), uint8(i&^1|b))
			if next := int(t[i+b]); next > 0 {
				walk(next, w)
			} else {
				all[-next] = w
			}
		}
	}
	walk(0, nil)
	return all
}

// bitCosts is how many 1/256 bits a bool costs that is 0 with probability i/256.
var bitCosts = func() (t [257]int) {
	for i := range t {
		t[i] = int(-256*math.Log2(float64(max(i, 1))/256) + 0.5)
	}
	return t
}()

// costOf is what a bool costs, in 1/256 bits.
func costOf(prob uint8, v uint16) int {
	if v != 0 {
		return bitCosts[256-int(prob)]
	}
	return bitCosts[prob]
}

// pathCost is what a value of a tree costs, in 1/256 bits.
func pathCost(steps, probs []uint8) int {
	cost := 0
	for _, s := range steps {
		cost += costOf(probs[s>>1], uint16(s&1))
	}
	return cost
}

// best is the probability that fits the counts of a slot.
func best(n [2]uint32) uint8 {
	total := n[0] + n[1]
	if total == 0 {
		return 255
	}
	return uint8(min(max((uint64(n[0])*256+uint64(total)/2)/uint64(total), 1), 255))
}

// saving is by how many 1/256 bits the bools of a slot get shorter if another
// probability takes the place of an old one.
func saving(n [2]uint32, old, other uint8) int {
	return int(n[0])*(costOf(old, 0)-costOf(other, 0)) + int(n[1])*(costOf(old, 1)-costOf(other, 1))
}
