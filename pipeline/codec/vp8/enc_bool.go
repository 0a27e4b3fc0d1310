// The boolean entropy encoder, RFC 6386 §7.3.

package vp8

// boolEncoder writes bools of given probabilities behind what is in out.
type boolEncoder struct {
	out []byte
	// low is the lower end of the coder's interval. Its last 8 bits are on a
	// level with rng, above them are bits that were shifted out but not yet
	// written, and above those at most one carry.
	low  uint64
	rng  uint32
	bits int // shifted out and not yet written
}

// init begins a partition at the end of out.
func (e *boolEncoder) init(out []byte) { *e = boolEncoder{out: out, rng: 255} }

// bool writes one bool, 0 or 1, whose probability of being 0 is prob/256.
func (e *boolEncoder) bool(v uint16, prob uint8) {
	split := 1 + ((e.rng-1)*uint32(prob))>>8
	if v != 0 {
		e.low += uint64(split)
		e.rng -= split
	} else {
		e.rng = split
	}
	shift := normShift[uint8(e.rng)] & 7
	e.rng <<= shift
	e.low <<= shift
	if e.bits += int(shift); e.bits >= 32 {
		e.write(4)
	}
}

// write takes the top n bytes out of low.
func (e *boolEncoder) write(n int) {
	rest := 8 + e.bits - 8*n
	v := e.low >> uint(rest)
	if v>>uint(8*n) != 0 {
		i := len(e.out) - 1
		for ; e.out[i] == 255; i-- {
			e.out[i] = 0
		}
		e.out[i]++
	}
	for i := n - 1; i >= 0; i-- {
		e.out = append(e.out, byte(v>>uint(8*i)))
	}
	e.low &= 1<<uint(rest) - 1
	e.bits -= 8 * n
}

// finish ends the partition and returns out. It writes all bits there are, so
// that decoders need not invent any.
func (e *boolEncoder) finish() []byte {
	pad := -e.bits & 7
	e.low <<= uint(pad)
	e.bits += pad
	e.write(e.bits/8 + 1)
	return e.out
}

// flag writes one bit of even chance.
func (e *boolEncoder) flag(v bool) { e.bool(choose(v), 128) }

// literal writes an unsigned number of n bits, most significant first.
func (e *boolEncoder) literal(v, n int) {
	for i := n - 1; i >= 0; i-- {
		e.bool(uint16(v>>uint(i)&1), 128)
	}
}

// choose is the bool as a number.
func choose(v bool) uint16 {
	if v {
		return 1
	}
	return 0
}
