// Package vp8 decodes and encodes VP8 video, RFC 6386, in pure Go. It depends
// on nothing but the processor's features being known (golang.org/x/sys/cpu),
// needs no cgo, and may be used outside of Rivero.
//
// # Decoding
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
// [ParseHeader] reads the size and kind of a frame without decoding it.
//
// # Encoding
//
// An [Encoder] makes such frames of pictures as they come, one frame for each
// picture at once, for calls and live streams:
//
//	e, err := vp8.NewEncoder(vp8.Config{Width: 1280, Height: 720, Bitrate: 1_500_000, Speed: vp8.SpeedAuto})
//	if err != nil {
//		return err
//	}
//	defer e.Close()
//	for picture := range pictures { // 30 per second, see Config.FrameRate
//		frame, _, err = e.Encode(frame[:0], picture, false)
//		if err != nil {
//			return err
//		}
//		if len(frame) > 0 { // no picture that was dropped
//			send(frame)
//		}
//	}
//
// With a bitrate it keeps to it: a key frame aims at what the channel takes in
// a third of a second, and pictures are dropped while more than half a second's
// bits wait there, which happens where the highest quantizer is not enough.
// Bitrate, frame rate, quantizers and size of the pictures may change at any
// time. Without a bitrate all frames have the same quantizer.
//
// [Config].Speed trades time for pictures; [SpeedAuto] does so by the time that
// frames take. Threads work on rows of one frame, and give the same frames as
// one does. Temporal layers let a forwarder leave out frames, see [Layer].
//
// What [Encoder.Reconstructed] gives is bit by bit what a decoder will show.
//
// Pixel arithmetic is in package dsp: AVX2 assembly on amd64, plain Go on
// other processors and with the build tag purego.
package vp8
