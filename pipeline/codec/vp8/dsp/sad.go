// Comparison of blocks: sums of absolute and of squared differences, by which
// an encoder chooses among predictions.

package dsp

// SAD is the sum of absolute differences of two square blocks of 4, 8 or 16.
func SAD(a []byte, at, aStride int, b []byte, bt, bStride, size int) int {
	return SADRect(a, at, aStride, b, bt, bStride, size, size)
}

// SSE is the sum of squared differences of two square blocks of 4, 8 or 16.
func SSE(a []byte, at, aStride int, b []byte, bt, bStride, size int) int {
	_, squares := moments(a, at, aStride, b, bt, bStride, size)
	return squares
}

// Variance is the sum of squared differences of two square blocks of 4, 8 or
// 16, but for their mean. If bStride is 0 and all pixels of b are the same, it
// is that of a alone.
func Variance(a []byte, at, aStride int, b []byte, bt, bStride, size int) int {
	sum, squares := moments(a, at, aStride, b, bt, bStride, size)
	return squares - sum*sum/(size*size)
}

func sad(a []byte, at, aStride int, b []byte, bt, bStride, w, h int) int {
	sum := 0
	for range h {
		x, y := a[at:][:w], b[bt:][:w]
		for i, v := range x {
			sum += abs(int(v) - int(y[i]))
		}
		at += aStride
		bt += bStride
	}
	return sum
}

// differences sums up differences and their squares.
func differences(a []byte, at, aStride int, b []byte, bt, bStride, size int) (sum, squares int) {
	for range size {
		x, y := a[at:][:size], b[bt:][:size]
		for i, v := range x {
			d := int(v) - int(y[i])
			sum += d
			squares += d * d
		}
		at += aStride
		bt += bStride
	}
	return sum, squares
}
