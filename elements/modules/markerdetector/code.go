package markerdetector

import "math/bits"

// A marker is black, 9×9 cells: two at each side are the margin, the 5×5 in the middle are the code. Its middle row is white and
// black in turn. The two cells above the middle of it are black, the two below are white: they tell which way is up. The other
// 16 hold a number of 8 bits, each four of them as a Hamming code of 8 (R. Hamming, Error Detecting and Error Correcting Codes,
// 1950): black is 1. These are the markers of VTT's ALVAR in the size that it takes by default, which is what the original
// looks for.
const (
	margin = 2
	inner  = 5
	cells  = inner + 2*margin
	middle = inner / 2
)

// code are the inner cells, row by row; true: black.
type code [inner * inner]bool

// rotated is the code as somebody sees it who stands to the left of it.
func (c *code) rotated() code {
	var r code
	for y := range inner {
		for x := range inner {
			r[y*inner+x] = c[(inner-1-x)*inner+y]
		}
	}
	return r
}

// fixed is what a cell shows in every marker; false: it is part of the number.
func fixed(x, y int) (black, ok bool) {
	switch {
	case y == middle:
		return x%2 == 1, true
	case x == middle:
		return y < middle, true
	}
	return false, false
}

// mistakes is how many of the cells that are the same in every marker are not as they should be.
func (c *code) mistakes() int {
	n := 0
	for i, black := range c {
		if want, ok := fixed(i%inner, i/inner); ok && want != black {
			n++
		}
	}
	return n
}

// number is what the cells say, and how many of them were wrong; false: too many.
func (c *code) number() (id, wrong int, ok bool) {
	var word byte
	n := 0
	for i, black := range c {
		if _, is := fixed(i%inner, i/inner); is {
			continue
		}
		word <<= 1
		if black {
			word |= 1
		}
		if n++; n%8 == 0 {
			four, corrected, ok := correct(word)
			if !ok {
				return 0, 0, false
			}
			id, wrong = id<<4|four, wrong+corrected
		}
	}
	return id, wrong, true
}

// correct reads a word of the extended Hamming code. Its bits are numbered from 1, the highest: those whose number is a power of
// 2 make parities even, the last that of all.
func correct(word byte) (four, corrected int, ok bool) {
	syndrome := 0
	for i := 1; i < 8; i++ {
		if bit(word, i) {
			syndrome ^= i
		}
	}
	odd := bits.OnesCount8(word)%2 == 1
	switch {
	case odd: // one bit is wrong, the last one if the others agree
		corrected = 1
		if syndrome != 0 {
			word ^= 0x80 >> (syndrome - 1)
		}
	case syndrome != 0: // two are
		return 0, 0, false
	}
	for _, i := range []int{3, 5, 6, 7} {
		four <<= 1
		if bit(word, i) {
			four |= 1
		}
	}
	return four, corrected, true
}

func bit(word byte, number int) bool { return word&(0x80>>(number-1)) != 0 }

// most is how many cells of a code may be wrong: the number corrects one in each half, and one of the others does no harm.
const most = 2

// read is the number of the marker, and by how many quarters the code has to be rotated for it to stand upright.
func (c code) read() (id, quarters int, ok bool) {
	best := most + 1
	for i := range 4 {
		wrong := c.mistakes()
		if wrong <= 1 {
			if got, corrected, readable := c.number(); readable && wrong+corrected < best {
				id, quarters, best = got, i, wrong+corrected
			}
		}
		c = c.rotated()
	}
	return id, quarters, best <= most
}
