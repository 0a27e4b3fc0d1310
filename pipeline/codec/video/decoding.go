package video

import (
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/vp8"
	"github.com/rivero-media/rivero/pipeline/media"
)

// framesWaiting is how many frames wait for a decoder at most; then it has to begin anew with a key frame.
const framesWaiting = 30

// decoding is the step from frames to pictures. Where a frame is lost nothing is written, so that the last picture stays,
// and a key frame is asked for.
type decoding struct {
	codec.Link
	out   *media.Output
	queue *media.Queue

	// Owned by the queue's goroutine.
	decoder vp8.Decoder
	data    []byte
	packet  media.Packet
}

var _ codec.Node = (*decoding)(nil)

func newDecoding(args codec.NewArgs) *decoding {
	d := &decoding{}
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
func (d *decoding) End() { d.queue.Do(d.out.End) }

func (d *decoding) handle(p *media.Packet) {
	frame, err := d.decoder.Decode(p.Data)
	if err != nil {
		d.Link.RequestKeyFrame()
		return
	}
	if frame == nil {
		return // one that is not to be shown
	}
	if size := i420.Bytes(frame.Width, frame.Height); cap(d.data) < size {
		d.data = make([]byte, 0, size)
	}
	d.data = frame.AppendI420(d.data[:0])
	out := &d.packet
	out.Width, out.Height = uint16(frame.Width), uint16(frame.Height)
	out.PTS, out.At, out.Burst, out.Data = p.PTS, p.At, p.Burst, d.data
	d.out.Write(out)
	out.Burst, out.Data = nil, nil
}
