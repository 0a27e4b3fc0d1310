// Package g711 is the telephone codec of ITU-T G.711, µ-law (PCMU) and A-law
// (PCMA): eight bits a sample, each sample by itself, so there is no state.
//
// Samples are 16 bits, of which µ-law sees the upper 14 and A-law the upper 13.
// G.711 gives intervals but not to whom a sample on their border belongs; as in
// the ITU's own program (G.191, ulaw_compress and alaw_compress) negative
// samples are taken in one's complement, which makes an arithmetic shift all
// that is left to do before the table.
package g711

// The codes of silence: the level 0 of µ-law and the smallest one of A-law.
const (
	MuLawSilence = 0xff
	ALawSilence  = 0xd5
)

// EncodeMuLaw writes the codes of the samples and returns how many: as many as
// the shorter slice holds, as copy does. It never allocates, like all functions here.
func EncodeMuLaw(dst []byte, src []int16) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, s := range src {
		dst[i] = muLawCode[uint16(s)>>2]
	}
	return n
}

// DecodeMuLaw writes the samples of the codes and returns how many.
func DecodeMuLaw(dst []int16, src []byte) int {
	return decode(dst, src, &muLawSample)
}

// EncodeALaw writes the codes of the samples and returns how many.
func EncodeALaw(dst []byte, src []int16) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, s := range src {
		dst[i] = aLawCode[uint16(s)>>4]
	}
	return n
}

// DecodeALaw writes the samples of the codes and returns how many.
func DecodeALaw(dst []int16, src []byte) int {
	return decode(dst, src, &aLawSample)
}

func decode(dst []int16, src []byte, table *[256]int16) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, c := range src {
		dst[i] = table[c]
	}
	return n
}
