//go:build amd64 && !purego

// The six-tap filters by assembly.

package dsp

//go:noescape
func sixTapRow16(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)

//go:noescape
func sixTapRow8(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)

//go:noescape
func sixTapRow4(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)

// The filters along columns take an even h.

//go:noescape
func sixTapColumn16(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)

//go:noescape
func sixTapColumn8(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)

//go:noescape
func sixTapColumn4(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)

//go:noescape
func copy16(dst *byte, dstStride int, src *byte, srcStride, h int)

// tapPairs are sixTaps in the order of the assembly's pairs.
var tapPairs = func() (t [8][6]int8) {
	for i, f := range sixTaps {
		t[i] = [6]int8{int8(f[1]), int8(f[2]), int8(f[3]), int8(f[4]), int8(f[0]), int8(f[5])}
	}
	return t
}()

// The blocks are sliced out so that Go's checks of bounds cover all that the
// assembly touches.

func sixTapAVX2(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	first, last := s, s+(h-1)*srcStride+w+Slack-1
	if my != 0 {
		first, last = first-Before*srcStride, last+Behind*srcStride
	}
	if mx != 0 {
		first -= Before
	}
	_, _, _ = src[first], src[last], dst[d+(h-1)*dstStride+w-1]
	to, from := &dst[d], &src[s]
	switch {
	case my == 0:
		sixTapRow(to, dstStride, from, srcStride, w, h, &tapPairs[mx&7])
	case mx == 0:
		sixTapColumn(to, dstStride, from, srcStride, w, h, &tapPairs[my&7])
	default:
		var rows [block * (block + Before + Behind)]byte
		sixTapRow(&rows[0], block, &src[s-Before*srcStride], srcStride, w, h+Before+Behind, &tapPairs[mx&7])
		sixTapColumn(to, dstStride, &rows[Before*block], block, w, h, &tapPairs[my&7])
	}
}

func sixTapRow(dst *byte, dstStride int, src *byte, srcStride, w, h int, taps *[6]int8) {
	switch w {
	case 16:
		sixTapRow16(dst, dstStride, src, srcStride, h, taps)
	case 8:
		sixTapRow8(dst, dstStride, src, srcStride, h, taps)
	default:
		sixTapRow4(dst, dstStride, src, srcStride, h, taps)
	}
}

func sixTapColumn(dst *byte, dstStride int, src *byte, srcStride, w, h int, taps *[6]int8) {
	switch w {
	case 16:
		sixTapColumn16(dst, dstStride, src, srcStride, h, taps)
	case 8:
		sixTapColumn8(dst, dstStride, src, srcStride, h, taps)
	default:
		sixTapColumn4(dst, dstStride, src, srcStride, h, taps)
	}
}
