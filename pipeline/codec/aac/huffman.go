package aac

import "errors"

// bookSource is a codebook as codebooks.go has it.
type bookSource struct {
	dimension, largest int
	signed             bool
	lengths            []int
	values             string
}

// book is a codebook made ready: a table of the next bits for the short codes, and
// the first code of each length for the others.
type book struct {
	code
	dimension int
	signed    bool
	values    [][4]int8 // by number of the code word
}

// code is a canonical Huffman code.
type code struct {
	short   [1 << shortBits]uint16 // number<<4 | length, 0 if longer
	lengths []int                  // how many code words of 1, 2 … bits
}

// shortBits is how far the table looks ahead: all but the rare codes.
const shortBits = 9

// errCode cannot happen with complete codes, but the compiler does not know.
var errCode = errors.New("aac: not a code word")

var (
	books        = makeBooks()
	scaleFactors = makeCode(scaleFactorBook.lengths)
)

func makeCode(lengths []int) (c code) {
	c.lengths = lengths
	word, number := 0, 0
	for i, n := range lengths {
		length := i + 1
		word <<= 1
		for range n {
			if length <= shortBits {
				for tail := range 1 << (shortBits - length) {
					c.short[word<<(shortBits-length)|tail] = uint16(number<<4 | length)
				}
			}
			word, number = word+1, number+1
		}
	}
	return c
}

func makeBooks() (all [12]*book) {
	for i, source := range spectralBooks {
		if source.dimension == 0 {
			continue
		}
		b := &book{code: makeCode(source.lengths), dimension: source.dimension, signed: source.signed}
		lowest := int8(0)
		if source.signed {
			lowest = int8(-source.largest)
		}
		for at := 0; at < len(source.values); at += source.dimension {
			var v [4]int8
			for j := range source.dimension {
				v[j] = int8(source.values[at+j]-'a') + lowest
			}
			b.values = append(b.values, v)
		}
		all[i] = b
	}
	return all
}

// read takes a code word and returns its number, in the order of the words.
func (c *code) read(r *bitReader) (int, error) {
	next := r.peek(32)
	if e := c.short[next>>(32-shortBits)]; e != 0 {
		r.pos += int(e & 15)
		return int(e >> 4), nil
	}
	word, first := 0, 0
	for i, n := range c.lengths {
		// word counts up with the code words, as in makeCode.
		word <<= 1
		if offset := int(next>>(31-i)) - word; offset < n {
			r.pos += i + 1
			return first + offset, nil
		}
		word, first = word+n, first+n
	}
	return 0, errCode
}
