// Package sound holds the steps that convert sound: from a codec's frames to samples, from one rate and number of channels to
// another, and from samples to frames. What the codecs themselves do is in the packages beside it.
//
// Samples travel as packets of format PCM: 16 bits, little endian, channels in turn; PTS is the time of the first. A
// decoder has a queue and a goroutine of its own, so that its work delays nobody who takes the sound as it is; what is behind
// it runs there too.
package sound

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Raw is the format of samples.
func Raw(rate, channels int) media.Format {
	return media.Format{Kind: media.Audio, Codec: media.PCM, ClockRate: uint32(rate), Channels: uint8(channels)}
}

// Costs of the steps in microseconds of one core for a second of sound, as BenchmarkSecond
// measures chains of them on one machine; budgets and the choice of a chain need no more than their order of magnitude.
const (
	costG711       = 50
	costConvert    = 1000
	costAAC        = 4000
	costVorbis     = 8000
	costMP3        = 40000
	costOpusDecode = 4000
	costOpusEncode = 20000
)

const opusRate, g711Rate = 48000, 8000

// Steps is the part of a codec.Steps table that this package knows.
func Steps(have media.Format, want codec.Want) []codec.Step {
	switch {
	case have.Kind != media.Audio || have.Packed:
		return nil
	case have.Codec == media.PCM:
		return append(conversions(have), encodings(have, want.Bitrate)...)
	default:
		return decodings(have)
	}
}

func decodings(have media.Format) []codec.Step {
	switch have.Codec {
	case media.PCMU, media.PCMA:
		return decodingTo(Raw(g711Rate, 1), costG711, func() (decoder, error) { return newG711Decoder(have.Codec), nil })
	case media.Opus: // the codec itself gives any of them
		var steps []codec.Step
		for _, to := range raws {
			open := func() (decoder, error) { return newOpusDecoder(int(to.ClockRate), int(to.Channels)) }
			steps = append(steps, decodingTo(to, costOpusDecode, open)...)
		}
		return steps
	case media.AAC:
		return aacDecodings(have)
	case media.Vorbis:
		return vorbisDecodings(have)
	case media.MP3:
		return mp3Decodings(have)
	}
	return nil
}

// decodingTo is the step to samples by a decoder.
func decodingTo(to media.Format, cost int, open func() (decoder, error)) []codec.Step {
	return []codec.Step{{To: to, Cost: cost, New: func(args codec.NewArgs) codec.Node { return newDecoding(to, open, args) }}}
}

// raws are what encoders take. The richest comes first, so that it is preferred to others at the same cost.
var raws = []media.Format{Raw(opusRate, 2), Raw(opusRate, 1), Raw(g711Rate, 1)}

// conversions are to what the encoders take. More channels than there are would only cost more.
func conversions(have media.Format) (steps []codec.Step) {
	for _, to := range raws {
		if to == have || to.Channels > have.Channels || !pcm.CanResample(int(have.ClockRate), int(to.ClockRate)) {
			continue
		}
		steps = append(steps, codec.Step{To: to, Cost: costConvert, New: func(codec.NewArgs) codec.Node { return newConversion(have, to) }})
	}
	return steps
}

// encodings make Opus of a bitrate that a client has asked for, 0: none.
func encodings(have media.Format, bitrate int) []codec.Step {
	step := func(to media.Format, cost int, open func() (encoder, error)) codec.Step {
		to.Kind, to.ClockRate = media.Audio, have.ClockRate
		return codec.Step{To: to, Cost: cost, New: func(args codec.NewArgs) codec.Node { return newEncoding(have, to, open, args) }}
	}
	switch {
	case have == Raw(g711Rate, 1): // which has one bitrate
		return []codec.Step{
			step(media.Format{Codec: media.PCMU, Channels: 1}, costG711, func() (encoder, error) { return g711Encoder{media.PCMU}, nil }),
			step(media.Format{Codec: media.PCMA, Channels: 1}, costG711, func() (encoder, error) { return g711Encoder{media.PCMA}, nil }),
		}
	case have == Raw(opusRate, 1), have == Raw(opusRate, 2):
		to := media.Format{Codec: media.Opus, Channels: 2} // whatever is in the stream (RFC 7587 §7)
		if bitrate > 0 {
			to.Caps = fmt.Sprintf("%d bit/s", bitrate)
		}
		return []codec.Step{step(to, costOpusEncode, func() (encoder, error) { return newOpusEncoder(int(have.Channels), bitrate) })}
	}
	return nil
}
