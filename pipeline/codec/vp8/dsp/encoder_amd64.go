//go:build amd64 && !purego

// The kernels of an encoder on amd64: assembly where the processor has AVX2.

package dsp

// ForwardDCT transforms the difference of 4x4 pixels and their prediction.
// IDCTAdd of the result brings the pixels back but for rounding.
func ForwardDCT(c *[16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	if !hasAVX2 {
		forwardDCT(c, src, s, srcStride, pred, p, predStride)
		return
	}
	_, _ = src[s+3*srcStride+3], pred[p+3*predStride+3]
	forwardDCTAVX2(c, &src[s], srcStride, &pred[p], predStride)
}

// ForwardDCT8 is ForwardDCT for 8x8 pixels: the four blocks of a chroma plane.
func ForwardDCT8(c *[4][16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	if !hasAVX2 {
		forwardDCT4(c, 2, src, s, srcStride, pred, p, predStride)
		return
	}
	_, _ = src[s+7*srcStride+7], pred[p+7*predStride+7]
	forwardDCT8AVX2(c, &src[s], srcStride, &pred[p], predStride)
}

// ForwardDCT16 is ForwardDCT for 16x16 pixels: the sixteen blocks of luma.
func ForwardDCT16(c *[16][16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	_, _ = src[s+15*srcStride+15], pred[p+15*predStride+15]
	for i := 0; i < 16; i += 4 {
		four := (*[4][16]int16)(c[i:])
		if hasAVX2 {
			forwardDCT4AVX2(four, &src[s], srcStride, &pred[p], predStride)
		} else {
			forwardDCT4(four, 4, src, s, srcStride, pred, p, predStride)
		}
		s += 4 * srcStride
		p += 4 * predStride
	}
}

// ForwardWHT makes second order coefficients of the first coefficients of the
// luma blocks, as ForwardDCT makes them; InverseWHT brings them back.
func ForwardWHT(c *[16]int16, blocks *[16][16]int16) {
	if hasAVX2 {
		forwardWHTAVX2(c, blocks)
		return
	}
	forwardWHT(c, blocks)
}

// Quantise replaces the coefficients of blocks by what a decoder will have,
// and stores their levels in zigzag order, and for each block one more than
// the place of the last level that is not 0, 0 if there is none. It returns 0
// if there is none in any block.
func (q *Quantizer) Quantise(c, levels [][16]int16, ends []uint8) (any uint8) {
	if !hasAVX2 || len(c) == 0 {
		return q.quantiseAll(c, levels, ends)
	}
	_, _ = levels[len(c)-1], ends[len(c)-1]
	return quantiseAVX2(&c[0], &levels[0], &ends[0], len(c), q)
}

// PredictSubblocks predicts 4x4 pixels in all modes. The four pixels above and
// to the right are at right, as for PredictSubblock.
func PredictSubblocks(to *SubblockPredictions, pix []byte, at, stride, right int) {
	if hasAVX2 {
		_, _, _ = pix[at-stride-1], pix[at+3*stride], pix[right+3]
		predictSubblocksAVX2(to, &pix[at], stride, &pix[right])
		return
	}
	predictSubblocks(to, pix, at, stride, right)
}

// SADSubblocks compares 4x4 pixels with their predictions.
func SADSubblocks(src []byte, s, stride int, pred *SubblockPredictions) (sads [SubblockModes]int) {
	if hasAVX2 {
		_ = src[s+3*stride+3]
		sadSubblocksAVX2(&src[s], stride, pred, &sads)
		return sads
	}
	return sadSubblocks(src, s, stride, pred)
}
