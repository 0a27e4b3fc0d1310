package sound

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/mp3"
	"github.com/rivero-media/rivero/pipeline/media"
)

func mp3Decodings(have media.Format) []codec.Step {
	rate := int(have.ClockRate)
	if rate == 0 {
		return nil
	}
	return decodingTo(Raw(rate, mp3.Channels), costMP3, func() (decoder, error) { return &mp3Decoder{rate: rate}, nil })
}

type mp3Decoder struct {
	mp3.FrameDecoder
	rate int // that the format says
}

func (d *mp3Decoder) decode(dst []int16, frame []byte) ([]int16, error) {
	out, err := d.Decode(dst, frame)
	if err == nil && d.SampleRate() != d.rate {
		return dst, fmt.Errorf("mp3: %d Hz in a stream of %d", d.SampleRate(), d.rate)
	}
	return out, err
}

// conceal is silence: the codec has nothing to go on with.
func (d *mp3Decoder) conceal(dst []int16, n int) []int16 { return appendSilence(dst, n*mp3.Channels) }
