// The encoder: its configuration, and the way of a picture through it.

package vp8

import (
	"errors"

	"github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"
)

// Errors of NewEncoder and Encode.
var (
	ErrConfig  = errors.New("vp8: encoder configuration is out of range")
	ErrPicture = errors.New("vp8: picture has no valid size or too small planes")
)

// maxSide is the largest width and height that a header can tell.
const maxSide = 1<<14 - 1

// Config is what an encoder is made with.
type Config struct {
	// Width and Height are what buffers are made for. A picture of another
	// size changes them and becomes a key frame.
	Width, Height int
	FrameRate     float64 // pictures per second, 30 if 0
	// Bitrate is in bits per second. If 0, every frame has quantizer MinQ.
	Bitrate int
	// MinQ and MaxQ bound the quantizer index, 0 (best) to 127. MaxQ 0 is 127.
	MinQ, MaxQ int
	// KeyInterval is the most frames from key frame to key frame, 0 for none
	// but the first and those that are forced.
	KeyInterval int
	// Speed is 0 (best pictures) to 2 (fastest).
	Speed int
	// Resilient makes frames keep no probabilities for later ones, so that a
	// lost frame spoils pixels only.
	Resilient bool
	// Layers is how many temporal layers there are, 1 (or 0) to 3. Two layers
	// alternate; of three the base has every fourth picture, and the one above
	// it every fourth too. Encoder.Layer tells the layer of a frame.
	Layers int
	// Partitions is into how many parts the coefficients of a frame go: 1 (or
	// 0), 2, 4 or 8. Decoders can work on them in parallel.
	Partitions int
	// Threads is how many goroutines may work on a frame, the one that calls
	// Encode included. The frames are the same for any number.
	Threads int
}

// speed is what Config.Speed stands for.
type speed struct {
	step     int16 // first diamond, in pixels
	walk     int   // most steps of one size
	fraction int16 // finest step, in quarters of a pixel
	square   bool  // diagonal steps of fractions
}

var speeds = [3]speed{
	{step: 16, walk: 16, fraction: 1, square: true},
	{step: 8, walk: 8, fraction: 1},
	{step: 4, walk: 8, fraction: 2},
}

// Encoder encodes one stream, made by NewEncoder. It may be used by one
// goroutine at a time. Whoever made it closes it.
type Encoder struct {
	config Config
	speed  speed
	// d is the decoder of a receiver that got everything: what it knows from
	// earlier frames, and its scratch for the macroblock being encoded.
	d        Decoder
	rate     rate
	layers   layers
	src      *picture // the picture to encode, in whole macroblocks
	sinceKey int      // frames

	// From here on: scratch of one frame.
	modes, tokens trace
	rowTokens     [][]uint16 // parts of tokens
	modeTable     [modeSlots + 256]uint8
	tokenTable    [tokenSlots + 256]uint8
	quantizers    [2]quantizers // intra, inter
	lambda        int           // see price
	stillCost     int           // below which no vector is searched for
	intraBits     intraBits
	vectorCosts   [2]vectorCosts
	levels        [25][16]int16 // in zigzag order
	scratch       [16*16 + dsp.Slack]byte
}

// NewEncoder returns an encoder, or ErrConfig.
func NewEncoder(c Config) (*Encoder, error) {
	if c.FrameRate == 0 {
		c.FrameRate = 30
	}
	if c.MaxQ == 0 {
		c.MaxQ = 127
	}
	c.Layers, c.Partitions, c.Threads = max(c.Layers, 1), max(c.Partitions, 1), max(c.Threads, 1)
	if !validSize(c.Width, c.Height) || !validFrameRate(c.FrameRate) || c.Bitrate < 0 || !validQuantizers(c.MinQ, c.MaxQ) ||
		c.KeyInterval < 0 || c.Speed < 0 || c.Speed >= len(speeds) || c.Layers > len(patterns) ||
		c.Partitions > maxPartitions || c.Partitions&(c.Partitions-1) != 0 {
		return nil, ErrConfig
	}
	e := &Encoder{config: c, speed: speeds[c.Speed], modes: newTrace(modeSlots), tokens: newTrace(tokenSlots)}
	for i := range 256 {
		e.modeTable[modeSlots+i], e.tokenTable[tokenSlots+i] = uint8(i), uint8(i)
	}
	e.rate.init(&e.config)
	e.layers.pattern = patterns[c.Layers-1]
	e.resize(c.Width, c.Height)
	return e, nil
}

