// Which references a frame uses and which it replaces: temporal layers, and
// the picture that is kept for longer (RFC 6386 §9.7).

package vp8

// Layer tells where a frame stands among the temporal layers, in the terms
// of RFC 7741 §4.2. A receiver may leave out all frames of a layer and those
// above it, and decodes the others to the same pictures.
type Layer struct {
	// ID is the layer, TID: 0 is the base, which needs no other.
	ID int
	// Sync is the bit Y: a frame above the base that needs nothing but frames
	// of the base, so that a receiver may begin to take its layer here.
	Sync bool
	// TL0 is TL0PICIDX, the number modulo 256 of the last frame in the base,
	// of this one if it is there itself.
	TL0 uint8
}

// A place is one of the frames in the pattern that layers repeat.
type place struct {
	layer int
	sync  bool
	uses  [references]bool
	// replaces is the reference that the frame becomes, refIntra for none.
	replaces uint8
	share    float64 // of the bitrate, of which 1 is the mean
}

// patterns are those for one, two and three layers. Shares add up to what is
// usual in WebRTC: the base has 60 % of two layers, and 40 % of three, the
// lower two together 60 %.
var patterns = [3][]place{
	{
		{uses: [references]bool{refLast: true, refGolden: true, refAltRef: true}, replaces: refLast, share: 1},
	},
	{
		{uses: [references]bool{refLast: true, refGolden: true, refAltRef: true}, replaces: refLast, share: 1.2},
		{layer: 1, sync: true, uses: [references]bool{refLast: true, refGolden: true}, share: .8},
	},
	{
		{uses: [references]bool{refLast: true, refAltRef: true}, replaces: refLast, share: 1.6},
		{layer: 2, sync: true, uses: [references]bool{refLast: true, refAltRef: true}, share: .8},
		{layer: 1, sync: true, uses: [references]bool{refLast: true, refAltRef: true}, replaces: refGolden, share: .8},
		{layer: 2, uses: [references]bool{refLast: true, refGolden: true}, share: .8},
	},
}

// layers walks through a pattern, and tells when a picture is to be kept.
type layers struct {
	pattern   []place
	at        int // of the next frame
	tl0       uint8
	untilKept int // frames of the base
	last      Layer
}

// keepInterval is how many frames of the base there are from one that is kept
// as long-term reference to the next. What comes into view again after longer
// is rare, and what has changed since is of no use.
const keepInterval = 30

// place is where the next frame stands.
func (l *layers) place(key bool) *place {
	if key {
		return &l.pattern[0]
	}
	return &l.pattern[l.at]
}

// describe fills in what the header says of references. With three layers
// golden belongs to layer 1, and altref is the long-term reference; otherwise
// golden is, and altref is the golden before.
func (l *layers) describe(h *frameHeader) {
	p := l.place(h.key)
	keep := h.key || p.layer == 0 && l.untilKept == 0
	h.refreshLast = p.replaces == refLast
	switch len(l.pattern) {
	case len(patterns[2]):
		h.refreshGolden = h.key || p.replaces == refGolden
		h.refreshAltRef = keep
	default:
		h.refreshGolden = keep
		h.refreshAltRef = h.key
		if keep && !h.key {
			h.copyToAltRef = 2
		}
	}
}

// commit takes note of a frame that was made.
func (l *layers) commit(h *frameHeader) {
	p := l.place(h.key)
	if h.key {
		l.at = 0
	}
	if p.layer == 0 {
		l.tl0++
		if l.untilKept--; h.key || l.untilKept < 0 {
			l.untilKept = keepInterval - 1
		}
	}
	l.last = Layer{ID: p.layer, Sync: p.sync, TL0: l.tl0}
	l.at = (l.at + 1) % len(l.pattern)
}
