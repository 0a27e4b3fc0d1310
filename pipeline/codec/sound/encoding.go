package sound

import (
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// encoder turns samples into the frames of one codec.
type encoder interface {
	// encode appends the frame of exactly frameTime. An empty frame is not sent.
	encode(dst []byte, samples []int16) ([]byte, error)
	// limit says what the frames may take, in bit/s; 0: as much as is good.
	limit(bps int) error
}

// frameTime is how much one frame holds: what browsers send and expect (RFC 7874 §3 wants 20 ms of G.711 too).
const frameTime = 20 * time.Millisecond

// drift is how far the time of the samples may get from the count of samples until the frames follow it in one step. Until
// then they come at even distances, which receivers' buffers like.
const drift = 40 * time.Millisecond

// encoding is the step from samples to frames. It runs on its producer's goroutine.
type encoding struct {
	codec.Link
	out  *media.Output
	size int // of a frame, all channels

	mu      sync.Mutex // of what follows: when a route is swapped two producers may call
	encoder encoder
	open    func() (encoder, error)
	fail    func(v any)
	wanted  int // limit in bit/s
	pending []int16
	frame   []byte
	start   time.Duration // of the first pending sample
	begun   bool
	number  uint16
	packet  media.Packet
}

var _ codec.Node = (*encoding)(nil)

func newEncoding(have, to media.Format, open func() (encoder, error), args codec.NewArgs) *encoding {
	e := &encoding{size: lasting(frameTime, have.ClockRate) * int(have.Channels), open: open, fail: args.Fail}
	e.out = media.NewOutput(e, nil)
	e.packet.Format = e.out.SetFormat(to)
	return e
}

// Output is part of codec.Node.
func (e *encoding) Output() *media.Output { return e.out }

// Close is part of codec.Node.
func (e *encoding) Close() { e.out.Close() }

// Resend is part of media.Upstream: frames are not kept.
func (e *encoding) Resend(uint16, func(*media.Packet)) bool { return false }

// SetMaxBitrate is part of media.Upstream. The sound itself is not limited.
func (e *encoding) SetMaxBitrate(bps int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wanted = bps
	if e.encoder != nil {
		e.applyLimit()
	}
}

// applyLimit hands the limit on. Called locked.
func (e *encoding) applyLimit() {
	if err := e.encoder.limit(e.wanted); err != nil && e.fail != nil {
		e.fail(err)
	}
}

// End is part of media.Ender. What does not fill a frame is left out.
func (e *encoding) End() { e.out.End() }

// Write is part of media.Sink.
func (e *encoding) Write(p *media.Packet) {
	passes := e.Passes(p)
	if !passes && !e.Takes(p) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if passes {
		e.out.Write(p)
		return
	}
	if e.encoder == nil && !e.begin() {
		return
	}
	f := p.Format
	due := e.start + duration(len(e.pending)/int(f.Channels), f.ClockRate)
	if off := p.PTS - due; !e.begun || off > drift || off < -drift {
		e.start, e.begun, e.pending = p.PTS, true, e.pending[:0]
	}
	e.pending = pcm.AppendSamples(e.pending, p.Data)
	left := e.pending
	for ; len(left) >= e.size; left = left[e.size:] {
		e.emit(p, left[:e.size])
	}
	e.pending = e.pending[:copy(e.pending, left)]
}

// begin opens the encoder; one that cannot be opened is told once.
func (e *encoding) begin() bool {
	if e.open == nil {
		return false
	}
	made, err := e.open()
	e.open = nil
	if err != nil {
		if e.fail != nil {
			e.fail(err)
		}
		return false
	}
	e.encoder = made
	e.applyLimit()
	return true
}

// emit encodes and writes one frame.
func (e *encoding) emit(p *media.Packet, samples []int16) {
	frame, err := e.encoder.encode(e.frame[:0], samples)
	if err == nil && len(frame) > 0 {
		e.frame = frame
		out := &e.packet
		out.PTS, out.At, out.Key, out.Burst, out.Data, out.Level = e.start, p.At, true, p.Burst, frame, p.Level
		out.RTP.SequenceNumber = e.number
		e.number++
		e.out.Write(out)
		out.Burst, out.Data = nil, nil
	}
	e.start += frameTime
}
