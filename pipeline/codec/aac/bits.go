package aac

import "encoding/binary"

// bitReader reads a frame from the most significant bit on. Past the end it reads
// zeros; whoever parses asks overrun once in a while and at the end.
type bitReader struct {
	data []byte
	pos  int // in bits
}

// peek returns the next n bits, at most 32, without taking them.
func (r *bitReader) peek(n int) uint32 {
	at := r.pos >> 3
	if at+8 <= len(r.data) {
		return uint32(binary.BigEndian.Uint64(r.data[at:]) << (r.pos & 7) >> (64 - n))
	}
	var v uint64
	for i := range 8 {
		v <<= 8
		if at+i < len(r.data) {
			v |= uint64(r.data[at+i])
		}
	}
	return uint32(v << (r.pos & 7) >> (64 - n))
}

// bits takes n bits, at most 32.
func (r *bitReader) bits(n int) int {
	v := r.peek(n)
	r.pos += n
	return int(v)
}

func (r *bitReader) flag() bool { return r.bits(1) != 0 }

// align goes on to the next byte.
func (r *bitReader) align() { r.pos = (r.pos + 7) &^ 7 }

func (r *bitReader) overrun() bool { return r.pos > 8*len(r.data) }
