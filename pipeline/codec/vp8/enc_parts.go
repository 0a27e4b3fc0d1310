// Writing a frame: both partitions, of which the second comes in parts
// (RFC 6386 §9.5).

package vp8

import "sync/atomic"

// A rowTrace is what the macroblocks of a row have in both partitions, and for
// the loop filter.
type rowTrace struct {
	modes, tokens []uint16
	filters       []filterKind
}

// A part is the first partition, or a part of the second.
type part = boolEncoder

// partNumber counts the parts that are given out.
type partNumber = atomic.Int32

// maxFirstPartition is the largest size of it that a frame can tell.
const maxFirstPartition = 1<<19 - 1

// appendFrame writes the frame that was traced behind dst. It changes the
// decoder's probabilities as reading the frame would.
func (e *Encoder) appendFrame(dst []byte) []byte {
	h := &e.header
	for i := range e.parts {
		e.parts[i].init(e.parts[i].out[:0])
	}
	e.writeHeader(&e.parts[0], h)
	e.nextPart.Store(0)
	e.crew.together((*worker).writeParts)

	h.firstPartition = len(e.parts[0].out)
	tag := uint32(choose(!h.key)) | 1<<4 | uint32(h.firstPartition)<<5
	dst = append(dst, byte(tag), byte(tag>>8), byte(tag>>16))
	if h.key {
		dst = append(dst, 0x9d, 0x01, 0x2a, byte(h.width), byte(h.width>>8), byte(h.height), byte(h.height>>8))
	}
	dst = append(dst, e.parts[0].out...)
	for _, p := range e.parts[1 : len(e.parts)-1] { // the size of the last is what is left
		size := len(p.out)
		dst = append(dst, byte(size), byte(size>>8), byte(size>>16))
	}
	for _, p := range e.parts[1:] {
		dst = append(dst, p.out...)
	}
	return dst
}

// writeParts writes parts as long as there are some that nobody has taken.
func (w *worker) writeParts() {
	e := w.e
	for i := int(e.nextPart.Add(1)) - 1; i < len(e.parts); i = int(e.nextPart.Add(1)) - 1 {
		b := &e.parts[i]
		if i == 0 {
			for _, row := range e.rows {
				writeBools(b, row.modes, e.modeTable[:])
			}
		} else { // rows of macroblocks take turns
			for row := i - 1; row < len(e.rows); row += len(e.parts) - 1 {
				writeBools(b, e.rows[row].tokens, e.tokenTable[:])
			}
		}
		b.out = b.finish()
	}
}
