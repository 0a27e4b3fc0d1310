// Package vp8 decodes VP8 video, RFC 6386, in pure Go. It depends on nothing
// but the processor's features being known (golang.org/x/sys/cpu), needs no cgo,
// and may be used outside of Rivero.
//
// A [Decoder] turns the frames of one stream into pictures, bit for bit what
// libvpx makes of them. It does all of the format: every prediction mode,
// versions 0 to 3, segments, golden and altref frames, hidden frames, up to
// eight partitions, changes of size.
//
//	var d vp8.Decoder
//	for frame := range frames { // of a WebM block, an IVF frame, a depacketizer
//		picture, err := d.Decode(frame)
//		if err != nil {
//			// Ask the sender for a key frame if d.NeedsKeyFrame; show d.Last meanwhile.
//			continue
//		}
//		if picture != nil {
//			show(picture.Y, picture.U, picture.V) // before the next Decode
//		}
//	}
//
// Whatever the bytes are, Decode neither panics nor uses more memory than
// Decoder.MaxPixels allows, and once the buffers are there it allocates nothing.
// Bytes that came over a network may be given to it as they are.
//
// An [Encoder] makes such frames of pictures, at a constant bitrate or with a
// constant quantizer. It uses a part of the format: whole macroblocks, one
// vector for each, the last frame as the only reference.
//
// Pixel arithmetic is in package dsp: AVX2 assembly on amd64, plain Go on
// other processors and with the build tag purego.
//
// [ParseHeader] reads the size and kind of a frame without decoding it.
package vp8
