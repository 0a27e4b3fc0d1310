package sound

import (
	"encoding/base64"
	"strings"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/vorbis"
	"github.com/rivero-media/rivero/pipeline/media"
)

// vorbisDecodings are for streams that bring their headers.
func vorbisDecodings(have media.Format) []codec.Step {
	private, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(have.Params, "configuration="))
	if err != nil {
		return nil
	}
	identification, setup, err := vorbis.SplitPrivate(private)
	if err != nil {
		return nil
	}
	rate, channels, err := vorbis.ParseIdentification(identification)
	if err != nil {
		return nil
	}
	return decodingTo(Raw(rate, downmixed(channels)), costVorbis, func() (decoder, error) { return newVorbisDecoder(identification, setup) })
}

type vorbisDecoder struct {
	*vorbis.Decoder
	*downmix
}

func newVorbisDecoder(identification, setup []byte) (decoder, error) {
	d, err := vorbis.NewDecoder(identification, setup)
	if err != nil {
		return nil, err
	}
	mix, err := newDownmix(d.ChannelMask())
	return vorbisDecoder{d, mix}, err
}

func (d vorbisDecoder) decode(dst []int16, frame []byte) (_ []int16, err error) {
	if d.samples, err = d.Decode(d.samples[:0], frame); err != nil {
		return dst, err
	}
	return d.put(dst), nil
}

// conceal is silence: the codec has nothing to go on with.
func (d vorbisDecoder) conceal(dst []int16, n int) []int16 { return appendSilence(dst, n*d.channels) }
