// Package recorder writes media into files: containers, the time line of a recording, and
// where the bytes go. Frames in, bytes out; it knows nothing of remote calls, pipelines or
// packets on a network.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Event is something that has happened to a recording.
type Event uint8

// The events, in the order in which they can come.
const (
	Recording Event = iota + 1 // the first frame was written, or recording goes on after a pause
	Paused                     // everything before the pause was written
	Stopped                    // the file is complete and closed; nothing comes after this
)

// Options is what a Recorder is made from.
type Options struct {
	Container Container
	Kinds     []media.Kind           // what to record
	Open      func() (Target, error) // called once, when recording starts; see File
	// Patience is how long the file waits for an expected kind from which nothing comes, counted from the first frame of
	// another; 0: for ever. Recording comes with that kind's first frame in any case.
	Patience time.Duration
	// ClosesGaps has sound follow sound in the file, whatever was lost between; the picture is not moved.
	ClosesGaps bool
	Log        zerolog.Logger

	// Notify is told of events, in order, on the recorder's goroutine.
	Notify func(Event)
	// Fail is told, there too, why nothing more is written (the error wraps ErrOpen, ErrWrite or
	// ErrNoSpace), or nothing of one kind (ErrCodec).
	Fail func(error)
}

// Recorder records one file. Its methods may be called from any goroutine and,
// Stop and Close apart, do not wait for the file. Notify and Fail must not call Stop or Close.
type Recorder struct {
	opts   Options
	inputs [len(media.Kinds)]*input
	queue  *media.Queue
	active atomic.Bool // frames are wanted: what comes while paused is not even copied

	mu      sync.Mutex
	stopped bool
	ended   chan struct{} // closed when the file is complete
	endOnce sync.Once

	// What follows belongs to the queue's goroutine.
	mux    muxer
	target Target
	opened bool
	failed bool
	begun  bool // Recording was raised for the first time
}

// queueBytes is what waits for a slow disk: two seconds at 32 Mbit/s.
const (
	queueBytes   = 8 << 20
	queuePackets = 4096
)

// New returns a recorder that does nothing yet. Close must be called in the end.
func New(opts Options) *Recorder {
	r := &Recorder{opts: opts, ended: make(chan struct{})}
	for _, k := range opts.Kinds {
		r.inputs[k] = &input{recorder: r, kind: k}
	}
	r.mux = muxer{
		create: r.create, wantKey: r.requestKeyFrame, began: r.began, bound: r.bound,
		patience: opts.Patience, closesGaps: opts.ClosesGaps,
	}
	r.queue = media.NewQueue(media.QueueOptions{
		Packets:  queuePackets,
		Bytes:    queueBytes,
		Handle:   r.handle,
		Overflow: r.requestKeyFrame,
		Fail:     r.broken,
	})
	return r
}

// Input is where the frames of a kind come in, nil for one that is not recorded.
func (r *Recorder) Input(k media.Kind) media.Input {
	if in := r.inputs[k]; in != nil {
		return in
	}
	return nil
}

// Expect says of which kinds media will come: the file begins when the first
// frames of all of them are there. It is called whenever that changes, and has
// no effect on a file that has begun. Kinds that are not recorded are ignored.
func (r *Recorder) Expect(kinds ...media.Kind) {
	kinds = slices.Clone(kinds)
	r.queue.Do(func() {
		for k, in := range r.inputs {
			r.mux.expected[k] = in != nil && slices.Contains(kinds, media.Kind(k))
		}
	})
}

// Record starts recording, or goes on after a pause. A recorder that was
// stopped returns ErrStopped.
func (r *Recorder) Record() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return ErrStopped
	}
	if r.active.Load() {
		return nil
	}
	r.queue.Do(r.record)
	r.active.Store(true)
	r.requestKeyFrame()
	return nil
}

// Pause takes no more frames until Record is called again.
func (r *Recorder) Pause() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return ErrStopped
	}
	if r.active.Swap(false) {
		r.queue.Do(func() {
			r.mux.pause()
			r.opts.Notify(Paused)
		})
	}
	return nil
}

