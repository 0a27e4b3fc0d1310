// The forward transforms, which the format leaves to the encoder: the
// transposes of RFC 6386 §14.3 and §14.4, scaled to match.

package dsp

// Factors of the forward DCT in 1/4096: sqrt(2)*cos(pi/8) and sqrt(2)*sin(pi/8).
const (
	forwardCosine = 5352
	forwardSine   = 2217
)

// forwardDCT transforms the difference of 4x4 pixels and their prediction.
// IDCTAdd of the result brings the pixels back but for rounding.
func forwardDCT(c *[16]int16, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	var t [16]int
	for i := range 4 {
		x, y := src[s:][:4], pred[p:][:4]
		d0, d1 := int(x[0])-int(y[0]), int(x[1])-int(y[1])
		d2, d3 := int(x[2])-int(y[2]), int(x[3])-int(y[3])
		a, b, d, e := d0+d3, d1+d2, d1-d2, d0-d3
		t[4*i], t[4*i+2] = (a+b)<<3, (a-b)<<3
		t[4*i+1] = (e*forwardCosine + d*forwardSine) >> 9
		t[4*i+3] = (e*forwardSine - d*forwardCosine) >> 9
		s += srcStride
		p += predStride
	}
	for i := range 4 {
		a, b := t[i]+t[12+i], t[4+i]+t[8+i]
		d, e := t[4+i]-t[8+i], t[i]-t[12+i]
		c[i], c[8+i] = int16((a+b+8)>>4), int16((a-b+8)>>4)
		c[4+i] = int16((e*forwardCosine + d*forwardSine + 1<<15) >> 16)
		c[12+i] = int16((e*forwardSine - d*forwardCosine + 1<<15) >> 16)
	}
}

// forwardDCT4 is forwardDCT for four blocks in rows of so many.
func forwardDCT4(c *[4][16]int16, perRow int, src []byte, s, srcStride int, pred []byte, p, predStride int) {
	for i := range c {
		x, y := 4*(i%perRow), 4*(i/perRow)
		forwardDCT(&c[i], src, s+y*srcStride+x, srcStride, pred, p+y*predStride+x, predStride)
	}
}

// forwardWHT makes second order coefficients of the first coefficients of the
// luma blocks; InverseWHT brings them back.
func forwardWHT(c *[16]int16, blocks *[16][16]int16) {
	var t [16]int
	for i := range 4 {
		x0, x1, x2, x3 := int(blocks[4*i][0]), int(blocks[4*i+1][0]), int(blocks[4*i+2][0]), int(blocks[4*i+3][0])
		a, b, d, e := x0+x3, x1+x2, x1-x2, x0-x3
		t[4*i], t[4*i+1], t[4*i+2], t[4*i+3] = a+b, d+e, a-b, e-d
	}
	for i := range 4 {
		a, b := t[i]+t[12+i], t[4+i]+t[8+i]
		d, e := t[4+i]-t[8+i], t[i]-t[12+i]
		c[i], c[4+i], c[8+i], c[12+i] = int16((a+b+1)>>1), int16((d+e+1)>>1), int16((a-b+1)>>1), int16((e-d+1)>>1)
	}
}
