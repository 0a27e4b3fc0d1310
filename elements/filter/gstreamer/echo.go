package gstreamer

import "github.com/rivero-media/rivero/elements/filter"

// audioecho adds what was heard before. max-delay is the memory that GStreamer takes; here it is as large as delay needs.
type audioecho struct {
	Delay     uint64  `gst:"delay,1,1,30e9"` // ns; more than half a minute is nothing for live sound
	MaxDelay  uint64  `gst:"max-delay,1"`    // ns
	Intensity float32 `gst:"intensity,0,0,1"`
	Feedback  float32 `gst:"feedback,0,0,1"`
	// SurroundDelay: there is no echo, but channels beyond stereo are delayed, which do not come here.
	SurroundDelay bool `gst:"surround-delay,false"`

	past []float32 // a ring, left and right in turn
	at   int
}

func (e *audioecho) update(property string) {
	if property == "delay" || property == "" {
		frames := max(int(e.Delay*filter.SampleRate/1e9), 1)
		e.past, e.at = make([]float32, 2*frames), 0
	}
}

func (e *audioecho) sound(samples []int16) {
	if e.SurroundDelay {
		return
	}
	for i, s := range samples {
		echo := e.past[e.at]
		e.past[e.at] = float32(s) + e.Feedback*echo
		if e.at++; e.at == len(e.past) {
			e.at = 0
		}
		samples[i] = round16(float32(s) + e.Intensity*echo)
	}
}
