package sound

import "github.com/rivero-media/rivero/pipeline/codec/pcm"

// downmix makes one or two channels of what a decoder gives.
type downmix struct {
	mapper   *pcm.Mapper
	channels int
	samples  []int16 // of the decoder
}

// downmixed is how many channels are left.
func downmixed(channels int) int { return min(channels, 2) }

// newDownmix is for the loudspeakers of a dwChannelMask.
func newDownmix(mask uint32) (*downmix, error) {
	from, to := pcm.Layout(mask), pcm.Stereo
	if from.Channels() == 1 {
		to = pcm.Mono
	}
	mapper, err := pcm.NewMapper(from, to)
	return &downmix{mapper: mapper, channels: to.Channels()}, err
}

// put appends to dst what d.samples become.
func (d *downmix) put(dst []int16) []int16 { return d.mapper.Map(dst, d.samples) }
