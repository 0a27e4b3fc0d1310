// Rate control: one pass, constant bitrate.

package vp8

import "math"

// A rate chooses quantizers so that frames fit a channel of constant bitrate.
// Its model of a frame is size = complexity / step^1.2, step being the
// quantizer of luma; the complexity is what the last frames of the kind had.
type rate struct {
	minQ, maxQ int
	perFrame   float64 // bits; 0 for constant quantizer
	perSecond  float64
	ahead      float64    // bits sent more than the channel took
	complexity [2]float64 // of inter frames and of key frames, 0 for not known
	lastQ      int
}

func (r *rate) init(c *Config) {
	*r = rate{minQ: c.MinQ, maxQ: c.MaxQ, lastQ: c.MaxQ}
	r.setTarget(c)
}

func (r *rate) setTarget(c *Config) {
	r.perSecond = float64(c.Bitrate)
	r.perFrame = r.perSecond / c.FrameRate
}

// reset forgets what is known of the pictures.
func (r *rate) reset() { r.complexity = [2]float64{} }

// drop tells if the channel is so far behind that a picture has to be left
// out, and if so counts it.
func (r *rate) drop() bool {
	if r.perFrame == 0 || r.ahead < r.perSecond/2 {
		return false
	}
	r.ahead -= r.perFrame
	return true
}

// exponent of the model.
const exponent = 1.2

func power(q int) float64 { return math.Pow(float64(acQuantizers[q]), exponent) }

// target is how many bits the next frame should have. What was sent too much
// or too little is made up for in half a second.
func (r *rate) target(key bool) float64 {
	t := r.perFrame - r.ahead*2*r.perFrame/r.perSecond
	if key { // worth several frames, but not more than a third of a second
		t = max(t, min(6*r.perFrame, r.perSecond/3-r.ahead))
	}
	return max(t, r.perFrame/4)
}

// quantizer chooses the index for the next frame, of so many macroblocks.
func (r *rate) quantizer(key bool, macroblocks int) int {
	if r.perFrame == 0 {
		return r.minQ
	}
	complexity := r.complexity[choose(key)]
	if complexity == 0 {
		complexity = float64(macroblocks) * 256 * 8 // a guess that retry corrects
	}
	q := r.fit(complexity, r.target(key))
	if !key && r.complexity[0] != 0 {
		q = min(max(q, r.lastQ-8), r.lastQ+12)
	}
	return min(max(q, r.minQ), r.maxQ)
}

// fit is the best quantizer with which a frame has at most so many bits.
func (r *rate) fit(complexity, bits float64) int {
	q := r.minQ
	for q < r.maxQ && complexity/power(q) > bits {
		q++
	}
	return q
}

// retry looks at the size of a frame, and returns another quantizer if it has
// to be encoded again.
func (r *rate) retry(key bool, q, size int) int {
	if r.perFrame == 0 {
		return q
	}
	bits, target := float64(8*size), r.target(key)
	known := r.complexity[choose(key)] != 0
	if bits > 2.5*target && bits > 2*r.perFrame || !known && key && bits < target/2 {
		return r.fit(bits*power(q), target)
	}
	return q
}

// spent takes note of a frame.
func (r *rate) spent(key bool, q, size int) {
	bits := float64(8 * size)
	c := &r.complexity[choose(key)]
	if now := bits * power(q); *c == 0 {
		*c = now
	} else {
		*c += (now - *c) / 3
	}
	// A channel that is idle does not save up for later more than a moment.
	r.ahead = max(r.ahead+bits-r.perFrame, -r.perSecond/4)
	r.lastQ = q
}
