//go:build amd64 && !purego

package dsp

// SAD is the sum of absolute differences of two square blocks of 8 or 16. Its
// assembly needs nothing that an amd64 processor may lack.
func SAD(a []byte, at, aStride int, b []byte, bt, bStride, size int) int {
	end := size - 1
	_, _ = a[at+end*aStride+end], b[bt+end*bStride+end]
	if size == 16 {
		return sad16(&a[at], aStride, &b[bt], bStride)
	}
	return sad8(&a[at], aStride, &b[bt], bStride)
}

//go:noescape
func sad16(a *byte, aStride int, b *byte, bStride int) int

//go:noescape
func sad8(a *byte, aStride int, b *byte, bStride int) int
