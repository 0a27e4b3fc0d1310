package zbar

import "github.com/makiuchi-d/gozxing"

// line is a line of pixels in black and white, at twice the resolution: so edges lie between pixels, where they are.
type line struct {
	pixels []byte
	low    []byte // of each block
	high   []byte
	bits   *gozxing.BitArray
	edges  int
}

const (
	blockBits  = 4 // a block has 16 pixels
	blocksNear = 2 // on either side, that a threshold is made of
	// minContrast is between black and white, in levels of luma; what has less is white.
	minContrast = 24
	// minEdges is how many the shortest code has, EAN-8 and UPC-E: 22 and 17 bars.
	minEdges = 2 * 17
)

// set reads n pixels.
func (l *line) set(from []byte, stride, n int) {
	l.pixels = l.pixels[:0]
	for i := range n {
		l.pixels = append(l.pixels, from[i*stride])
	}
	l.measure()
	if l.bits == nil || l.bits.GetSize() != 2*n {
		l.bits = gozxing.NewBitArray(2 * n)
	} else {
		l.bits.Clear()
	}
	l.edges = 0
	black := false
	for block := range l.low {
		low, high := l.near(block)
		first := block << blockBits
		for i := first; i < min(first+1<<blockBits, n); i++ {
			a := int(l.pixels[i])
			b := (a + int(l.pixels[min(i+1, n-1)])) / 2
			for k, v := range [2]int{a, b} {
				is := high-low >= minContrast && v < (low+high)/2
				if is {
					l.bits.Set(2*i + k)
				}
				if is != black {
					black = is
					l.edges++
				}
			}
		}
	}
}

// measure finds the darkest and the brightest pixel of each block.
func (l *line) measure() {
	l.low, l.high = l.low[:0], l.high[:0]
	for first := 0; first < len(l.pixels); first += 1 << blockBits {
		low, high := byte(255), byte(0)
		for _, v := range l.pixels[first:min(first+1<<blockBits, len(l.pixels))] {
			low, high = min(low, v), max(high, v)
		}
		l.low, l.high = append(l.low, low), append(l.high, high)
	}
}

// near is the darkest and the brightest around a block.
func (l *line) near(block int) (low, high int) {
	low, high = 255, 0
	for b := max(0, block-blocksNear); b <= min(block+blocksNear, len(l.low)-1); b++ {
		low, high = min(low, int(l.low[b])), max(high, int(l.high[b]))
	}
	return low, high
}

// mayBeCode is false for a line without enough bars.
func (l *line) mayBeCode() bool { return l.edges >= minEdges }
