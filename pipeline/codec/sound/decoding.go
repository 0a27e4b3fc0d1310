package sound

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// decoder turns the frames of one codec into samples.
type decoder interface {
	// decode appends what a frame holds. After an error the decoder goes on with the next frame.
	decode(dst []int16, frame []byte) ([]int16, error)
	// conceal appends n samples of each channel in the place of frames that were lost.
	conceal(dst []int16, n int) []int16
}

const (
	// waiting is how many frames wait for the decoder at most; more are dropped.
	waiting = 64
	// tolerance is how far from its place a frame may be until something is missing or too much: the clock of a source is
	// slewed, and there are shorter frames, but rarely.
	tolerance = 8 * time.Millisecond
	// longestGap is filled; a longer one is silence on purpose, or another source.
	longestGap = 200 * time.Millisecond
)

// decoding is the step from frames to samples.
type decoding struct {
	codec.Link
	out   *media.Output
	queue *media.Queue
	open  func() (decoder, error)
	fail  func(v any)

	// Owned by the queue's goroutine.
	decoder decoder
	samples []int16
	data    []byte
	packet  media.Packet
	next    time.Duration // when the next frame should begin
	begun   bool
	newest  time.Duration // of the newest frame, as its source says
}

var _ codec.Node = (*decoding)(nil)

func newDecoding(to media.Format, open func() (decoder, error), args codec.NewArgs) *decoding {
	d := &decoding{open: open, fail: args.Fail}
	d.out = media.NewOutput(d, nil)
	d.packet.Format = d.out.SetFormat(to)
	d.queue = media.NewQueue(media.QueueOptions{Packets: waiting, Handle: d.handle, Fail: args.Fail})
	return d
}

// Output is part of codec.Node.
func (d *decoding) Output() *media.Output { return d.out }

// Close is part of codec.Node.
func (d *decoding) Close() {
	d.queue.Close(false)
	d.out.Close()
}

// Resend is part of media.Upstream: samples are not kept.
func (d *decoding) Resend(uint16, func(*media.Packet)) bool { return false }

// SetMaxBitrate is part of media.Upstream: what is made of the samples is limited by whoever makes it.
func (d *decoding) SetMaxBitrate(int) {}

// Write is part of media.Sink.
func (d *decoding) Write(p *media.Packet) {
	if d.Takes(p) || d.Passes(p) {
		d.queue.Write(p)
	}
}

// End is part of media.Ender.
func (d *decoding) End() { d.queue.Do(d.out.End) }

func (d *decoding) handle(p *media.Packet) {
	if p.IsEvent() {
		d.out.Write(p)
		return
	}
	if d.decoder == nil {
		var err error
		if d.decoder, err = d.open(); err != nil {
			panic(err) // the graph is told, by the queue
		}
	}
	pts := p.PTS
	if d.begun && pts == d.newest {
		pts = d.next // several frames in one block of a file have one time
	}
	d.newest = p.PTS
	if gap := pts - d.next; d.begun && gap > tolerance && gap <= longestGap {
		d.samples = d.decoder.conceal(d.samples[:0], lasting(gap, d.packet.Format.ClockRate))
		d.emit(p, d.next)
	}
	samples, err := d.decoder.decode(d.samples[:0], p.Data)
	if err != nil {
		return // a gap, which the next frame will find
	}
	d.samples = samples
	d.emit(p, pts)
}

// emit writes the samples, which begin at pts.
func (d *decoding) emit(p *media.Packet, pts time.Duration) {
	if len(d.samples) == 0 {
		return
	}
	d.data = pcm.AppendData(d.data[:0], d.samples)
	d.packet.PTS, d.packet.At, d.packet.Burst, d.packet.Data = pts, p.At, p.Burst, d.data
	d.packet.Level = p.Level
	d.out.Write(&d.packet)
	d.packet.Burst, d.packet.Data = nil, nil
	f := d.packet.Format
	d.next, d.begun = pts+duration(len(d.samples)/int(f.Channels), f.ClockRate), true
}
