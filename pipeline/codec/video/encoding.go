package video

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/vp8"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// picturesWaiting bounds the delay by an encoder that is too slow; more are dropped.
	picturesWaiting = 3
	// bytesWaiting hold as many of the largest pictures.
	bytesWaiting = picturesWaiting * 4096 * 2304 * 3 / 2
	// bestQuantizer is the lowest index that is used: below it bits buy what nobody sees.
	bestQuantizer = 8
	// keyInterval, in frames, is how far a player has to go back at most that seeks in what was recorded.
	keyInterval = 300
	// lowestBitrate in bit/s: what a limit that is lower is taken for.
	lowestBitrate = 20_000
)

// manyPixels are those of 720p: from there on one thread may not be enough.
const manyPixels = 1280 * 720

// speed is that of the encoders: by the time there is. Tests fix it.
var speed = vp8.SpeedAuto

// encoding is the step from pictures to frames.
type encoding struct {
	codec.Link
	out   *media.Output
	queue *media.Queue
	rates *codec.Rates

	limit   atomic.Int64 // bit/s that receivers can take, 0: they do not say
	wantKey atomic.Bool

	// Owned by the queue's goroutine.
	encoder *vp8.Encoder
	bitrate int
	rate    frameRate
	frame   []byte
	pts     time.Duration // of the last picture
	seen    time.Time     // when it came
	packet  media.Packet
	burst   media.Burst // of repeated pictures
}

var _ codec.Node = (*encoding)(nil)

func newEncoding(to media.Format, args codec.NewArgs) *encoding {
	e := &encoding{rates: args.Rates}
	e.out = media.NewOutput(e, nil)
	e.packet.Format = e.out.SetFormat(to)
	e.queue = media.NewQueue(media.QueueOptions{Packets: picturesWaiting, Bytes: bytesWaiting, Handle: e.handle, Fail: args.Fail})
	return e
}

// Output is part of codec.Node.
func (e *encoding) Output() *media.Output { return e.out }

// Close is part of codec.Node.
func (e *encoding) Close() {
	e.queue.Close(false)
	e.out.Close()
	if e.encoder != nil {
		e.encoder.Close()
		e.encoder = nil
	}
}

// SetMaxBitrate is part of media.Upstream. The pictures themselves are not limited.
func (e *encoding) SetMaxBitrate(bps int) { e.limit.Store(int64(bps)) }

// RequestKeyFrame is part of media.Upstream. The next picture becomes one; if none waits, the last one does, so that who
// comes late to a source that is still sees something.
func (e *encoding) RequestKeyFrame() {
	e.wantKey.Store(true)
	e.queue.Do(e.repeat)
}

// Resend is part of media.Upstream: frames are not kept.
func (e *encoding) Resend(uint16, func(*media.Packet)) bool { return false }

// Write is part of media.Sink.
func (e *encoding) Write(p *media.Packet) {
	if e.Takes(p) {
		e.queue.Write(p)
	}
}

// End is part of media.Ender.
func (e *encoding) End() { e.queue.Do(e.out.End) }

func (e *encoding) handle(p *media.Packet) {
	picture, ok := i420.Over(p.Data, int(p.Width), int(p.Height))
	if !ok {
		return
	}
	frame := vp8.Frame{
		Width: picture.Width, Height: picture.Height, YStride: picture.YStride, UVStride: picture.CStride,
		Y: picture.Y, U: picture.U, V: picture.V,
	}
	if e.encoder == nil {
		e.begin(&frame)
	}
	if changed := e.rate.see(p.PTS); changed {
		e.encoder.SetFrameRate(e.rate.perSecond())
	}
	pts := p.PTS
	if behind := e.pts - pts; behind >= 0 && behind < time.Second && !e.seen.IsZero() {
		pts = e.pts + time.Millisecond // the last one was a repeated one
	}
	e.pts, e.seen = pts, time.Now()
	e.encode(&frame, p.At, p.Burst)
}

// begin makes the encoder, for pictures like the first.
func (e *encoding) begin(first *vp8.Frame) {
	e.bitrate = e.target()
	c := vp8.Config{
		Width: first.Width, Height: first.Height, Bitrate: e.bitrate, MinQ: bestQuantizer, KeyInterval: keyInterval,
		Speed: speed,
	}
	if first.Width*first.Height >= manyPixels {
		c.Partitions, c.Threads = 2, min(2, runtime.GOMAXPROCS(0))
	}
	encoder, err := vp8.NewEncoder(c)
	if err != nil {
		panic(err) // the graph is told, by the queue
	}
	e.encoder = encoder
}

func (e *encoding) target() int {
	return max(e.rates.Load().For(int(e.limit.Load())), lowestBitrate)
}

func (e *encoding) encode(picture *vp8.Frame, at time.Duration, burst *media.Burst) {
	if b := e.target(); b != e.bitrate {
		e.bitrate = b
		e.encoder.SetBitrate(b)
	}
	frame, key, err := e.encoder.Encode(e.frame[:0], picture, e.wantKey.Swap(false))
	e.frame = frame
	if err != nil || len(frame) == 0 {
		return // no bits are left for it
	}
	out := &e.packet
	out.PTS, out.At, out.Key, out.Burst, out.Data = e.pts, at, key, burst, frame
	e.out.Write(out)
	out.Burst, out.Data = nil, nil
}

// repeat answers a request for a key frame that no picture has answered.
func (e *encoding) repeat() {
	if e.encoder == nil || e.encoder.Reconstructed() == nil || !e.wantKey.Load() {
		return
	}
	e.pts += max(time.Since(e.seen), time.Millisecond)
	e.seen = time.Now()
	last := *e.encoder.Reconstructed()
	e.encode(&last, 0, &e.burst)
	e.burst.Flush()
}

// frameRate measures how many pictures come in a second.
type frameRate struct {
	interval time.Duration // mean, 0: not known
	last     time.Duration
	told     time.Duration // the interval when it was last found to have changed
}

// see takes note of a picture's time, and tells whether the rate has changed since it last said so.
func (r *frameRate) see(pts time.Duration) (changed bool) {
	step := pts - r.last
	first := r.last == 0
	r.last = pts
	if first || step <= 0 || step > time.Second {
		return false
	}
	if r.interval == 0 {
		r.interval = step
	}
	r.interval += (step - r.interval) / 16
	if off := r.interval - r.told; off < r.told/8 && off > -r.told/8 {
		return false
	}
	r.told = r.interval
	return true
}

func (r *frameRate) perSecond() float64 { return float64(time.Second) / float64(r.told) }
