package demux

import (
	"encoding/base64"
	"encoding/hex"

	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/codec/vorbis"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Opus is the format of all Opus, whatever is coded (RFC 7587 §7).
func Opus() media.Format {
	return media.Format{Kind: media.Audio, Codec: media.Opus, ClockRate: 48000, Channels: 2}
}

// Sound is the format of sound with a rate and channels; empty when they cannot be.
func Sound(codec string, rate, channels int) media.Format {
	if rate < 1 || rate > maxRate || channels < 1 || channels > maxChannels {
		return media.Format{}
	}
	return media.Format{Kind: media.Audio, Codec: codec, ClockRate: uint32(rate), Channels: uint8(channels)}
}

// AAC is the format of a stream with an AudioSpecificConfig. Rate and channels are what the container says; the
// configuration knows better where it can be read.
func AAC(config []byte, rate, channels int) media.Format {
	if c, err := aac.ParseConfig(config); err == nil {
		if c.Channels > 0 {
			channels = c.Channels
		}
		if rate != 2*c.SampleRate {
			rate = c.SampleRate
		}
	}
	f := Sound(media.AAC, rate, channels)
	if f.Codec != "" {
		f.Params = "config=" + hex.EncodeToString(config)
	}
	return f
}

// Vorbis is the format of a stream with these three headers.
func Vorbis(identification, comment, setup []byte) media.Format {
	rate, channels, err := vorbis.ParseIdentification(identification)
	if err != nil {
		return media.Format{}
	}
	private := []byte{2} // as Matroska has them: one less than there are, the sizes of all but the last, the headers
	for _, size := range []int{len(identification), len(comment)} {
		for ; size >= 255; size -= 255 {
			private = append(private, 255)
		}
		private = append(private, byte(size))
	}
	private = append(append(append(private, identification...), comment...), setup...)
	f := Sound(media.Vorbis, rate, channels)
	if f.Codec != "" {
		f.Params = "configuration=" + base64.StdEncoding.EncodeToString(private)
	}
	return f
}
