// Tokens from coefficients, RFC 6386 §13.

package vp8

// tokenSlots is how many probabilities tokens have, see coefficientProbs.
const tokenSlots = blockTypes * coefficientBands * 3 * tokenNodes

// tokenSlot is where the probabilities of a node begin.
func tokenSlot(kind int, n int, ctx uint8) int {
	return ((kind*coefficientBands+int(bands[n&31]))*3 + int(ctx)) * tokenNodes
}

// block notes the tokens of a block: levels in zigzag order from first to
// before end, which is 0 if there are none.
func (t *trace) block(kind int, ctx uint8, first, end int, levels *[16]int16) {
	slot := tokenSlot(kind, first, ctx)
	if end == 0 {
		t.put(slot, 0)
		return
	}
	for n := first; n < end; {
		t.put(slot, 1)
		for levels[n] == 0 { // no end may follow a zero
			t.put(slot+1, 0)
			n++
			slot = tokenSlot(kind, n, 0)
		}
		t.put(slot+1, 1)
		v, sign := int(levels[n]), uint16(0)
		if v < 0 {
			v, sign = -v, 1
		}
		n++
		if v == 1 {
			t.put(slot+2, 0)
			slot = tokenSlot(kind, n, 1)
		} else {
			t.put(slot+2, 1)
			t.large(slot, v)
			slot = tokenSlot(kind, n, 2)
		}
		t.fixed(128, sign)
	}
	if end < 16 {
		t.put(slot, 0)
	}
}

// large notes the rest of a token for 2 or more, and its extra bits.
func (t *trace) large(slot, v int) {
	if v <= 4 {
		t.put(slot+3, 0)
		t.put(slot+4, choose(v > 2))
		if v > 2 {
			t.put(slot+5, choose(v == 4))
		}
		return
	}
	t.put(slot+3, 1)
	i := len(categories) - 1
	for v < categories[i].base {
		i--
	}
	t.put(slot+6, choose(i >= 2))
	switch {
	case i < 2:
		t.put(slot+7, uint16(i))
	case i < 4:
		t.put(slot+8, 0)
		t.put(slot+9, uint16(i-2))
	default:
		t.put(slot+8, 1)
		t.put(slot+10, uint16(i-4))
	}
	c := &categories[i]
	for j, p := range c.probs {
		t.fixed(p, uint16((v-c.base)>>uint(len(c.probs)-1-j)&1))
	}
}

// traceResidual notes all tokens of the macroblock (RFC 6386 §13.1).
func (w *worker) traceResidual(above, left *nonZero) {
	t, ends := &w.tokens, &w.d.ends
	first, luma := 0, typeY
	if w.d.mb.hasY2() {
		t.block(typeY2, above[8]+left[8], 0, int(ends[24]), &w.levels[24])
		above[8] = isSet(int(ends[24]))
		left[8] = above[8]
		first, luma = 1, typeYAfterY2
	}
	for i := range 16 {
		x, y := i&3, i>>2
		t.block(luma, above[x]+left[y], first, int(ends[i]), &w.levels[i])
		above[x] = isSet(int(ends[i]))
		left[y] = above[x]
	}
	for i := 16; i < 24; i++ {
		c := 4 + (i-16)>>2*2 // place of U and V in the contexts
		x, y := c+i&1, c+i>>1&1
		t.block(typeChroma, above[x]+left[y], 0, int(ends[i]), &w.levels[i])
		above[x] = isSet(int(ends[i]))
		left[y] = above[x]
	}
}
