//go:build !amd64 || purego

package dsp

// SAD is the sum of absolute differences of two square blocks of 8 or 16.
func SAD(a []byte, at, aStride int, b []byte, bt, bStride, size int) int {
	return sad(a, at, aStride, b, bt, bStride, size)
}
