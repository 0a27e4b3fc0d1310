//go:build amd64 && !purego

// The bilinear filters by assembly.

package dsp

// The low byte of weights is that of the nearer pixel; together they are 128.

//go:noescape
func mix16(dst *byte, dstStride int, src *byte, srcStride, step, h int, weights uint16)

//go:noescape
func mix8(dst *byte, dstStride int, src *byte, srcStride, step, h int, weights uint16)

//go:noescape
func mix4(dst *byte, dstStride int, src *byte, srcStride, step, h int, weights uint16)

func bilinearAVX2(dst []byte, d, dstStride int, src []byte, s, srcStride, w, h, mx, my int) {
	_, _, _ = src[s], src[s+h*srcStride+w+Slack-1], dst[d+(h-1)*dstStride+w-1]
	to, from := &dst[d], &src[s]
	switch {
	case my == 0:
		mix(to, dstStride, from, srcStride, 1, w, h, mx)
	case mx == 0:
		mix(to, dstStride, from, srcStride, srcStride, w, h, my)
	default:
		var rows [block * (block + 1)]byte
		mix(&rows[0], block, from, srcStride, 1, w, h+1, mx)
		mix(to, dstStride, &rows[0], block, block, w, h, my)
	}
}

func mix(dst *byte, dstStride int, src *byte, srcStride, step, w, h, m int) {
	weights := uint16(128-16*m) | uint16(16*m)<<8
	switch w {
	case 16:
		mix16(dst, dstStride, src, srcStride, step, h, weights)
	case 8:
		mix8(dst, dstStride, src, srcStride, step, h, weights)
	default:
		mix4(dst, dstStride, src, srcStride, step, h, weights)
	}
}
