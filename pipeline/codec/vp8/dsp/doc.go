// Package dsp holds the arithmetic of VP8 that runs once for each pixel:
// inverse transforms, intra predictors, interpolation and loop filters of
// RFC 6386, and nothing that knows a bitstream. Decoder and encoder share it.
//
// Every kernel exists in plain Go. On amd64 with AVX2 some are replaced by
// assembly that gives the same bytes; which ones is decided once, when the
// program starts.
//
// A block of pixels is a plane, the offset of its first pixel and the
// distance between rows. Callers see to it that the pixels which a kernel
// reads and writes are inside the plane, and that Slack bytes follow the last
// row: assembly may read, never write, that far behind what it needs.
package dsp

// Slack is how many bytes of a plane have to follow the last pixel that a
// kernel is asked to read.
const Slack = 32

// clamp returns the pixel nearest to v.
func clamp(v int) uint8 {
	if uint(v) > 255 {
		return uint8(^(v >> 63))
	}
	return uint8(v)
}
