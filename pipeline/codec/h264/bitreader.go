package h264

import (
	"encoding/binary"
	"math/bits"
)

// padding is how many zero bytes follow the payload of a NAL unit in memory, so that readers load whole words.
const padding = 8

// bitReader reads the bits of an RBSP, most significant first (7.2). Past the end it reads zeros and remembers that, so
// that parsers check once. The package bits reads bit by bit, which is too slow for macroblocks.
type bitReader struct {
	data []byte // with padding behind
	pos  int    // in bits
	size int    // in bits: up to the stop bit
}

// newBitReader begins at the first byte of an RBSP, which has padding behind it.
func newBitReader(rbsp []byte) bitReader {
	r := bitReader{data: rbsp}
	end := len(rbsp) - padding
	for end > 0 && rbsp[end-1] == 0 { // cabac_zero_words and trailing zeros
		end--
	}
	if end > 0 {
		r.size = 8*end - 1 - bits.TrailingZeros8(rbsp[end-1])
	}
	return r
}

// show returns the next bits at the top of the word; 57 of them are sure to be there.
func (r *bitReader) show() uint64 {
	i := r.pos >> 3
	if i > len(r.data)-8 {
		return 0
	}
	return binary.BigEndian.Uint64(r.data[i:]) << (r.pos & 7)
}

// bits reads u(n), n at most 32.
func (r *bitReader) bits(n int) uint32 {
	v := r.show() >> 32 >> (32 - uint(n))
	r.pos += n
	return uint32(v)
}

// flag reads u(1).
func (r *bitReader) flag() bool {
	v := r.show()
	r.pos++
	return v>>63 != 0
}

// ue reads ue(v) (9.1). What is above 32 bits becomes the largest number, which no syntax element allows.
func (r *bitReader) ue() uint32 {
	v := r.show()
	zeros := bits.LeadingZeros64(v)
	if zeros <= 25 {
		r.pos += 2*zeros + 1
		return uint32(v>>(63-2*zeros)) - 1
	}
	if zeros > 31 {
		r.pos += 64
		return 1<<32 - 1
	}
	r.pos += zeros + 1
	return 1<<zeros - 1 + r.bits(zeros)
}

// se reads se(v) (9.1.1).
func (r *bitReader) se() int32 {
	k := r.ue()
	if k&1 != 0 {
		return int32(k>>1) + 1
	}
	return -int32(k >> 1)
}

// more is more_rbsp_data (7.2): something precedes the stop bit.
func (r *bitReader) more() bool { return r.pos < r.size }

// overrun tells whether more was read than there is.
func (r *bitReader) overrun() bool { return r.pos > r.size }

// align goes to the next byte.
func (r *bitReader) align() { r.pos = (r.pos + 7) &^ 7 }
