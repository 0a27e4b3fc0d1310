package h264

import "encoding/binary"

// Eight samples are computed at once, in four lanes of 16 bits each of two words: those at even places and those at odd
// ones. That takes half the time of a loop over samples.
const (
	laneMask = 0x00ff00ff00ff00ff
	laneOnes = 0x0001000100010001
	laneTops = 0x8000800080008000
)

// slack is how many bytes behind a block may be read and behind a plane must be there, so that blocks of less than eight
// samples need no case of their own.
const slack = 16

// Rounding of the six taps, and what keeps the sums positive: a multiple of 32 above 5*2*255.
const (
	tapBias = 80
	tapAdd  = 32*tapBias + 16
)

// sixTap is the filter (1, -5, 20, 20, -5, 1) of eight samples, rounded and clipped (8.4.2.2.1).
func sixTap(a, b, c, d, e, f uint64) uint64 {
	even := a&laneMask + f&laneMask + 20*(c&laneMask+d&laneMask) + tapAdd*laneOnes - 5*(b&laneMask+e&laneMask)
	a, b, c, d, e, f = a>>8&laneMask, b>>8&laneMask, c>>8&laneMask, d>>8&laneMask, e>>8&laneMask, f>>8&laneMask
	odd := a + f + 20*(c+d) + tapAdd*laneOnes - 5*(b+e)
	return clipTaps(even) | clipTaps(odd)<<8
}

// clipTaps shifts sums down, takes the bias away and clips.
func clipTaps(v uint64) uint64 {
	v = v >> 5 & (0x07ff * laneOnes)
	v = (v | laneTops) - tapBias*laneOnes // the top bit says that it is not negative
	v &= v&laneTops - v&laneTops>>15      // and is lost here; the others are all lost if it is not set
	high := (v + (0x7fff-255)*laneOnes) & laneTops >> 15
	return (v | (high<<8 - high)) & laneMask
}

// load and store move eight samples.
func load(b []byte) uint64     { return binary.LittleEndian.Uint64(b) }
func store(b []byte, v uint64) { binary.LittleEndian.PutUint64(b, v) }

// storeSome writes the first samples of a word: two or four of them.
func storeSome(b []byte, v uint64, n int) {
	if n == 4 {
		binary.LittleEndian.PutUint32(b, uint32(v))
		return
	}
	binary.LittleEndian.PutUint16(b, uint16(v))
}

// mean8 rounds the mean of eight samples up.
func mean8(a, b uint64) uint64 { return (a | b) - (a^b)&0xfefefefefefefefe>>1 }
