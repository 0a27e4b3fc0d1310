package sound

import "github.com/rivero-media/rivero/pipeline/codec/opus"

type opusDecoder struct {
	*opus.Decoder
	rate uint32
}

// newOpusDecoder decodes to any of the rates and channels that Raw is used with here: the codec itself can do that.
func newOpusDecoder(rate, channels int) (decoder, error) {
	d, err := opus.NewDecoder(rate, channels)
	return opusDecoder{d, uint32(rate)}, err
}

func (d opusDecoder) decode(dst []int16, frame []byte) ([]int16, error) { return d.Decode(dst, frame) }

// conceal leaves out what the codec cannot invent.
func (d opusDecoder) conceal(dst []int16, n int) []int16 {
	for left := duration(n, d.rate); left > 0; left -= opus.DefaultFrame {
		more, err := d.Conceal(dst, min(left, opus.DefaultFrame))
		if err != nil {
			break
		}
		dst = more
	}
	return dst
}

// Bitrates of sound that is encoded here in bit/s for each channel: what browsers use for speech. Nobody gains from less
// than the lowest.
const (
	opusBitrate = 32000
	opusLowest  = 6000
	opusHighest = 510000 // of all channels (RFC 6716 §2.1.1)
)

type opusEncoder struct {
	*opus.Encoder
	lowest, bitrate int // of all channels
}

// newOpusEncoder aims at a bitrate as near as the codec comes to what is asked for, 0: what is usual.
func newOpusEncoder(channels, bitrate int) (encoder, error) {
	if bitrate == 0 {
		bitrate = opusBitrate * channels
	}
	lowest := opusLowest * channels
	bitrate = min(max(bitrate, lowest), opusHighest)
	e, err := opus.NewEncoder(opus.EncoderConfig{Channels: channels, Bitrate: bitrate, FEC: true})
	return opusEncoder{e, lowest, bitrate}, err
}

func (e opusEncoder) encode(dst []byte, samples []int16) ([]byte, error) {
	return e.Encode(dst, samples)
}

func (e opusEncoder) limit(bps int) error {
	if bps <= 0 {
		return e.SetBitrate(e.bitrate)
	}
	return e.SetBitrate(max(e.lowest, min(e.bitrate, bps)))
}
