package pcm

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Layout is the set of loudspeakers that a frame has samples for, in the order of
// the bits: that of WAVE's dwChannelMask and of FFmpeg.
type Layout uint32

// The loudspeakers.
const (
	FrontLeft Layout = 1 << iota
	FrontRight
	FrontCenter
	LowFrequency
	BackLeft
	BackRight
	FrontLeftOfCenter
	FrontRightOfCenter
	BackCenter
	SideLeft
	SideRight
	speakers = 1<<iota - 1
)

// The layouts of one and two channels, which everything else is mapped to.
const (
	Mono   = FrontCenter
	Stereo = FrontLeft | FrontRight
)

// Channels is how many samples a frame has.
func (l Layout) Channels() int { return bits.OnesCount32(uint32(l)) }

// minus3dB is the level at which the centre and the surround channels go into a
// stereo sum (ITU-R BS.775 annex 4): the same power from two loudspeakers.
const minus3dB = math.Sqrt2 / 2

// toStereo tells how loud each loudspeaker is on the left and on the right. The
// low frequency channel is left out, as BS.775 has it.
var toStereo = map[Layout][2]float32{
	FrontLeft:          {1, 0},
	FrontRight:         {0, 1},
	FrontCenter:        {minus3dB, minus3dB},
	BackLeft:           {minus3dB, 0},
	BackRight:          {0, minus3dB},
	FrontLeftOfCenter:  {1, 0},
	FrontRightOfCenter: {0, 1},
	BackCenter:         {0.5, 0.5},
	SideLeft:           {minus3dB, 0},
	SideRight:          {0, minus3dB},
}

// Mapper turns frames of one layout into mono or stereo. A sum of several
// channels is turned down as much as it takes never to clip.
type Mapper struct {
	from, to int // channels
	// gains has, for each output channel, the gain of each input channel; nil
	// where there is nothing to do.
	gains [][]float32
}

// NewMapper returns a mapper to Mono, to Stereo or to the same layout.
func NewMapper(from, to Layout) (*Mapper, error) {
	if from == 0 || from&^speakers != 0 || from != to && to != Mono && to != Stereo {
		return nil, fmt.Errorf("no way from the channels %#x to %#x", uint32(from), uint32(to))
	}
	m := &Mapper{from: from.Channels(), to: to.Channels()}
	switch {
	case from == to:
	case from == Mono:
		m.gains = [][]float32{{1}, {1}}
	default:
		m.gains = downmix(from)
		if to == Mono {
			for i, right := range m.gains[1] {
				m.gains[0][i] = (m.gains[0][i] + right) / 2
			}
			m.gains = m.gains[:1]
		}
	}
	return m, nil
}

// downmix returns the gains from a layout to stereo.
func downmix(from Layout) [][]float32 {
	gains := make([][]float32, 2)
	loudest := float32(1)
	for side := range gains {
		var sum float32
		for speaker := Layout(1); speaker <= from; speaker <<= 1 {
			if from&speaker != 0 {
				gains[side] = append(gains[side], toStereo[speaker][side])
				sum += toStereo[speaker][side]
			}
		}
		loudest = max(loudest, sum)
	}
	for _, row := range gains {
		for i := range row {
			row[i] /= loudest
		}
	}
	return gains
}

// Map appends to dst what the frames of src become, and returns it. It does not
// allocate if dst has room.
func (m *Mapper) Map(dst, src []int16) []int16 {
	frames := len(src) / m.from
	src = src[:frames*m.from]
	if m.gains == nil {
		return append(dst, src...)
	}
	start := len(dst)
	dst = slices.Grow(dst, frames*m.to)[:start+frames*m.to]
	out := dst[start:]
	if m.from == 1 {
		for i, s := range src {
			out[2*i], out[2*i+1] = s, s
		}
		return dst
	}
	for i := range frames {
		frame := src[i*m.from:][:m.from]
		for c, row := range m.gains {
			var sum float32
			for j, gain := range row[:len(frame)] {
				sum += gain * float32(frame[j])
			}
			out[i*m.to+c] = saturate(sum)
		}
	}
	return dst
}
