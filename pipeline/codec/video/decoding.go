package video

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// framesWaiting is how many frames wait for a decoder at most; then it has to begin anew with a key frame.
const framesWaiting = 30

// refusalsAllowed is how many frames of a kind that is not decoded may follow each other; then the step fails with the
// reason. A few may be broken rather than of that kind.
const refusalsAllowed = 10

// decoder is what a decoding step needs of a codec.
type decoder interface {
	// decode takes the next frame with its time. After an error a key frame is needed.
	decode(frame []byte, pts time.Duration) error
	// next appends the next picture that is to be shown to b; ok is false when a frame is needed first.
	next(b []byte) (p picture, ok bool)
	// drain makes next return the pictures that wait for frames that do not come.
	drain()
}

// picture is one that was decoded, with the time of the frame that it came in.
type picture struct {
	data          []byte
	width, height int
	pts           time.Duration
}

// decoding is the step from frames to pictures. Where a frame is lost nothing is written, so that the last picture stays,
// and a key frame is asked for.
type decoding struct {
	codec.Link
	out   *media.Output
	queue *media.Queue

	fail func(v any) // may be nil

	// Owned by the queue's goroutine.
	decoder  decoder
	refusals int // in a row
	data     []byte
	packet   media.Packet
}

var _ codec.Node = (*decoding)(nil)

func newDecoding(decoder decoder, args codec.NewArgs) *decoding {
	d := &decoding{decoder: decoder, fail: args.Fail}
	d.out = media.NewOutput(d, nil)
	d.packet.Format, d.packet.Key = d.out.SetFormat(Raw()), true
	d.queue = media.NewQueue(media.QueueOptions{
		Packets: framesWaiting, Handle: d.handle, Overflow: d.Link.RequestKeyFrame, Fail: args.Fail,
	})
	return d
}

// Output is part of codec.Node.
func (d *decoding) Output() *media.Output { return d.out }

// Close is part of codec.Node.
func (d *decoding) Close() {
	d.queue.Close(false)
	d.out.Close()
}

// RequestKeyFrame is part of media.Upstream: every picture is one.
func (d *decoding) RequestKeyFrame() {}

// SetMaxBitrate is part of media.Upstream: what is made of the pictures is limited by whoever makes it.
func (d *decoding) SetMaxBitrate(int) {}

// Resend is part of media.Upstream: pictures are not kept.
func (d *decoding) Resend(uint16, func(*media.Packet)) bool { return false }

// Write is part of media.Sink.
func (d *decoding) Write(p *media.Packet) {
	if d.Takes(p) {
		d.queue.Write(p)
	}
}

// End is part of media.Ender.
func (d *decoding) End() { d.queue.Do(d.end) }

func (d *decoding) handle(p *media.Packet) {
	if err := d.decoder.decode(p.Data, p.PTS); err != nil {
		d.refused(err)
	}
	d.show(p.At, p.Burst)
}

// refused follows an error of the decoder.
func (d *decoding) refused(err error) {
	d.Link.RequestKeyFrame()
	if !forGood(err) {
		return
	}
	if d.refusals++; d.refusals == refusalsAllowed && d.fail != nil {
		d.fail(err)
	}
}

// end gives on what the decoder still holds.
func (d *decoding) end() {
	var burst media.Burst
	d.decoder.drain()
	d.show(0, &burst)
	burst.Flush()
	d.out.End()
}

// show gives on what there is to be shown.
func (d *decoding) show(at time.Duration, burst *media.Burst) {
	out := &d.packet
	for {
		p, ok := d.decoder.next(d.data[:0])
		if !ok {
			return
		}
		d.data, d.refusals = p.data, 0
		out.Width, out.Height = uint16(p.width), uint16(p.height)
		out.PTS, out.At, out.Burst, out.Data = p.pts, at, burst, p.data
		d.out.Write(out)
		out.Burst, out.Data = nil, nil
	}
}
