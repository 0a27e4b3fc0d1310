// Coefficients from tokens, RFC 6386 §13.

package vp8

// Block types, the first index of the probabilities (RFC 6386 §13.3).
const (
	typeYAfterY2 = iota // luma whose first coefficients are in Y2
	typeY2
	typeChroma
	typeY
	blockTypes
)

const (
	coefficientBands = 8
	tokenNodes       = 11
)

// bands maps a coefficient's place in the zigzag to its band; the entries
// behind the sixteenth only spare bounds checks.
var bands = [32]uint8{0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7}

// zigzag maps the order of the tokens to places in the block.
var zigzag = [16]uint8{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}

// category is a token that stands for a range of values, followed by extra bits.
type category struct {
	base  int
	probs []uint8
}

// categories are dct_cat1 to dct_cat6 (RFC 6386 §13.2).
var categories = [6]category{
	{5, []uint8{159}},
	{7, []uint8{165, 145}},
	{11, []uint8{173, 148, 140}},
	{19, []uint8{176, 155, 140, 135}},
	{35, []uint8{180, 157, 141, 134, 130}},
	{67, []uint8{254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}},
}

// tokenBits is enough for one token without extra bits: seven bools.
const tokenBits = 7 * 7

// coefficients reads one block from its place first on, and stores the values
// times factors[0] (first coefficient) or factors[1]. It returns one more than
// the place of the last token, 0 if there was none. The decoder's state is
// kept in variables, and reading a bool is written out where it happens most.
func (d *boolDecoder) coefficients(probs *[coefficientBands][3][tokenNodes]uint8, ctx uint8, first int, factors *[2]int16, out *[16]int16) int {
	value, rng, bits := d.value, d.rng, d.bits
	p := &probs[bands[first&31]&7][ctx]
	n := first
	factor := int(factors[first&1])
	for n < 16 {
		if bits < tokenBits {
			d.value, d.bits = value, bits
			d.fill()
			value, bits = d.value, d.bits
		}
		split := 1 + ((rng-1)*uint32(p[0]))>>8
		if big := uint64(split) << 56; value >= big { // more to come
			value, rng = value-big, rng-split
		} else {
			shift := normShift[uint8(split)] & 7
			d.value, d.rng, d.bits = value<<shift, split<<shift, bits-int(shift)
			if n == first {
				return 0
			}
			return n
		}
		shift := normShift[uint8(rng)] & 7
		value, rng, bits = value<<shift, rng<<shift, bits-int(shift)
		for {
			split = 1 + ((rng-1)*uint32(p[1]))>>8
			if big := uint64(split) << 56; value >= big { // not zero
				value, rng = value-big, rng-split
				break
			}
			shift = normShift[uint8(split)] & 7
			value, rng, bits = value<<shift, split<<shift, bits-int(shift)
			n++
			factor = int(factors[1])
			if n == 16 {
				d.value, d.rng, d.bits = value, rng, bits
				return 16
			}
			p = &probs[bands[n&31]&7][0]
			if bits < tokenBits {
				d.value, d.bits = value, bits
				d.fill()
				value, bits = d.value, d.bits
			}
		}
		shift = normShift[uint8(rng)] & 7
		value, rng, bits = value<<shift, rng<<shift, bits-int(shift)

		next := &probs[bands[(n+1)&31]&7]
		v := 1
		split = 1 + ((rng-1)*uint32(p[2]))>>8
		if big := uint64(split) << 56; value >= big {
			value, rng = value-big, rng-split
			shift = normShift[uint8(rng)] & 7
			d.value, d.rng, d.bits = value<<shift, rng<<shift, bits-int(shift)
			v = d.large(p)
			value, rng, bits = d.value, d.rng, d.bits
			p = &next[2]
		} else {
			shift = normShift[uint8(split)] & 7
			value, rng, bits = value<<shift, split<<shift, bits-int(shift)
			p = &next[1]
		}
		// The sign is a bool of even chance.
		split = (rng + 1) >> 1
		if big := uint64(split) << 56; value >= big {
			value, rng, v = value-big, rng-split, -v
		} else {
			rng = split
		}
		shift = normShift[uint8(rng)] & 7
		value, rng, bits = value<<shift, rng<<shift, bits-int(shift)
		out[zigzag[n&15]&15] = int16(v * factor)
		factor = int(factors[1])
		n++
	}
	d.value, d.rng, d.bits = value, rng, bits
	return 16
}

// large reads the rest of a token for 2 or more, and its extra bits, and
// leaves enough bits for a sign.
func (d *boolDecoder) large(p *[tokenNodes]uint8) int {
	if !d.bool(p[3]) {
		if !d.bool(p[4]) {
			return 2
		}
		if d.bool(p[5]) {
			return 4
		}
		return 3
	}
	i := 0
	if !d.bool(p[6]) {
		if d.bool(p[7]) {
			i = 1
		}
	} else if !d.bool(p[8]) {
		i = 2
		if d.bool(p[9]) {
			i = 3
		}
	} else {
		i = 4
		if d.bool(p[10]) {
			i = 5
		}
	}
	c := &categories[i]
	v := 0
	for _, p := range c.probs {
		v <<= 1
		if d.bool(p) {
			v |= 1
		}
	}
	if d.bits < 8 {
		d.fill()
	}
	return c.base + v
}

// nonZero remembers which blocks of a macroblock had tokens, for the contexts
// of the next: 4 columns or rows of luma, 2 of U, 2 of V, and Y2.
type nonZero [9]uint8

// residual reads all coefficients of the macroblock, and tells if there are any (RFC 6386 §13.1).
func (d *Decoder) residual(b *boolDecoder, above, left *nonZero, f *quantFactors) bool {
	p := &d.probs.coefficients
	any := 0
	first, luma := 0, typeY
	if d.mb.hasY2() {
		n := b.coefficients(&p[typeY2], above[8]+left[8], 0, &f.y2, &d.coefficients[24])
		nz := isSet(n)
		above[8], left[8] = nz, nz
		d.ends[24] = uint8(n)
		any = n
		first, luma = 1, typeYAfterY2
	}
	for y := range 4 {
		l := left[y]
		for x := range 4 {
			n := b.coefficients(&p[luma], above[x]+l, first, &f.y, &d.coefficients[4*y+x])
			l = isSet(n)
			above[x] = l
			d.ends[4*y+x] = uint8(n)
			any |= n
		}
		left[y] = l
	}
	for c := 4; c <= 6; c += 2 { // place of U and V in the contexts
		for y := range 2 {
			l := left[c+y]
			for x := range 2 {
				i := 8 + 2*c + 2*y + x
				n := b.coefficients(&p[typeChroma], above[c+x]+l, 0, &f.uv, &d.coefficients[i])
				l = isSet(n)
				above[c+x] = l
				d.ends[i] = uint8(n)
				any |= n
			}
			left[c+y] = l
		}
	}
	return any != 0
}

func isSet(n int) uint8 {
	if n != 0 {
		return 1
	}
	return 0
}

// skipResidual sets the contexts behind a macroblock without coefficients:
// Y2 keeps its own if the macroblock has none (RFC 6386 §13.3).
func (d *Decoder) skipResidual(above, left *nonZero) {
	a, l := above[8], left[8]
	*above, *left = nonZero{}, nonZero{}
	if !d.mb.hasY2() {
		above[8], left[8] = a, l
	}
}