// Close ends the goroutines of the encoder, which must not be used again.
func (e *Encoder) Close() {}

// maxPartitions is how many partitions of tokens a frame can have (RFC 6386 §9.5).
const maxPartitions = 8

func validFrameRate(r float64) bool { return r > 0 && r <= 1000 }

func validQuantizers(least, most int) bool { return least >= 0 && least <= most && most <= 127 }

func validSize(width, height int) bool {
	return width > 0 && height > 0 && width <= maxSide && height <= maxSide
}

// resize makes buffers for pictures of another size.
func (e *Encoder) resize(width, height int) {
	e.d.header.width, e.d.header.height = width, height
	e.d.resize(&e.d.header)
	e.d.shown = nil
	e.src = newPicture(e.d.cols, e.d.rows)
	e.rowTokens = make([][]uint16, e.d.rows)
}

// SetBitrate changes the target from the next frame on. It has no effect on
// an encoder of constant quantizer. Values below 1 are ignored.
func (e *Encoder) SetBitrate(bitsPerSecond int) {
	if e.config.Bitrate > 0 && bitsPerSecond > 0 {
		e.config.Bitrate = bitsPerSecond
		e.rate.setTarget(&e.config)
	}
}

// SetFrameRate tells that from the next frame on there will be so many
// pictures per second. Values out of range are ignored.
func (e *Encoder) SetFrameRate(picturesPerSecond float64) {
	if validFrameRate(picturesPerSecond) {
		e.config.FrameRate = picturesPerSecond
		e.rate.setTarget(&e.config)
	}
}

// SetQuantizers changes MinQ and MaxQ from the next frame on. Values out of
// range are ignored.
func (e *Encoder) SetQuantizers(minQ, maxQ int) {
	if validQuantizers(minQ, maxQ) {
		e.config.MinQ, e.config.MaxQ = minQ, maxQ
		e.rate.minQ, e.rate.maxQ = minQ, maxQ
	}
}

// Layer tells the temporal layer of the frame that Encode returned last,
// pictures that it dropped not counted.
func (e *Encoder) Layer() Layer { return e.layers.last }

// ForceKeyFrame makes the next frame that is not dropped a key frame.
func (e *Encoder) ForceKeyFrame() { e.d.needsKey = true }

// Reconstructed is what a decoder makes of the last frame, nil before the
// first. It belongs to the encoder, and is valid until the next Encode.
func (e *Encoder) Reconstructed() *Frame { return e.d.Last() }

// Encode encodes one picture of which it keeps nothing, and appends the frame
// to dst, which it returns. If the bitrate does not allow for the picture
// nothing is appended. Of src only planes, strides and size count. A key frame
// is made if force is set or for any other reason there is; key tells.
// ErrPicture, the only error, leaves the stream as it was.
func (e *Encoder) Encode(dst []byte, src *Frame, force bool) (frame []byte, key bool, err error) {
	if !validPlanes(src) {
		return dst, false, ErrPicture
	}
	d := &e.d
	if src.Width != d.header.width || src.Height != d.header.height {
		e.resize(src.Width, src.Height)
		e.rate.reset()
	}
	if force {
		e.ForceKeyFrame()
	}
	if e.rate.drop() {
		return dst, false, nil
	}
	key = d.NeedsKeyFrame() || e.config.KeyInterval > 0 && e.sinceKey >= e.config.KeyInterval
	e.src.load(src, d.cols, d.rows)
	start := len(dst)
	q := e.rate.quantizer(key, d.cols*d.rows)
	dst = e.encode(dst, key, q)
	if other := e.rate.retry(key, q, len(dst)-start); other != q {
		e.undo()
		q = other
		dst = e.encode(dst[:start], key, q)
	}
	e.commit()
	e.rate.spent(key, q, len(dst)-start)
	return dst, key, nil
}

func validPlanes(f *Frame) bool {
	if f == nil || !validSize(f.Width, f.Height) {
		return false
	}
	w, h := f.ChromaSize()
	chroma := (h-1)*f.UVStride + w
	return f.YStride >= f.Width && f.UVStride >= w &&
		len(f.Y) >= (f.Height-1)*f.YStride+f.Width && len(f.U) >= chroma && len(f.V) >= chroma
}

