package sound

import (
	"slices"

	"github.com/rivero-media/rivero/pipeline/codec/g711"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/media"
)

type g711Decoder struct {
	codec  string
	losses *pcm.Concealer
}

func newG711Decoder(codec string) decoder { return &g711Decoder{codec, pcm.NewConcealer(g711Rate, 1)} }

func (d *g711Decoder) decode(dst []int16, frame []byte) ([]int16, error) {
	n := len(dst)
	dst = slices.Grow(dst, len(frame))[:n+len(frame)]
	if d.codec == media.PCMU {
		g711.DecodeMuLaw(dst[n:], frame)
	} else {
		g711.DecodeALaw(dst[n:], frame)
	}
	d.losses.Good(dst[n:])
	return dst, nil
}

func (d *g711Decoder) conceal(dst []int16, n int) []int16 {
	before := len(dst)
	dst = slices.Grow(dst, n)[:before+n]
	d.losses.Lost(dst[before:])
	return dst
}

// g711Encoder is stateless; its value is the codec.
type g711Encoder struct{ codec string }

func (e g711Encoder) encode(dst []byte, samples []int16) ([]byte, error) {
	n := len(dst)
	dst = slices.Grow(dst, len(samples))[:n+len(samples)]
	if e.codec == media.PCMU {
		g711.EncodeMuLaw(dst[n:], samples)
	} else {
		g711.EncodeALaw(dst[n:], samples)
	}
	return dst, nil
}

// limit does nothing: the codec has one bitrate.
func (g711Encoder) limit(int) error { return nil }
