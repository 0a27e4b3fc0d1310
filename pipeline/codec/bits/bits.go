// Package bits reads the bit fields of codec headers.
package bits

// Reader reads bits from the most significant one on. Past the end it reads
// zeros and remembers that, so that a parser checks once, at its end.
type Reader struct {
	data []byte
	pos  int // in bits
}

// NewReader returns a reader at the first bit of data.
func NewReader(data []byte) Reader { return Reader{data: data} }

// Bits reads an unsigned number of n bits, at most 32.
func (r *Reader) Bits(n int) uint32 {
	var v uint32
	for range n {
		v <<= 1
		if i := r.pos >> 3; i < len(r.data) {
			v |= uint32(r.data[i]>>(7-r.pos&7)) & 1
		}
		r.pos++
	}
	return v
}

// Flag reads one bit.
func (r *Reader) Flag() bool { return r.Bits(1) != 0 }

// Skip passes over n bits.
func (r *Reader) Skip(n int) { r.pos += n }

// Overrun tells whether more was read than there is.
func (r *Reader) Overrun() bool { return r.pos > 8*len(r.data) }
