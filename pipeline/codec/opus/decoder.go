package opus

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/thesyncim/gopus"
)

// maxDuration is how long a packet may sound (RFC 6716 §3.2.5), and how much is
// concealed in one call.
const maxDuration = 120 * time.Millisecond

// The durations between which frames lie.
const (
	shortest     = 2500 * time.Microsecond
	longestFrame = 60 * time.Millisecond
)

// errNoPacket is for bytes whose table of contents makes no sense.
var errNoPacket = errors.New("opus: not a packet")

// Decoder decodes a stream packet by packet into samples of the rate and the
// channels that the reader wants, whatever was encoded. One goroutine at a time
// may use it. After an error the next packet may be decoded as if nothing was.
type Decoder struct {
	dec            *gopus.Decoder
	rate, channels int
	last           time.Duration // of the last packet
	scratch        []float32
}

// NewDecoder returns a decoder to 8000, 12000, 16000, 24000 or 48000 Hz and 1 or
// 2 channels.
func NewDecoder(rate, channels int) (*Decoder, error) {
	dec, err := gopus.NewDecoder(gopus.DefaultDecoderConfig(rate, channels))
	if err != nil {
		return nil, fmt.Errorf("opus: decoder to %d channels at %d Hz: %w", channels, rate, err)
	}
	return &Decoder{dec: dec, rate: rate, channels: channels, last: DefaultFrame,
		scratch: make([]float32, int(longestFrame/time.Millisecond)*rate/1000*channels)}, nil
}

// samples is how many samples, all channels counted, sound so long.
func (d *Decoder) samples(t time.Duration) int {
	return int(t*time.Duration(d.rate)/time.Second) * d.channels
}

// Decode appends the samples of a packet to dst and returns it. There are as
// many as Duration says.
func (d *Decoder) Decode(dst []int16, packet []byte) (_ []int16, err error) {
	defer recovered(&err)
	duration := Duration(packet)
	if duration == 0 {
		return dst, errNoPacket
	}
	start, n := len(dst), d.samples(duration)
	out := slices.Grow(dst, n)[:start+n]
	got, err := d.dec.DecodeInt16(packet, out[start:])
	if err != nil {
		return dst, fmt.Errorf("opus: %w", err)
	}
	d.last = duration
	return out[:start+got*d.channels], nil
}

// Conceal appends what a lost packet may have sounded like: lost is its
// duration, 0 for as long as the last one. It fades out when losses follow each other.
func (d *Decoder) Conceal(dst []int16, lost time.Duration) ([]int16, error) {
	return d.conceal(dst, nil, lost)
}

// Recover appends the samples of the lost packet before next from the copy that
// next carries of it (in-band FEC), or conceals it if there is none. Decode next afterwards.
func (d *Decoder) Recover(dst []int16, next []byte, lost time.Duration) ([]int16, error) {
	if Duration(next) == 0 {
		return dst, errNoPacket
	}
	return d.conceal(dst, next, lost)
}

// conceal works with the packet after the gap, or with none. The library takes
// the length of the gap from that of the output, except when it is as long as
// the longest packet, so a long gap is taken in two. Only its last frame can be in
// the next packet.
func (d *Decoder) conceal(dst []int16, next []byte, lost time.Duration) (_ []int16, err error) {
	defer recovered(&err)
	if lost <= 0 {
		lost = d.last
	}
	lost = min(lost.Truncate(shortest), maxDuration)
	if lost == 0 {
		return dst, errors.New("opus: a gap shorter than any frame")
	}
	start := len(dst)
	if lost > longestFrame {
		first, err := d.gap(dst, nil, lost-longestFrame)
		if err != nil {
			return dst, err
		}
		dst, lost = first, longestFrame
	}
	out, err := d.gap(dst, next, lost)
	if err != nil {
		return dst[:start], err
	}
	return out, nil
}

// gap appends one piece of concealment.
func (d *Decoder) gap(dst []int16, next []byte, lost time.Duration) ([]int16, error) {
	piece := d.scratch[:d.samples(lost)]
	got, err := d.dec.DecodeWithFEC(next, piece, next != nil)
	if err != nil {
		return dst, fmt.Errorf("opus: %w", err)
	}
	for _, v := range piece[:got*d.channels] {
		dst = append(dst, int16(max(-32768, min(32767, v*32768))))
	}
	return dst, nil
}

// Reset forgets the past, as after a jump in a file.
func (d *Decoder) Reset() {
	d.dec.Reset()
	d.last = DefaultFrame
}
