// The inverse transforms, RFC 6386 §14. Sums wrap at 16 bits, as they do in
// the vector instructions; streams of a sane encoder never get there.

package dsp

// Factors of the inverse DCT in 1/65536: sqrt(2)*cos(pi/8)-1 and sqrt(2)*sin(pi/8).
const (
	cosine = 20091
	sine   = 35468
)

// rotate is one odd half of the butterfly: the rotation of (a, b).
func rotate(a, b int) (int, int) {
	a, b = int(int16(a)), int(int16(b))
	return a*sine>>16 - b - b*cosine>>16, a + a*cosine>>16 + b*sine>>16
}

func idctAdd(c *[16]int16, pix []byte, at, stride int) {
	var t [16]int
	for i := range 4 {
		a, b := int(c[i])+int(c[8+i]), int(c[i])-int(c[8+i])
		d, e := rotate(int(c[4+i]), int(c[12+i]))
		t[i], t[4+i], t[8+i], t[12+i] = a+e, b+d, b-d, a-e
	}
	for i := range 4 {
		row := t[4*i : 4*i+4 : 4*i+4]
		a, b := row[0]+row[2]+4, row[0]-row[2]+4
		d, e := rotate(row[1], row[3])
		p := pix[at+i*stride:][:4]
		p[0] = clamp(int(p[0]) + int(int16(a+e))>>3)
		p[1] = clamp(int(p[1]) + int(int16(b+d))>>3)
		p[2] = clamp(int(p[2]) + int(int16(b-d))>>3)
		p[3] = clamp(int(p[3]) + int(int16(a-e))>>3)
	}
}

// dcAdd is idctAdd for a block in which only the first coefficient is set.
func dcAdd(dc int16, pix []byte, at, stride int) {
	v := int(dc+4) >> 3
	for range 4 {
		p := pix[at:][:4]
		p[0] = clamp(int(p[0]) + v)
		p[1] = clamp(int(p[1]) + v)
		p[2] = clamp(int(p[2]) + v)
		p[3] = clamp(int(p[3]) + v)
		at += stride
	}
}

// dcAdd4 is dcAdd for four blocks side by side.
func dcAdd4(c *[4][16]int16, pix []byte, at, stride int) {
	for i := range c {
		dcAdd(c[i][0], pix, at+4*i, stride)
	}
}

// InverseWHT transforms the second order luma coefficients and stores each
// result as the first coefficient of its luma block (RFC 6386 §14.3).
func InverseWHT(c *[16]int16, blocks *[16][16]int16) {
	var t [16]int
	for i := range 4 {
		a, b := int(c[i])+int(c[12+i]), int(c[4+i])+int(c[8+i])
		d, e := int(c[4+i])-int(c[8+i]), int(c[i])-int(c[12+i])
		t[i], t[4+i], t[8+i], t[12+i] = a+b, d+e, a-b, e-d
	}
	for i := range 4 {
		row := t[4*i : 4*i+4 : 4*i+4]
		a, b := row[0]+row[3]+3, row[1]+row[2]
		d, e := row[1]-row[2], row[0]-row[3]+3
		blocks[4*i][0] = int16(int(int16(a+b)) >> 3)
		blocks[4*i+1][0] = int16(int(int16(d+e)) >> 3)
		blocks[4*i+2][0] = int16(int(int16(a-b)) >> 3)
		blocks[4*i+3][0] = int16(int(int16(e-d)) >> 3)
	}
}
