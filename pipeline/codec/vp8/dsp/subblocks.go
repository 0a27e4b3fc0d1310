// All ten predictions of a subblock at once, for an encoder that compares them.

package dsp

// SubblockPredictions are the predictions of 4x4 pixels by mode, without gaps
// between their rows.
type SubblockPredictions [SubblockModes][16]byte

func predictSubblocks(to *SubblockPredictions, pix []byte, at, stride, right int) {
	// What is around the subblock, as PredictSubblock looks at it.
	var around [5 * 16]byte
	copy(around[7:], pix[at-stride-1:][:5])
	copy(around[12:], pix[right:][:4])
	for i := range 4 {
		around[7+16*(i+1)] = pix[at-1+i*stride]
	}
	for mode := range to {
		PredictSubblock(uint8(mode), around[:], 8+16, 16, 12)
		for i := range 4 {
			copy(to[mode][4*i:], around[8+16*(i+1):][:4])
		}
	}
}

func sadSubblocks(src []byte, s, stride int, pred *SubblockPredictions) (sads [SubblockModes]int) {
	for mode := range pred {
		sads[mode] = sad(src, s, stride, pred[mode][:], 0, 4, 4, 4)
	}
	return sads
}
