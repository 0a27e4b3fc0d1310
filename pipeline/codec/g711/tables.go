package g711

import "math/bits"

// The tables, computed from the segments of the two laws when the program starts.
var (
	muLawSample, muLawCode = muLaw()
	aLawSample, aLawCode   = aLaw()
)

// muLaw builds the tables of G.711 tables 2a and 2b. With the bias of 33 (in 14
// bits) the eight segments begin at powers of two, 33 + 31 = 64 and so on; all
// bits of a code are inverted on the line.
func muLaw() (sample [256]int16, code [1 << 14]byte) {
	const bias, top = 33, 1<<13 - 1
	for c := range sample {
		segment, step := ^c>>4&7, ^c&15
		magnitude := (2*step+bias)<<segment - bias // the middle of the interval
		if ^c&0x80 == 0 {
			sample[c] = int16(magnitude << 2)
		} else {
			sample[c] = int16(-magnitude << 2)
		}
	}
	for i := range code {
		sign, magnitude := split(i, 13)
		magnitude = min(magnitude+bias, top)
		segment := bits.Len(uint(magnitude)) - 6
		code[i] = ^byte(sign | segment<<4 | magnitude>>(segment+1)&15)
	}
	return sample, code
}

// aLaw builds the tables of G.711 tables 1a and 1b. The first two segments have
// the same steps, so there is no bias; even bits are inverted on the line, and
// the sign bit is 1 for positive samples.
func aLaw() (sample [256]int16, code [1 << 12]byte) {
	const inverted = 0x55
	for c := range sample {
		segment, step := (c^inverted)>>4&7, (c^inverted)&15
		magnitude := 2*step + 1 // the middle of the interval, in 13 bits
		if segment > 0 {
			magnitude = (magnitude + 32) << (segment - 1)
		}
		if c&0x80 != 0 {
			sample[c] = int16(magnitude << 3)
		} else {
			sample[c] = int16(-magnitude << 3)
		}
	}
	for i := range code {
		sign, magnitude := split(i, 11)
		segment := max(bits.Len(uint(magnitude))-4, 0)
		step := magnitude >> max(segment-1, 0) & 15
		code[i] = byte(sign|segment<<4|step) ^ inverted ^ 0x80
	}
	return sample, code
}

// split takes a number in two's complement, with the sign at the given bit, into
// the sign bit of a code and the magnitude in one's complement.
func split(v, signBit int) (sign, magnitude int) {
	if v>>signBit == 0 {
		return 0, v
	}
	return 0x80, ^v & (1<<signBit - 1)
}
