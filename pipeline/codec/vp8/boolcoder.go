// The boolean entropy decoder, RFC 6386 §7.

package vp8

import "encoding/binary"

// boolDecoder reads bools of given probabilities. Behind the end of its data
// it reads zeros.
type boolDecoder struct {
	data []byte // not yet in value
	// value holds the stream's next bits, the RFC's "value" in its top byte.
	// The top bits of these are valid, and what is below them is either zero
	// or already what the stream will have there.
	value uint64
	bits  int
	rng   uint32
	pad   int // bits of zeros put behind the end
}

// init begins a partition.
func (d *boolDecoder) init(data []byte) {
	*d = boolDecoder{data: data, rng: 255}
	d.fill()
}

// normShift is by how much to shift a range to bring it back to 128 or more.
var normShift = func() (t [256]uint8) {
	for i := 1; i < 128; i++ {
		for v := i; v < 128; v <<= 1 {
			t[i]++
		}
	}
	return t
}()

// fill makes at least 56 bits valid.
func (d *boolDecoder) fill() {
	d.value, d.bits, d.data = refill(d.value, d.bits, d.data)
	if d.bits < 56 {
		d.fillEnd()
	}
}

// refill is the part of fill that serves all but the last bytes; it does
// nothing when less than 8 bytes are left.
func refill(value uint64, bits int, data []byte) (uint64, int, []byte) {
	if len(data) >= 8 {
		value |= binary.BigEndian.Uint64(data) >> uint(bits&63)
		n := (64 - bits) >> 3
		return value, bits + n*8, data[n&15:]
	}
	return value, bits, data
}

// fillEnd reads the last bytes one by one, then zeros.
func (d *boolDecoder) fillEnd() {
	for d.bits < 56 {
		if len(d.data) > 0 {
			d.value |= uint64(d.data[0]) << uint(56-d.bits)
			d.data = d.data[1:]
		} else {
			d.pad += 8
		}
		d.bits += 8
	}
}

// overrun tells if more bits behind the end were used than an encoder may have
// left out: the 32 that the RFC's encoder ends with (RFC 6386 §7.3).
func (d *boolDecoder) overrun() bool { return d.pad > d.bits+32 }

// bool reads one bool whose probability of being false is prob/256.
func (d *boolDecoder) bool(prob uint8) bool {
	if d.bits < 8 {
		d.fill()
	}
	split := 1 + ((d.rng-1)*uint32(prob))>>8
	big := uint64(split) << 56
	bit := d.value >= big
	if bit {
		d.rng -= split
		d.value -= big
	} else {
		d.rng = split
	}
	shift := normShift[uint8(d.rng)]
	d.rng <<= shift & 7
	d.value <<= shift & 7
	d.bits -= int(shift)
	return bit
}

// flag reads one bit of even chance.
func (d *boolDecoder) flag() bool { return d.bool(128) }

// literal reads an unsigned number of n bits, most significant first.
func (d *boolDecoder) literal(n int) int {
	v := 0
	for range n {
		v <<= 1
		if d.flag() {
			v |= 1
		}
	}
	return v
}

// signed reads n bits of magnitude and a sign.
func (d *boolDecoder) signed(n int) int {
	v := d.literal(n)
	if d.flag() {
		return -v
	}
	return v
}

// optional reads a signed number that is 0 unless a flag is set.
func (d *boolDecoder) optional(n int) int {
	if !d.flag() {
		return 0
	}
	return d.signed(n)
}

// tree reads a value by its tree (RFC 6386 §8.1).
func (d *boolDecoder) tree(t tree, probs []uint8) int {
	i := 0
	for {
		if d.bool(probs[i>>1]) {
			i++
		}
		next := int(t[i])
		if next <= 0 {
			return -next
		}
		i = next
	}
}
