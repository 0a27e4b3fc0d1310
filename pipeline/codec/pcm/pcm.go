// Package pcm works on decoded audio: it changes the sample rate (Resampler) and
// the channels (Mapper), adds streams up (Mixer) and bridges gaps (Concealer).
//
// Audio is []int16 everywhere: signed samples of full scale, the channels of a
// moment interleaved in the order of their Layout. A frame is one sample of
// each channel; slices hold whole frames. 16 bits are what the codecs give and
// take and leave 98 dB; where several samples are added the sum is a float32 or
// an int32 and becomes an int16 once, rounded and saturated.
//
// Nothing here may be used by two goroutines at once, and nothing allocates
// after its construction if the caller's slices are large enough.
package pcm

// saturate rounds a sum to the nearest sample.
func saturate(v float32) int16 {
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v >= 0:
		return int16(v + 0.5)
	case v < 0:
		return int16(v - 0.5)
	}
	return 0 // not a number
}
