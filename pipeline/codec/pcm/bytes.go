package pcm

import (
	"encoding/binary"
	"slices"
)

// AppendSamples appends what the data of a packet holds: 16 bits each, little endian.
func AppendSamples(dst []int16, data []byte) []int16 {
	for ; len(data) >= 2; data = data[2:] {
		dst = append(dst, int16(binary.LittleEndian.Uint16(data)))
	}
	return dst
}

// AppendData appends samples as the data of a packet.
func AppendData(dst []byte, samples []int16) []byte {
	for _, s := range samples {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(s))
	}
	return dst
}

// Double makes stereo of mono: each sample stands twice in what it returns, which may be the memory of samples.
func Double(samples []int16) []int16 {
	n := len(samples)
	samples = slices.Grow(samples, n)[:2*n]
	for i := n - 1; i >= 0; i-- {
		samples[2*i], samples[2*i+1] = samples[i], samples[i]
	}
	return samples
}
