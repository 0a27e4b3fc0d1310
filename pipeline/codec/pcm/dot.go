package pcm

// tapsUnit is of how many factors sums have a multiple: they are added up side by side.
const tapsUnit = 8

// plainDot multiplies two slices of the same length, a multiple of tapsUnit. Eight sums that do not wait for each other make
// it several times as fast as one. The conversions have products rounded on every processor.
func plainDot(a, b []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= tapsUnit && len(b) >= tapsUnit {
		x, y := (*[tapsUnit]float32)(a), (*[tapsUnit]float32)(b)
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
		s4 += float32(x[4] * y[4])
		s5 += float32(x[5] * y[5])
		s6 += float32(x[6] * y[6])
		s7 += float32(x[7] * y[7])
		a, b = a[tapsUnit:], b[tapsUnit:]
	}
	return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}
