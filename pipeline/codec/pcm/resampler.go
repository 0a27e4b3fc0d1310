package pcm

import (
	"fmt"
	"slices"
	"time"
)

// The rates that a Resampler takes, in Hz.
const (
	minRate = 7350 // the lowest of AAC
	maxRate = 192000
)

// maxChannels bounds the memory of a stream.
const maxChannels = 16

// block is how many frames are filtered at a time, which bounds the buffers.
const block = 480

// Resampler changes the sample rate of a stream by a polyphase filter: at least
// 80 dB between the signal and everything else, less than 0.1 dB of ripple up
// to 85 % of the band (90 % from 32 kHz on). The ratio is kept exactly: after n
// frames in all, ⌈n × to / from⌉ frames have come out, however n was cut.
type Resampler struct {
	from, channels int
	filter         *filter
	clock          clock
	buffers        [][]float32 // per channel: taps-1 old samples, then the block
}

// clock counts the frames that go out for those that come in, in steps of 1/up
// of an input frame.
type clock struct {
	up, down int
	next     int // when the next output frame is due, seen from the next input frame
}

// due tells how many output frames n input frames give.
func (c *clock) due(n int) int {
	return max(0, (n*c.up-c.next+c.down-1)/c.down)
}

// CanResample tells whether NewResampler takes these rates.
func CanResample(from, to int) bool {
	if min(from, to) < minRate || max(from, to) > maxRate {
		return false
	}
	_, _, ok := dimension(from, to)
	return ok || from == to
}

// NewResampler returns a resampler for a stream of so many channels. It fails
// for rates outside 7350 to 192000 Hz and for pairs with no small ratio.
func NewResampler(from, to, channels int) (*Resampler, error) {
	if min(from, to) < minRate || max(from, to) > maxRate {
		return nil, fmt.Errorf("no resampling from %d to %d Hz", from, to)
	}
	if channels < 1 || channels > maxChannels {
		return nil, fmt.Errorf("no resampling of %d channels", channels)
	}
	r := &Resampler{from: from, channels: channels}
	if from == to {
		r.filter = &filter{up: 1, down: 1}
	} else {
		f, err := filterFor(from, to)
		if err != nil {
			return nil, err
		}
		r.filter = f
		for range channels {
			r.buffers = append(r.buffers, make([]float32, f.taps-1+block))
		}
	}
	r.clock = clock{up: r.filter.up, down: r.filter.down}
	return r, nil
}

// Resample appends to dst what the frames of src give, and returns it. It does
// not allocate if dst has room for Outputs frames.
func (r *Resampler) Resample(dst, src []int16) []int16 {
	frames := len(src) / r.channels
	src = src[:frames*r.channels]
	if r.buffers == nil {
		return append(dst, src...)
	}
	dst = slices.Grow(dst, r.Outputs(frames)*r.channels)
	for len(src) > 0 {
		n := min(block*r.channels, len(src))
		dst = r.filterBlock(dst, src[:n])
		src = src[n:]
	}
	return dst
}

// Outputs tells how many frames the next Resample will append for so many.
func (r *Resampler) Outputs(frames int) int { return r.clock.due(frames) }

// Delay is how much later the sound comes out, a whole number of input frames.
// So many frames of silence at the end of a stream bring out its last ones.
func (r *Resampler) Delay() (frames int, d time.Duration) {
	frames = r.filter.taps / 2
	return frames, time.Duration(frames) * time.Second / time.Duration(r.from)
}

// Reset forgets the past, as after a jump in a file.
func (r *Resampler) Reset() {
	r.clock.next = 0
	for _, b := range r.buffers {
		clear(b)
	}
}

// filterBlock appends the output of one block; dst has room for it.
func (r *Resampler) filterBlock(dst, src []int16) []int16 {
	frames, taps := len(src)/r.channels, r.filter.taps
	outputs := r.clock.due(frames)
	start := len(dst)
	dst = dst[:start+outputs*r.channels]
	whole, part := r.clock.down/r.clock.up, r.clock.down%r.clock.up // from output to output, in input frames
	for c, buffer := range r.buffers {
		fresh := buffer[taps-1 : taps-1+frames]
		for i := range fresh {
			fresh[i] = float32(src[i*r.channels+c])
		}
		out := dst[start+c:]
		at, phase := r.clock.next/r.clock.up, r.clock.next%r.clock.up
		for i := range outputs {
			out[i*r.channels] = saturate(dot(buffer[at:at+taps], r.filter.phases[phase*taps:][:taps]))
			at += whole
			if phase += part; phase >= r.clock.up {
				at, phase = at+1, phase-r.clock.up
			}
		}
		copy(buffer, buffer[frames:frames+taps-1])
	}
	r.clock.next += outputs*r.clock.down - frames*r.clock.up
	return dst
}
