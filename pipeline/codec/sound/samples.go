package sound

import "time"

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
