// Quantisation, RFC 6386 §14.1: which levels to send is the encoder's choice.

package dsp

// MaxLevel is the largest level that Quantise makes; with the largest
// categories of tokens the format could do a little more.
const MaxLevel = 2047

// zigzag is the order in which the levels of a block are sent (RFC 6386 §13).
var zigzag = [16]uint8{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}

// A Quantizer divides the coefficients of a block by factors. What is less
// than a part of a step from zero becomes zero. The fields are by the place of
// a coefficient in its block.
type Quantizer struct {
	factors    [16]int16
	reciprocal [16]uint16 // in 1/65536, above the exact value
	round      [16]uint16 // added before the division
}

// NewQuantizer returns a quantizer of the factors for the first coefficient
// and for the others, each at least 2; for round see SetRound.
func NewQuantizer(factors [2]int16, round int) (q Quantizer) {
	for i := range q.factors {
		f := int(factors[min(i, 1)])
		q.factors[i] = int16(f)
		q.reciprocal[i] = uint16((1<<16 + f - 1) / f)
		q.SetRound(i, round)
	}
	return q
}

// SetRound changes from where the coefficient at a place is rounded up: from
// 1-round/256 of a step, round being 0 to 128.
func (q *Quantizer) SetRound(place, round int) {
	q.round[place] = uint16(int(q.factors[place]) * round >> 8)
}

// quantise replaces the coefficients by what a decoder will have, stores the
// levels in zigzag order, and returns one more than the place of the last in
// it, 0 if all are 0.
func (q *Quantizer) quantise(c, levels *[16]int16) (end uint8) {
	for n, at := range zigzag {
		v := int(c[at])
		sign := v >> 63
		level := min(int(uint32(uint16(v^sign-sign)+q.round[at])*uint32(q.reciprocal[at])>>16), MaxLevel)
		level = level ^ sign - sign
		c[at], levels[n] = int16(level*int(q.factors[at])), int16(level)
		if level != 0 {
			end = uint8(n + 1)
		}
	}
	return end
}

// quantiseAll is quantise for blocks one after the other. It returns 0 if all
// levels of all blocks are 0.
func (q *Quantizer) quantiseAll(c, levels [][16]int16, ends []uint8) (any uint8) {
	levels, ends = levels[:len(c)], ends[:len(c)]
	for i := range c {
		ends[i] = q.quantise(&c[i], &levels[i])
		any |= ends[i]
	}
	return any
}
