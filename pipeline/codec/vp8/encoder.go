// The encoder: its configuration, and the way of a picture through it.

package vp8

import (
	"errors"
	"time"
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
	// Width and Height are what buffers are made for, as large as 8K at most.
	// A picture of another size changes them and becomes a key frame.
	Width, Height int
	FrameRate     float64 // pictures per second, 30 if 0
	// Bitrate is in bits per second. If 0, every frame has quantizer MinQ.
	Bitrate int
	// MinQ and MaxQ bound the quantizer index, 0 (best) to 127. MaxQ 0 is 127.
	MinQ, MaxQ int
	// KeyInterval is the most frames from key frame to key frame, 0 for none
	// but the first and those that are forced.
	KeyInterval int
	// Speed is 0 (best pictures) to MaxSpeed, or SpeedAuto.
	Speed int
	// Clock is what SpeedAuto measures time by. If nil it is the system's.
	Clock func() time.Duration
	// Resilient makes frames keep no probabilities for later ones, so that a
	// lost frame spoils pixels only.
	Resilient bool
	// Layers is how many temporal layers there are, 1 (or 0) to 3. Two layers
	// alternate; of three the base has every fourth picture, and the one above
	// it every fourth too. Encoder.Layer tells the layer of a frame.
	Layers int
	// Partitions is into how many parts the coefficients of a frame go: 1 (or
	// 0), 2, 4 or 8. Decoders can work on them in parallel, and so can the
	// Threads of the encoder.
	Partitions int
	// Threads is how many goroutines work on a frame, the one that calls
	// Encode included; 0 is one. The frames are the same for any number.
	Threads int
}

// normalize puts defaults in place of zeros, and tells if all is in range.
func (c *Config) normalize() bool {
	if c.FrameRate == 0 {
		c.FrameRate = 30
	}
	if c.MaxQ == 0 {
		c.MaxQ = 127
	}
	if c.Clock == nil {
		start := time.Now()
		c.Clock = func() time.Duration { return time.Since(start) }
	}
	c.Layers, c.Partitions, c.Threads = max(c.Layers, 1), max(c.Partitions, 1), max(c.Threads, 1)
	return validSize(c.Width, c.Height) && validFrameRate(c.FrameRate) && c.Bitrate >= 0 && validQuantizers(c.MinQ, c.MaxQ) &&
		c.KeyInterval >= 0 && c.Speed >= SpeedAuto && c.Speed <= MaxSpeed && c.Layers <= len(patterns) &&
		c.Partitions <= maxPartitions && c.Partitions&(c.Partitions-1) == 0 && c.Threads <= maxThreads
}

const (
	maxPartitions  = 8       // RFC 6386 §9.5
	maxThreads     = 256     // more than the rows of most pictures
	maxMacroblocks = 1 << 17 // 8K; those of more may not fit in a first partition
)

func validFrameRate(r float64) bool { return r > 0 && r <= 1000 }

func validQuantizers(least, most int) bool { return least >= 0 && least <= most && most <= 127 }

func validSize(width, height int) bool {
	return width > 0 && height > 0 && width <= maxSide && height <= maxSide &&
		((width+15)/16)*((height+15)/16) <= maxMacroblocks
}

// Encoder encodes one stream, made by NewEncoder. It may be used by one
// goroutine at a time. Whoever made it closes it.
type Encoder struct {
	config Config
	// d is the decoder of a receiver that got everything: what it knows from
	// earlier frames.
	d        Decoder
	rate     rate
	pace     pace
	layers   layers
	crew     crew
	src      *picture // the picture to encode, in whole macroblocks
	trial    *picture // for the loop filter
	sinceKey int      // frames
	// filterLevel is that of the last frame.
	filterLevel int

	frameCosts
	// From here on: scratch of one frame.
	header    frameHeader
	picture   *picture // the new one
	wave      wavefront
	rows      []rowTrace
	counts    frameCounts
	parts     []part
	mostFirst int  // bytes that the first partition may have
	plain     bool // it had more
	nextPart  partNumber
	// Probabilities by slot of the traces.
	modeTable  [modeSlots + 256]uint8
	tokenTable [tokenSlots + 256]uint8
}

// NewEncoder returns an encoder, or ErrConfig.
func NewEncoder(c Config) (*Encoder, error) {
	if !c.normalize() {
		return nil, ErrConfig
	}
	e := &Encoder{config: c, parts: make([]part, 1+c.Partitions), mostFirst: maxFirstPartition}
	e.rate.init(&e.config)
	e.pace.init(&e.config)
	e.layers.pattern = patterns[c.Layers-1]
	e.initTables()
	e.resize(c.Width, c.Height)
	e.crew.start(e, c.Threads)
	return e, nil
}

// Close ends the goroutines of the encoder. It may be called twice.
func (e *Encoder) Close() { e.crew.end() }

// resize makes buffers for pictures of another size.
func (e *Encoder) resize(width, height int) {
	e.d.header.width, e.d.header.height = width, height
	e.d.resize(&e.d.header)
	e.d.shown = nil
	e.src = newPicture(e.d.cols, e.d.rows)
	e.trial = newPicture(e.d.cols, e.d.rows)
	e.rows = make([]rowTrace, e.d.rows)
	for i := range e.rows {
		e.rows[i].filters = make([]filterKind, e.d.cols)
	}
	e.wave.init(e.d.cols, e.d.rows, e.config.Threads)
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
		e.pace.setTarget(&e.config)
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
// to dst, which it returns. If the bitrate does not allow for the picture, or
// with SpeedAuto the time, nothing is appended. Of src only planes, strides
// and size count. A key frame is made if force is set or for any other reason
// there is; key tells. ErrPicture, the only error, leaves the stream as it was.
func (e *Encoder) Encode(dst []byte, src *Frame, force bool) (frame []byte, key bool, err error) {
	if !validPlanes(src) {
		return dst, false, ErrPicture
	}
	if src.Width != e.d.header.width || src.Height != e.d.header.height {
		e.resize(src.Width, src.Height)
		e.rate.reset()
	}
	if force {
		e.ForceKeyFrame()
	}
	if e.rate.drop() || e.pace.drop() {
		return dst, false, nil
	}
	e.pace.begin()
	e.src.load(src, e.d.cols, e.d.rows)
	key = e.d.NeedsKeyFrame() || e.config.KeyInterval > 0 && e.sinceKey >= e.config.KeyInterval
	dst = e.encodeToFit(dst, key)
	e.pace.end()
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
