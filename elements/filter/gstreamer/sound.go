package gstreamer

import "math"

// round16 is the nearest sample, or the loudest.
func round16(v float32) int16 {
	switch {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v >= 0:
		return int16(v + 0.5)
	}
	return int16(v - 0.5)
}

// volume makes sound louder or quieter.
type volume struct {
	Volume float64 `gst:"volume,1,0,10"`
	Mute   bool    `gst:"mute,false"`
}

func (e *volume) sound(samples []int16) {
	switch {
	case e.Mute:
		clear(samples)
	case e.Volume != 1:
		gain := float32(e.Volume)
		for i, s := range samples {
			samples[i] = round16(float32(s) * gain)
		}
	}
}

// audioamplify amplifies, with a choice of what becomes of values that are too large.
type audioamplify struct {
	Amplification float32  `gst:"amplification,1"`
	Clipping      clipping `gst:"clipping-method,clip"`
}

type clipping int32

func (clipping) choices() []choice { return nicks("clip", "wrap-negative", "wrap-positive", "none") }

const (
	wrapNegative = 1 + iota
	wrapPositive
	noClipping
)

func (e *audioamplify) sound(samples []int16) {
	gain := float64(e.Amplification)
	for i, s := range samples {
		// Values beyond 64 bits are all the same; what is no number is silence.
		v := int64(min(max(float64(s)*gain, -1<<62), 1<<62))
		switch {
		case v >= math.MinInt16 && v <= math.MaxInt16 || e.Clipping == noClipping:
			samples[i] = int16(v)
		case e.Clipping == wrapNegative:
			samples[i] = int16(v) // two's complement comes back from the other side
		case e.Clipping == wrapPositive:
			samples[i] = folded(v)
		default:
			samples[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
		}
	}
}

// folded reflects a value at the largest and at the smallest.
func folded(v int64) int16 {
	const period = 2 * (math.MaxInt16 - math.MinInt16)
	v = (v - math.MinInt16) % period
	if v < 0 {
		v += period
	}
	return int16(min(v, period-v) + math.MinInt16)
}

// audiopanorama moves sound to the left or the right.
type audiopanorama struct {
	Panorama float32       `gst:"panorama,0,-1,1"`
	Method   panoramaModel `gst:"method,psychoacoustic"`
}

type panoramaModel int32

func (panoramaModel) choices() []choice { return nicks("psychoacoustic", "simple") }

func (e *audiopanorama) sound(samples []int16) {
	toRight, toLeft := max(e.Panorama, 0), max(-e.Panorama, 0)
	added := float32(1) // what leaves one side arrives at the other
	if e.Method == 1 {
		added = 0
	}
	for i := 0; i+1 < len(samples); i += 2 {
		left, right := float32(samples[i]), float32(samples[i+1])
		samples[i] = round16(left*(1-toRight) + right*toLeft*added)
		samples[i+1] = round16(right*(1-toLeft) + left*toRight*added)
	}
}
