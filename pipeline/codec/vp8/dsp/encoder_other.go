//go:build !amd64 || purego

// The kernels of an encoder on processors without assembly: plain Go.

package dsp

// ForwardDCT transforms the difference of 4x4 pixels and their prediction.
// IDCTAdd of the result brings the pixels back but for rounding.
func ForwardDCT(c *[16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	forwardDCT(c, src, s, srcStride, pred, p, predStride)
}

// ForwardDCT8 is ForwardDCT for 8x8 pixels: the four blocks of a chroma plane.
func ForwardDCT8(c *[4][16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	forwardDCT4(c, 2, src, s, srcStride, pred, p, predStride)
}

// ForwardDCT16 is ForwardDCT for 16x16 pixels: the sixteen blocks of luma.
func ForwardDCT16(c *[16][16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	for i := 0; i < 16; i += 4 {
		forwardDCT4((*[4][16]int16)(c[i:]), 4, src, s+i*srcStride, srcStride, pred, p+i*predStride, predStride)
	}
}

// ForwardWHT makes second order coefficients of the first coefficients of the
// luma blocks, as ForwardDCT makes them; InverseWHT brings them back.
func ForwardWHT(c *[16]int16, blocks *[16][16]int16) { forwardWHT(c, blocks) }

// Quantise replaces the coefficients of blocks by what a decoder will have,
// and stores their levels in zigzag order, and for each block one more than
// the place of the last level that is not 0, 0 if there is none. It returns 0
// if there is none in any block.
func (q *Quantizer) Quantise(c, levels [][16]int16, ends []uint8) (any uint8) {
	return q.quantiseAll(c, levels, ends)
}

// PredictSubblocks predicts 4x4 pixels in all modes. The four pixels above and
// to the right are at right, as for PredictSubblock.
func PredictSubblocks(to *SubblockPredictions, pix []byte, at, stride, right int) {
	predictSubblocks(to, pix, at, stride, right)
}

// SADSubblocks compares 4x4 pixels with their predictions.
func SADSubblocks(src []byte, s, stride int, pred *SubblockPredictions) (sads [SubblockModes]int) {
	return sadSubblocks(src, s, stride, pred)
}
