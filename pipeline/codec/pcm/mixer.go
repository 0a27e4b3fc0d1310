package pcm

import "slices"

// MaxGain bounds an input's gain: with it 4096 inputs fit into an int32.
const MaxGain = 16

// Mixer adds streams of one rate and layout up, a piece of fixed length at a
// time. What all inputs wrote is summed once, and who is to hear all but himself
// gets the sum without his own part, so N listeners cost N, not N².
//
// The owner calls Next, then Write of each input that has something, then All
// and Without as often as he likes.
type Mixer struct {
	sum    []int32
	inputs []*MixerInput
}

// MixerInput is one stream of a Mixer.
type MixerInput struct {
	mixer *Mixer
	own   []int32 // its part of the sum
	wrote bool    // own is not all zero
	gain  float32
	was   float32 // the gain at the end of the last piece
}

// NewMixer returns a mixer for pieces of so many samples (all channels counted).
func NewMixer(samples int) *Mixer { return &Mixer{sum: make([]int32, samples)} }

// Add returns a new input with gain 1, which is silent until it writes.
func (m *Mixer) Add() *MixerInput {
	in := &MixerInput{mixer: m, own: make([]int32, len(m.sum)), gain: 1, was: 1}
	m.inputs = append(m.inputs, in)
	return in
}

// Remove takes an input away, with what it has written to this piece.
func (m *Mixer) Remove(in *MixerInput) {
	if i := slices.Index(m.inputs, in); i >= 0 {
		m.inputs = slices.Delete(m.inputs, i, i+1)
		in.clear()
		in.mixer = nil
	}
}

// Next begins a new piece: nobody has written yet.
func (m *Mixer) Next() {
	clear(m.sum)
	for _, in := range m.inputs {
		if in.wrote {
			clear(in.own)
			in.wrote = false
		}
	}
}

// All writes the sum of all inputs to dst, saturated.
func (m *Mixer) All(dst []int16) {
	for i, v := range m.sum[:min(len(m.sum), len(dst))] {
		dst[i] = saturate32(v)
	}
}

// Without writes the sum of all inputs but one to dst, saturated. An input that
// was removed has no part in the sum.
func (m *Mixer) Without(dst []int16, in *MixerInput) {
	if in.mixer != m || !in.wrote {
		m.All(dst)
		return
	}
	for i, v := range m.sum[:min(len(m.sum), len(dst))] {
		dst[i] = saturate32(v - in.own[i])
	}
}

// SetGain sets how loud the input is from its next piece on, in times its own
// level between 0 and MaxGain; it is reached at the end of that piece, so that
// nothing clicks.
func (in *MixerInput) SetGain(gain float32) {
	if !(gain >= 0) { // not a number, too
		gain = 0
	}
	in.gain = min(gain, MaxGain)
}

// Write gives the input's samples for this piece; what is missing is silence. A
// second Write replaces the first.
func (in *MixerInput) Write(samples []int16) {
	if in.mixer == nil {
		return
	}
	in.clear()
	n := min(len(samples), len(in.own))
	samples, own := samples[:n], in.own[:n]
	switch {
	case in.was == 1 && in.gain == 1:
		for i, s := range samples {
			own[i] = int32(s)
		}
	case in.was == in.gain:
		for i, s := range samples {
			own[i] = int32(in.gain * float32(s))
		}
	default:
		step := (in.gain - in.was) / float32(len(in.own))
		for i, s := range samples {
			own[i] = int32((in.was + step*float32(i+1)) * float32(s))
		}
		in.was = in.gain
	}
	sum := in.mixer.sum[:n]
	for i, v := range own {
		sum[i] += v
	}
	in.wrote = true
}

// clear takes the input's part out of the sum.
func (in *MixerInput) clear() {
	if !in.wrote {
		return
	}
	for i, v := range in.own {
		in.mixer.sum[i] -= v
	}
	clear(in.own)
	in.wrote = false
}

func saturate32(v int32) int16 { return int16(max(-32768, min(32767, v))) }
