package vorbis

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// Limits of a setup header. Encoders stay far below: libvorbis has less than
// 10 KB and 64 thousand values.
const (
	maxSetup  = 1 << 18 // bytes
	maxValues = 1 << 19 // entries times dimensions of all codebooks
)

var errSetup = errors.New("vorbis: not a setup header")

// checkSetup reads the codebooks of a setup header (Vorbis I §3.2.1) before the
// library does. It would take any size that is written there, and go round in
// circles with an incomplete Huffman tree or with vectors of no dimension.
// What is returned is the header to give to the library.
func checkSetup(h []byte) ([]byte, error) {
	if len(h) < 8 || len(h) > maxSetup || h[0] != 5 || string(h[1:7]) != "vorbis" {
		return nil, errSetup
	}
	r := bitReader{data: h[7:]}
	values := 0
	for i := range r.bits(8) + 1 {
		n, err := checkCodebook(&r)
		if err != nil {
			return nil, fmt.Errorf("codebook %d: %w", i, err)
		}
		if values += n; values > maxValues {
			return nil, errors.New("vorbis: codebooks too large")
		}
	}
	return repairFloors(h, &r)
}

// checkCodebook returns the number of values of one codebook.
func checkCodebook(r *bitReader) (values int, err error) {
	if r.bits(24) != 0x564342 {
		return 0, errSetup
	}
	dimensions, entries := r.bits(16), r.bits(24)
	if dimensions < 1 || entries < 2 || entries > maxValues/dimensions {
		return 0, fmt.Errorf("vorbis: a codebook of %d times %d", entries, dimensions)
	}
	if err := checkLengths(r, entries); err != nil {
		return 0, err
	}
	multiplicands := 0
	switch r.bits(4) {
	case 0:
		return entries, nil
	case 1:
		// As the library computes it. Where that is one too few (§9.2.3 asks for the
		// largest that fits), it would read on at the wrong bit.
		multiplicands = int(math.Floor(math.Pow(float64(entries), 1/float64(dimensions))))
		if math.Pow(float64(multiplicands+1), float64(dimensions)) <= float64(entries) {
			return 0, errors.New("vorbis: a codebook whose size the library gets wrong")
		}
	case 2:
		multiplicands = entries * dimensions
	default:
		return 0, errSetup
	}
	r.bits(32)
	r.bits(32)
	width := r.bits(4) + 1
	r.bits(1)
	r.pos += multiplicands * width
	return entries * dimensions, nil
}

// checkLengths reads the lengths of the code words and adds up Kraft's sum, which
// is 1 for a complete code. A single word is allowed to be alone (§3.2.1).
func checkLengths(r *bitReader, entries int) error {
	used, kraft := 0, uint64(0)
	add := func(length, words int) {
		used += words
		kraft += uint64(words) << (32 - length) // at most 2^24 words of 2^31
	}
	if r.bits(1) == 0 {
		sparse := r.bits(1) == 1
		for range entries {
			if !sparse || r.bits(1) == 1 {
				add(r.bits(5)+1, 1)
			}
			if r.overrun() {
				return errSetup
			}
		}
	} else {
		length := r.bits(5) + 1
		for entry := 0; entry < entries; length++ {
			words := r.bits(bits.Len(uint(entries - entry)))
			if length > 32 || words > entries-entry {
				return errSetup
			}
			add(length, words)
			entry += words
		}
	}
	if used != 1 && kraft != 1<<32 {
		return errors.New("vorbis: an incomplete codebook")
	}
	return nil
}

// bitReader reads from the least significant bit on, as Vorbis packs them (§2.1).
type bitReader struct {
	data []byte
	pos  int // in bits
}

// bits takes n bits, at most 32. Past the end they are zeros.
func (r *bitReader) bits(n int) (v int) {
	for i := range n {
		if at := r.pos >> 3; at < len(r.data) {
			v |= int(r.data[at]>>(r.pos&7)&1) << i
		}
		r.pos++
	}
	return v
}

func (r *bitReader) overrun() bool { return r.pos > 8*len(r.data) }