// Stop ends the recording for good, and returns when the file is complete or
// ctx ends, whose error it returns then; the file is completed nevertheless.
func (r *Recorder) Stop(ctx context.Context) error {
	r.stop()
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("recording is still being written: %w", ctx.Err())
	}
}

func (r *Recorder) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.stopped = true
		r.active.Store(false)
		r.queue.Do(r.finish)
	}
}

// Close stops the recording, waits for the file to be complete and ends the
// recorder's goroutine. It may be called twice.
func (r *Recorder) Close() {
	r.stop()
	<-r.ended
	r.queue.Close(true)
}

// Dropped is the number of frames that were lost because the target was too slow.
func (r *Recorder) Dropped() uint64 { return r.queue.Dropped() }

// requestKeyFrame asks the video source for one; sources limit how often that goes through.
func (r *Recorder) requestKeyFrame() {
	if in := r.inputs[media.Video]; in != nil {
		if b := in.bound.Load(); b != nil {
			b.source.RequestKeyFrame()
		}
	}
}

// handle writes a frame; like everything below it runs on the queue's goroutine.
func (r *Recorder) handle(p *media.Packet) {
	if r.failed {
		return
	}
	err := r.mux.write(p)
	switch {
	case errors.Is(err, ErrCodec):
		r.opts.Fail(err) // the other kinds are recorded nevertheless
	case err != nil:
		r.fail(err)
	}
}

func (r *Recorder) record() {
	if !r.opened {
		r.opened = true
		target, err := r.opts.Open()
		if err != nil {
			r.fail(fmt.Errorf("%w: %w", ErrOpen, err))
			return
		}
		r.target = target
	}
	r.mux.record()
	if r.begun && !r.failed {
		r.opts.Notify(Recording)
	}
}

// create starts the file, for the muxer.
func (r *Recorder) create(tracks []Track, date time.Time) (Writer, error) {
	for _, t := range tracks {
		codec := t.Format.Codec
		r.inputs[t.Format.Kind].codec.Store(&codec)
	}
	return r.opts.Container.New(r.target, tracks, date)
}

// bound is the format of what is connected, for the muxer.
func (r *Recorder) bound(k media.Kind) *media.Format {
	if in := r.inputs[k]; in != nil {
		if b := in.bound.Load(); b != nil {
			return b.format
		}
	}
	return nil
}

func (r *Recorder) began() {
	r.begun = true
	r.opts.Notify(Recording)
}

// fail reports the first error. What was written until then is completed at the end.
func (r *Recorder) fail(err error) {
	if r.failed {
		return
	}
	r.failed = true
	r.opts.Fail(err)
}

// finish completes the file.
func (r *Recorder) finish() {
	defer r.end()
	switch err := r.mux.close(); {
	case errors.Is(err, ErrIndex):
		r.opts.Log.Warn().Err(err).Msg("the recording is playable but not complete")
	case err != nil:
		r.fail(err)
	}
	if r.target != nil {
		if err := closeTarget(r.target); err != nil {
			r.fail(writeError(err))
		}
		r.target = nil
	}
	if n := r.queue.Dropped(); n > 0 {
		r.opts.Log.Warn().Uint64("frames", n).Msg("recording lost frames to a slow target")
	}
	r.opts.Notify(Stopped)
}

// end lets Stop return.
func (r *Recorder) end() { r.endOnce.Do(func() { close(r.ended) }) }

// closeTarget returns when everything is on the disk.
func closeTarget(t io.Closer) error {
	var err error
	if s, ok := t.(interface{ Sync() error }); ok {
		if err = s.Sync(); errors.Is(err, syscall.EINVAL) {
			err = nil // a pipe or a device, which has nothing to be synchronised
		}
	}
	if closed := t.Close(); err == nil {
		err = closed
	}
	return err
}

// broken ends a recording in which something has panicked.
func (r *Recorder) broken(v any) {
	r.mu.Lock()
	r.stopped = true
	r.active.Store(false)
	r.mu.Unlock()
	r.fail(fmt.Errorf("%w: panic: %v", ErrWrite, v))
	if r.target != nil {
		r.target.Close()
	}
	r.opts.Notify(Stopped)
	r.end()
}
