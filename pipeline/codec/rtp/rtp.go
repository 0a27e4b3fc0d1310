// Package rtp holds the steps between RTP payloads and whole frames:
// depacketising, with reordering and the handling of loss, and packetising,
// with retransmission. Both run on the producer's goroutine.
//
// What a whole frame is, per codec:
//   - VP8, VP9: one frame as the decoder takes it; for VP9 with spatial layers a superframe.
//   - AV1: one temporal unit, each OBU with its size field, without temporal delimiter.
//   - H264: one access unit, each NAL unit with its length in four bytes before it ("AVC"), parameter sets in band.
//     That is how MP4, MKV and FLV store it, and to split it needs no search.
//   - opus, PCMU, PCMA: the payload of one packet.
//   - mpeg4-generic (AAC): one access unit, as MP4 stores it.
package rtp

import (
	"strings"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// MTU is the usual size in bytes of the largest RTP packet of video that is made, header included: what fits into an IP
// packet of 1280 bytes beside the other headers. libwebrtc and Kurento have the same.
const MTU = 1200

const (
	// headerSize is that of an RTP header without extensions (RFC 3550 §5.1).
	headerSize = 12
	// maxAudio is the largest payload of audio, which cannot be split: the largest Opus frame
	// (RFC 6716 §3.2.1).
	maxAudio = 1276
	// maxFrame ends the collecting of a frame that never ends.
	maxFrame = 8 << 20
)

// stepCost is that of copying the media once, against which decoding is dear.
const stepCost = 1

// payloadFormat is the pair of converters of one codec.
type payloadFormat struct {
	unpacker func() unpacker
	packer   func() packer
}

// payloadFormatOf finds a codec's payload format.
func payloadFormatOf(have media.Format) (payloadFormat, bool) {
	switch have.Codec {
	case media.VP8:
		return payloadFormat{func() unpacker { return &vp8Unpacker{} }, newVP8Packer}, true
	case media.VP9:
		return payloadFormat{func() unpacker { return &vp9Unpacker{} }, newVP9Packer}, true
	case media.AV1:
		return payloadFormat{func() unpacker { return &av1Unpacker{} }, func() packer { return &av1Packer{} }}, true
	case media.H264:
		return payloadFormat{func() unpacker { return &h264Unpacker{open: -1} }, func() packer { return &h264Packer{} }}, true
	case media.Opus, media.PCMU, media.PCMA:
		return payloadFormat{func() unpacker { return audioUnpacker{} }, func() packer { return &audioPacker{} }}, true
	case media.AAC:
		return payloadFormat{func() unpacker { return newAACUnpacker(have) }, func() packer { return &aacPacker{} }}, true
	}
	return payloadFormat{}, false
}

// Steps is the part of a codec.Steps table that this package knows: from packed to whole frames and back, for each
// codec it can handle. mtu is the size in bytes of the largest packet of video that is made, see MTU.
func Steps(mtu int) func(have media.Format, _ codec.Want) []codec.Step {
	return func(have media.Format, _ codec.Want) []codec.Step {
		format, known := payloadFormatOf(have)
		if !known {
			return nil
		}
		to := have
		to.Packed = !have.Packed
		if have.Codec == media.H264 {
			to.Params = h264Params(have)
		}
		step := codec.Step{To: to, Cost: stepCost}
		if have.Packed {
			step.New = func(codec.NewArgs) codec.Node { return newDepacketizer(to, format.unpacker()) }
		} else {
			step.New = func(codec.NewArgs) codec.Node { return newPacketizer(to, format.packer(), mtu-headerSize) }
		}
		return []codec.Step{step}
	}
}

// h264Params converts "profile;packetization-mode". Frames have no mode, and what is packed
// here is in mode 1, the one with fragments. A stream that may be of any profile, as that of a file, stays so.
func h264Params(have media.Format) string {
	profile, _, _ := strings.Cut(have.Params, ";")
	if have.Packed || profile == "" {
		return profile
	}
	return profile + ";1"
}

// unpacker puts the payloads of one codec together into frames. It is given the
// payloads of a frame in order and without gaps.
type unpacker interface {
	// begins tells whether a payload is the first of a frame, and whether that may be a key frame.
	begins(payload []byte) (frame, key bool)
	// unpack appends what a payload holds to the frame.
	unpack(frame, payload []byte) ([]byte, error)
	// finish completes a frame of which everything was unpacked; ok is false when it is
	// broken. It is also called, with nil, to forget a frame that was begun.
	finish(frame []byte) (whole []byte, key, ok bool)
}

// splitter is implemented by unpackers of sound of which a payload may hold several frames, or a part of one.
type splitter interface {
	// split returns the frames that are whole with a payload, each so much later than the one before. gap: some payloads
	// are missing before it.
	split(payload []byte, gap bool) (frames [][]byte, length time.Duration)
}

// packer takes frames of one codec apart into payloads.
type packer interface {
	// load takes a frame, which stays valid until its last payload; false when it is malformed.
	load(frame []byte, key bool) bool
	// next writes the next payload into buf and tells whether it is the last of the frame.
	next(buf []byte) (n int, last bool)
}

// ticks converts a time on the pipeline clock to units of an RTP clock.
func ticks(t time.Duration, rate uint32) uint32 {
	seconds, rest := t/time.Second, t%time.Second
	return uint32(int64(seconds)*int64(rate) + int64(rest)*int64(rate)/int64(time.Second))
}
