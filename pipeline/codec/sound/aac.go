package sound

import (
	"encoding/hex"
	"strings"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/media"
)

// aacDecodings are for streams that say what they are: without their configuration, frames mean nothing.
func aacDecodings(have media.Format) []codec.Step {
	c, err := aacConfig(have.Params)
	if err != nil || c.Channels == 0 {
		return nil
	}
	return decodingTo(Raw(c.SampleRate, downmixed(c.Channels)), costAAC, func() (decoder, error) { return newAACDecoder(c) })
}

// aacConfig reads the parameter of a media.Format.
func aacConfig(params string) (aac.Config, error) {
	config, err := hex.DecodeString(strings.TrimPrefix(params, "config="))
	if err != nil {
		return aac.Config{}, err
	}
	return aac.ParseConfig(config)
}

type aacDecoder struct {
	*aac.Decoder
	*downmix
}

func newAACDecoder(c aac.Config) (decoder, error) {
	d, err := aac.NewDecoder(c)
	if err != nil {
		return nil, err
	}
	mix, err := newDownmix(c.ChannelMask)
	return aacDecoder{d, mix}, err
}

// decode gives for a bad frame what is to be heard instead, which the codec knows best.
func (d aacDecoder) decode(dst []int16, frame []byte) ([]int16, error) {
	d.samples, _ = d.Decode(d.samples[:0], frame)
	return d.put(dst), nil
}

func (d aacDecoder) conceal(dst []int16, n int) []int16 {
	end := len(dst) + n*d.channels
	for len(dst) < end {
		d.samples = d.Conceal(d.samples[:0])
		dst = d.put(dst)
	}
	return dst[:end]
}
