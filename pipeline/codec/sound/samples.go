package sound

import (
	"encoding/binary"
	"time"
)

// appendSamples appends what the data of a packet holds.
func appendSamples(dst []int16, data []byte) []int16 {
	for ; len(data) >= 2; data = data[2:] {
		dst = append(dst, int16(binary.LittleEndian.Uint16(data)))
	}
	return dst
}

// appendData appends samples as the data of a packet.
func appendData(dst []byte, samples []int16) []byte {
	for _, s := range samples {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(s))
	}
	return dst
}

// appendSilence appends n samples of 0.
func appendSilence(dst []int16, n int) []int16 {
	for range n {
		dst = append(dst, 0)
	}
	return dst
}

// duration is that of samples of each channel.
func duration(samples int, rate uint32) time.Duration {
	return time.Duration(samples) * time.Second / time.Duration(rate)
}

// lasting is how many samples of each channel last so long.
func lasting(d time.Duration, rate uint32) int {
	return int((d*time.Duration(rate) + time.Second/2) / time.Second)
}
