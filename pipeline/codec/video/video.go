// Package video holds the steps that convert video: from a codec's frames to pictures, from one size and frame rate to
// another, and from pictures to frames. What the codecs themselves do is in the packages beside it.
//
// Pictures travel as packets of format I420, each with its size and decodable on its own. A decoder and an encoder have a
// queue and a goroutine each, so that their work delays nobody who takes the media as it is, nor each other.
package video

import (
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// clockRate is that of all video in RTP (RFC 3551 §5).
const clockRate = 90000

// Raw is the format of pictures.
func Raw() media.Format {
	return media.Format{Kind: media.Video, Codec: media.I420, ClockRate: clockRate}
}

// Costs of the steps in microseconds of one core for a second of video of 1280×720 at 30 pictures a second, as
// BenchmarkSecond measures them on one machine. The size is not known when a chain is chosen; budgets and the choice need
// no more than the order of magnitude.
const (
	costDecodeVP8  = 100_000
	costDecodeH264 = 300_000
	costShape      = 30_000
	costEncode     = 400_000
)

// Steps is the part of a codec.Steps table that this package knows.
func Steps(have media.Format, want codec.Want) []codec.Step {
	if have.Kind != media.Video || have.Packed {
		return nil
	}
	switch have.Codec {
	case media.VP8:
		return []codec.Step{{To: Raw(), Cost: costDecodeVP8, New: func(args codec.NewArgs) codec.Node {
			return newDecoding(&vp8Decoder{}, args)
		}}}
	case media.H264:
		return []codec.Step{{To: Raw(), Cost: costDecodeH264, New: func(args codec.NewArgs) codec.Node {
			return newDecoding(&h264Decoder{}, args)
		}}}
	case media.I420:
		return append(shapes(have, want), encodings(have)...)
	}
	return nil
}

// shapes lead to the one size and frame rate that somebody wants.
func shapes(have media.Format, want codec.Want) []codec.Step {
	caps := codec.ParsePictureCaps(want.Caps)
	if caps == (codec.PictureCaps{}) || have.Caps != "" {
		return nil
	}
	to := have
	to.Caps = want.Caps
	return []codec.Step{{To: to, Cost: costShape, New: func(codec.NewArgs) codec.Node { return newShaping(to, caps) }}}
}

func encodings(have media.Format) []codec.Step {
	to := media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: clockRate, Caps: have.Caps}
	return []codec.Step{{
		To: to, Cost: costEncode, Rated: true,
		New: func(args codec.NewArgs) codec.Node { return newEncoding(to, args) },
	}}
}
