//go:build amd64 && !purego

package dsp

// SADRect is the sum of absolute differences of two blocks of w x h pixels, w
// being 4, 8 or 16, and h even. Its assembly needs nothing that an amd64
// processor may lack.
func SADRect(a []byte, at, aStride int, b []byte, bt, bStride, w, h int) int {
	_, _ = a[at+(h-1)*aStride+w-1], b[bt+(h-1)*bStride+w-1]
	switch w {
	case 16:
		return sad16(&a[at], aStride, &b[bt], bStride, h)
	case 8:
		return sad8(&a[at], aStride, &b[bt], bStride, h)
	}
	return sad4(&a[at], aStride, &b[bt], bStride, h)
}

// SADRect4 is SADRect for one block and four others of the plane b.
func SADRect4(a []byte, at, aStride int, b []byte, bt *[4]int, bStride, w, h int) (sums [4]int) {
	end := (h-1)*bStride + w - 1
	_, _, _, _, _ = a[at+(h-1)*aStride+w-1], b[bt[0]+end], b[bt[1]+end], b[bt[2]+end], b[bt[3]+end]
	from, b0, b1, b2, b3 := &a[at], &b[bt[0]], &b[bt[1]], &b[bt[2]], &b[bt[3]]
	switch w {
	case 16:
		sadFour16(from, aStride, b0, b1, b2, b3, bStride, h, &sums)
	case 8:
		sadFour8(from, aStride, b0, b1, b2, b3, bStride, h, &sums)
	default:
		sums = [4]int{
			sad4(from, aStride, b0, bStride, h), sad4(from, aStride, b1, bStride, h),
			sad4(from, aStride, b2, bStride, h), sad4(from, aStride, b3, bStride, h),
		}
	}
	return sums
}

func moments(a []byte, at, aStride int, b []byte, bt, bStride, size int) (sum, squares int) {
	if !hasAVX2 {
		return differences(a, at, aStride, b, bt, bStride, size)
	}
	end := size - 1
	_, _ = a[at+end*aStride+end], b[bt+end*bStride+end]
	switch size {
	case 16:
		return moments16(&a[at], aStride, &b[bt], bStride)
	case 8:
		return moments8(&a[at], aStride, &b[bt], bStride)
	}
	return moments4(&a[at], aStride, &b[bt], bStride)
}

//go:noescape
func sad16(a *byte, aStride int, b *byte, bStride, h int) int

//go:noescape
func sad8(a *byte, aStride int, b *byte, bStride, h int) int

//go:noescape
func sad4(a *byte, aStride int, b *byte, bStride, h int) int

//go:noescape
func sadFour16(a *byte, aStride int, b0, b1, b2, b3 *byte, bStride, h int, sums *[4]int)

//go:noescape
func sadFour8(a *byte, aStride int, b0, b1, b2, b3 *byte, bStride, h int, sums *[4]int)

//go:noescape
func moments16(a *byte, aStride int, b *byte, bStride int) (sum, squares int)

//go:noescape
func moments8(a *byte, aStride int, b *byte, bStride int) (sum, squares int)

//go:noescape
func moments4(a *byte, aStride int, b *byte, bStride int) (sum, squares int)
