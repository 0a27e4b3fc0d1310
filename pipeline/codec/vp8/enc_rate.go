// Rate control: one pass, constant bitrate.

package vp8

import "math"

// A rate chooses quantizers so that frames fit a channel of constant bitrate.
// Its model of a frame is size = complexity / step^exponent, step being the
// quantizer of luma; the complexity is what the last frames of the kind had.
type rate struct {
	minQ, maxQ int
	perFrame   float64 // bits; 0 for constant quantizer
	perSecond  float64
	ahead      float64 // bits sent more than the channel took
	// complexity is that of key frames, and of inter frames by layer, 0 for
	// not known.
	complexity [1 + len(patterns)]float64
	lastQ      [1 + len(patterns)]int // likewise
	free       bool                   // lastQ is no guide

	// Of the current frame.
	kind        int // index into complexity
	share       float64
	span        int // frames from one of the kind to the next
	macroblocks int
	exponent    float64
	lastBits    float64 // of the attempt before at lastPower
	lastPower   float64
}

const (
	keyKind  = iota
	baseKind // and behind it the layers above
)

// mostWorse is by how much the quantizer index of a layer above the base may
// be greater. Bits that this costs more are then missing in the base.
const mostWorse = 20

// What the channel may be behind, in seconds: a picture is dropped from
// mostDebt on, and what is more than worstDebt is forgiven, so that pictures
// are dropped for half a second at most.
const (
	mostDebt  = .5
	worstDebt = 1
)

func (r *rate) init(c *Config) {
	*r = rate{minQ: c.MinQ, maxQ: c.MaxQ, free: true}
	r.setTarget(c)
}

// setTarget takes over bitrate and frame rate. What the channel has not taken
// yet stays, but what it did not use is worth nothing any more.
func (r *rate) setTarget(c *Config) {
	before := r.perFrame
	r.perSecond = float64(c.Bitrate)
	r.perFrame = r.perSecond / c.FrameRate
	r.ahead = min(max(r.ahead, 0), worstDebt*r.perSecond)
	r.free = r.free || math.Abs(r.perFrame-before) > before/4
}

// reset forgets what is known of the pictures.
func (r *rate) reset() {
	r.complexity = [1 + len(patterns)]float64{}
	r.free = true
}

// drop tells if the channel is so far behind that a picture has to be left
// out, and if so counts it.
func (r *rate) drop() bool {
	if r.perFrame == 0 || r.ahead < mostDebt*r.perSecond {
		return false
	}
	r.ahead -= r.perFrame
	return true
}

// begin begins a frame of so many macroblocks.
func (r *rate) begin(key bool, p *place, span, macroblocks int) {
	r.kind, r.share, r.span, r.macroblocks = baseKind+p.layer, p.share, span, macroblocks
	if key {
		r.kind = keyKind
	}
	r.exponent, r.lastBits = usualExponent, 0
}

// usualExponent is how sizes depend on quantizers as long as nothing else is known.
const usualExponent = 1.2

// power is step^usualExponent.
func power(q int) float64 { return powers[q] }

var powers = func() (t [128]float64) {
	for q := range t {
		t[q] = math.Pow(float64(acQuantizers[q]), usualExponent)
	}
	return t
}()

// What a key frame may have: this many frames, or this many seconds.
const (
	keyFrames  = 9
	keySeconds = .33
)

// target is how many bits the frame should have. What was sent too much or
// too little is made up for within a second.
func (r *rate) target() float64 {
	if r.kind == keyKind {
		return max(min(keyFrames*r.perFrame, keySeconds*r.perSecond)-max(r.ahead, 0), r.perFrame)
	}
	t := r.share * r.perFrame
	return max(t-r.ahead*t/r.perSecond, t/4)
}

// quantizer chooses the index for the frame.
func (r *rate) quantizer() int {
	if r.perFrame == 0 {
		return r.minQ
	}
	complexity, last, sudden := r.complexity[r.kind], r.lastQ[r.kind], r.free || r.kind == keyKind
	if complexity == 0 {
		last = r.lastQ[keyKind]
		if complexity = r.complexity[keyKind] / 6; r.kind == keyKind || complexity == 0 {
			complexity, sudden = 8000*float64(r.macroblocks), true // retry corrects it
		}
	}
	q := r.fit(complexity, r.target())
	if !sudden {
		q = min(max(q, last-(4+last/8)*r.span), last+10*r.span)
	}
	if r.kind > baseKind && r.lastQ[baseKind] != 0 { // not so much worse that pictures flicker
		q = min(q, r.lastQ[baseKind]+mostWorse)
	}
	return min(max(q, r.minQ), r.maxQ)
}

// fit is the best quantizer with which a frame has at most so many bits.
func (r *rate) fit(complexity, bits float64) int {
	q := r.minQ
	for q < r.maxQ && complexity > bits*power(q) {
		q++
	}
	return q
}

// mostAttempts is how often a frame is encoded at most, but for one that is made plainer.
const mostAttempts = 3

// burst is how many frames a single one may be worth that is no key frame, if
// the channel is not behind.
const burst = 3

// retry looks at the size of a frame, and returns another quantizer if it has
// to be encoded again. If most of the picture was new it counts as a key frame.
func (r *rate) retry(q, size int, cut bool, attempt int) int {
	if r.perFrame == 0 || attempt >= mostAttempts {
		return q
	}
	known := r.complexity[r.kind] != 0
	if cut {
		r.kind = keyKind
	}
	bits, target := float64(8*size), r.target()
	tooMuch := bits > 2*target && bits+r.ahead > burst*r.perFrame
	if r.kind == keyKind {
		tooMuch = bits > 1.4*target
	} else { // what is new need not look bad at first
		target = max(target, .7*burst*r.perFrame-r.ahead)
	}
	tooLittle := bits < .6*target && (!known && r.kind == keyKind || r.lastBits > bits)
	if !tooMuch && !tooLittle {
		return q
	}
	// From two attempts it can be seen how the size depends on the quantizer.
	if r.lastBits > 0 && power(q) != r.lastPower && bits != r.lastBits {
		r.exponent = usualExponent * math.Log(r.lastBits/bits) / math.Log(power(q)/r.lastPower)
		r.exponent = min(max(r.exponent, usualExponent/3), 2.5*usualExponent)
	}
	r.lastBits, r.lastPower = bits, power(q)
	return r.fit(power(q)*math.Pow(bits/target, usualExponent/r.exponent), 1)
}

// spent takes note of the frame.
func (r *rate) spent(q, size int) {
	bits := float64(8 * size)
	c := &r.complexity[r.kind]
	if now := bits * power(q); *c == 0 {
		*c = now
	} else {
		*c += (now - *c) / (1 + 3/float64(r.span))
	}
	// A channel that is idle does not save up for later more than a moment.
	r.ahead = min(max(r.ahead+bits-r.perFrame, -r.perSecond/8), worstDebt*r.perSecond)
	r.lastQ[r.kind] = q
	r.free = r.free && r.kind == keyKind
}
