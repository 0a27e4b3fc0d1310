//go:build !amd64 || purego

package dsp

// SADRect is the sum of absolute differences of two blocks of w x h pixels, w
// being 4, 8 or 16, and h even.
func SADRect(a []byte, at, aStride int, b []byte, bt, bStride, w, h int) int {
	return sad(a, at, aStride, b, bt, bStride, w, h)
}

// SADRect4 is SADRect for one block and four others of the plane b.
func SADRect4(a []byte, at, aStride int, b []byte, bt *[4]int, bStride, w, h int) (sums [4]int) {
	for i := range sums {
		sums[i] = sad(a, at, aStride, b, bt[i], bStride, w, h)
	}
	return sums
}

func moments(a []byte, at, aStride int, b []byte, bt, bStride, size int) (sum, squares int) {
	return differences(a, at, aStride, b, bt, bStride, size)
}