// encode makes a frame with quantizer index q, behind dst. The references stay.
func (e *Encoder) encode(dst []byte, key bool, q int) []byte {
	d := &e.d
	h := frameHeader{
		key: key, show: true, width: d.header.width, height: d.header.height,
		filterLevel: filterLevelOf(q), partitions: e.config.Partitions, quant: quantIndices{yAC: q},
		// Frames that may be left out leave no probabilities behind.
		refreshEntropy: !e.config.Resilient && e.layers.place(key).layer == 0, skipEnabled: true,
	}
	e.layers.describe(&h)
	d.savedProbs = d.probs
	if key {
		d.resetPersistent()
		if e.config.Resilient {
			d.savedProbs = d.probs
		}
	}
	d.shown = e.encodeRows(&h)
	dst = e.appendFrame(dst, &h)
	d.header = h
	return dst
}

// undo makes up for an encode that will not be used.
func (e *Encoder) undo() { e.d.probs = e.d.savedProbs }

// commit does what a decoder does once it has decoded a frame.
func (e *Encoder) commit() {
	d := &e.d
	d.updateReferences(&d.header, d.shown)
	if !d.header.refreshEntropy {
		d.probs = d.savedProbs
	}
	e.layers.commit(&d.header)
	d.shown.show(&d.header)
	e.sinceKey++
	if d.header.key {
		d.needsKey = false
		e.sinceKey = 1
	}
}

// filterLevelOf is the level of the loop filter that suits a quantizer.
func filterLevelOf(q int) int { return min(q*3/8, maxLevel) }

// encodeRows traces all macroblocks and returns the new picture.
func (e *Encoder) encodeRows(h *frameHeader) *picture {
	d := &e.d
	p := d.pool.get(d.cols, d.rows, &d.refs, nil)
	d.prepareFrame(h)
	e.prepareCosts(h)
	for row := range d.rows {
		d.contexts.beginRow()
		d.nonZeroLeft = nonZero{}
		start := len(e.tokens.bools)
		for col := range d.cols {
			e.encodeMacroblock(h, p, col, row)
		}
		e.rowTokens[row] = e.tokens.bools[start:]
		if h.filterLevel != 0 && row > 0 {
			d.filterRow(h, p, row-1)
		}
	}
	if h.filterLevel != 0 {
		d.filterRow(h, p, d.rows-1)
	}
	return p
}

// prepareCosts sets up what depends on quantizer and probabilities.
func (e *Encoder) prepareCosts(h *frameHeader) {
	e.modes.begin()
	e.tokens.begin()
	f := &e.d.factors[0]
	e.quantizers = [2]quantizers{newQuantizers(f, intraRound), newQuantizers(f, interRound)}
	e.lambda, e.stillCost = 3*int(f.y[1]), 16*int(f.y[1])
	e.prepareIntra(h)
	for i := range e.vectorCosts {
		e.vectorCosts[i].prepare(&e.d.probs.mv[i])
	}
}

// How far below a whole step a coefficient is rounded up to it, in 1/256.
const (
	intraRound = 96
	interRound = 50
)

// encodeMacroblock decides on a macroblock, traces it, and reconstructs it.
func (e *Encoder) encodeMacroblock(h *frameHeader, p *picture, col, row int) {
	d := &e.d
	m := &d.mb
	var c proposal
	mode, mv, cost := uint8(0), motionVector{}, maxCost
	if !h.key {
		c = e.propose(col, row)
		mode, mv, cost = e.chooseInter(p, &c, col, row)
	}
	intra := false
	if cost > e.stillCost {
		intraMode, intraCost := e.chooseLuma(p, col, row)
		if intra = intraCost < cost; intra {
			mode = intraMode
		}
	}
	if intra {
		e.predictIntra(p, col, row, mode)
	} else {
		m.neighbour = neighbour{mv: mv, ref: refLast, yMode: mode}
		d.predictInter(h, p, col, row)
	}
	coded := e.transform(p, col, row)
	m.skip = !coded
	e.traceModes(h, &c, col)
	if coded {
		e.traceResidual(&d.nonZeroAbove[col], &d.nonZeroLeft)
		e.addResidual(p, col, row)
	} else {
		d.skipResidual(&d.nonZeroAbove[col], &d.nonZeroLeft)
	}
	d.filters[row&1][col] = d.filterOf(0, coded)
}
