// Package playback plays the frames of a media file at the pace of their time stamps, into the outputs of an element.
package playback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/player/containers"
	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

var (
	// ErrMedia is wrapped when nothing of a file can be played.
	ErrMedia = errors.New("cannot be played")
	// ErrSeek is the answer to a seek that is impossible.
	ErrSeek = errors.New("cannot seek")
)

// lateLimit is how far a frame may be behind its time before the time line is moved instead: a source that
// stalled (a slow web server) goes on from where it was and does not catch up in a rush.
const lateLimit = 500 * time.Millisecond

// Playback plays one file once, on the goroutine that calls File or Play and by the time stamps of the frames. Pause freezes the
// mapping of file time to pipeline time, a seek makes a new one. All other methods may be called from any goroutine.
type Playback struct {
	stage *Stage
	timer *time.Timer   // of wait
	wake  chan struct{} // holds at most one token: something below has changed

	mu       sync.Mutex
	origin   time.Duration // pipeline time of the start of the file, when anchored
	anchored bool
	paused   bool
	pausedAt time.Duration  // pipeline time
	position time.Duration  // of the file, while not anchored
	seek     *time.Duration // asked for, not carried out
	info     Info
}

// Info is what is known of a file; nothing before it is open.
type Info struct {
	Opened, Seekable bool
	Duration         time.Duration
}

// New returns a playback that waits for File or Play; paused: the first frame waits for the end of the pause.
func New(stage *Stage, paused bool) *Playback {
	return &Playback{stage: stage, wake: make(chan struct{}, 1), paused: paused}
}

func (b *Playback) changed() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// SetPaused freezes the time line, or lets it go on.
func (b *Playback) SetPaused(paused bool) {
	b.mu.Lock()
	switch {
	case paused && !b.paused:
		b.pausedAt = media.Now()
	case !paused && b.paused:
		b.origin += media.Now() - b.pausedAt
	}
	b.paused = paused
	b.mu.Unlock()
	b.changed()
}

// Position is the place in the file that is being played.
func (b *Playback) Position() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.anchored:
		return b.position
	case b.paused:
		return b.pausedAt - b.origin
	}
	at := media.Now() - b.origin
	if b.info.Duration > 0 {
		at = min(at, b.info.Duration)
	}
	return at
}

// Seek goes on playing from another place; before the start is the start.
func (b *Playback) Seek(t time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.info.Opened || !b.info.Seekable {
		return ErrSeek
	}
	t = max(t, 0)
	b.seek, b.position, b.anchored = &t, t, false
	b.changed()
	return nil
}

// Info is what is known of the file.
func (b *Playback) Info() Info {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.info
}

// File plays all that a file holds, until ctx ends. The error wraps ErrMedia when nothing could be played.
func (b *Playback) File(ctx context.Context, file io.Reader) error {
	d, err := containers.Open(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMedia, err)
	}
	return b.Play(ctx, d)
}

// Play plays all that a reader gives, until ctx ends. The error wraps ErrMedia when that is nothing.
func (b *Playback) Play(ctx context.Context, d demux.Reader) error {
	tracks := b.begin(d)
	if len(tracks) == 0 {
		return fmt.Errorf("%w: no track of a known codec", ErrMedia)
	}
	b.timer = time.NewTimer(forever)
	defer b.timer.Stop()
	var burst media.Burst
	packet := media.Packet{Burst: &burst}
	last := time.Duration(0)
	for {
		frame, err := d.Next()
		if err != nil {
			again, err := b.end(ctx, d, last, err)
			if again {
				last = 0
				continue
			}
			return err
		}
		to, chosen := tracks[frame.Track]
		if !chosen {
			continue
		}
		at := max(frame.DTS, 0) // what is before the start is only there to be decoded
		due, v := b.wait(ctx, at)
		switch v {
		case ended:
			return ctx.Err()
		case moved:
			if err := b.jump(d); err != nil {
				return err
			}
			last = 0
			continue
		}
		last = max(last, frame.PTS)
		packet.Format, packet.PTS, packet.At, packet.Key, packet.Data = to.out.Format(), due+frame.PTS-at, media.Now(), frame.Key, frame.Data
		if err := to.write(&packet); err != nil {
			return err
		}
	}
}

// begin tells the stage what will come, the first track of each kind that can be played, and returns where the frames of
// those tracks go.
func (b *Playback) begin(d demux.Reader) map[int]track {
	formats := map[media.Kind]media.Format{}
	chosen := map[int]media.Kind{}
	for i, t := range d.Tracks() {
		if f := t.Format; t.Playable() {
			if _, taken := formats[f.Kind]; !taken {
				formats[f.Kind] = f
				chosen[i] = f.Kind
			}
		}
	}
	b.mu.Lock()
	b.info = Info{Opened: true, Seekable: d.Seekable(), Duration: d.Duration()}
	b.mu.Unlock()
	if len(formats) == 0 {
		return nil
	}
	byKind := b.stage.begin(formats)
	tracks := map[int]track{}
	for i, k := range chosen {
		if t, ok := byKind[k]; ok {
			tracks[i] = t
		}
	}
	return tracks
}

// write hands one frame to the receivers: a turn of its own.
func (t track) write(p *media.Packet) (err error) {
	defer p.Burst.Rescue(func(v any) { err = fmt.Errorf("panic: %v\n%s", v, debug.Stack()) })
	t.past.keep(p)
	t.out.Write(p)
	p.Burst.Flush()
	return nil
}

// verdict is what wait found out.
type verdict uint8

const (
	due   verdict = iota // it is time for the frame
	moved                // a seek was asked for: the frame is not wanted any more
	ended                // the playback was stopped
)

// wait returns at the first tick when it is time for a frame, with its pipeline time, or when the frame is not wanted any more.
func (b *Playback) wait(ctx context.Context, at time.Duration) (pts time.Duration, v verdict) {
	for {
		pts, left, v := b.until(at)
		if v == moved || left <= 0 {
			return pts, v
		}
		b.timer.Reset(left)
		select {
		case <-ctx.Done():
			return 0, ended
		case <-b.wake:
		case <-b.timer.C:
		}
	}
}

// forever is how long a paused playback waits for the next frame: until it is woken.
const forever = time.Hour

// until tells how long it is until the tick at which a frame is sent.
func (b *Playback) until(at time.Duration) (pts, left time.Duration, v verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := media.Now()
	switch {
	case b.seek != nil:
		return 0, 0, moved
	case b.paused:
		return 0, forever, due
	case !b.anchored:
		b.origin, b.anchored = now-at, true
	}
	left = b.origin + at - now
	if left < -lateLimit {
		b.origin -= left
		left = 0
	}
	pts = b.origin + at
	if left > 0 {
		left = nextTick(pts) - now
	}
	return pts, left, due
}

// jump carries the seek out.
func (b *Playback) jump(d demux.Reader) error {
	b.mu.Lock()
	to := *b.seek
	b.seek = nil
	b.mu.Unlock()
	return d.Seek(to)
}

// lastFrame is how long the last frame is shown at most, whatever duration the file claims.
const lastFrame = time.Second

// end is reached when the file gives no more frames after the one at last. It waits until that one was seen, and tells
// whether a seek made playing go on meanwhile.
func (b *Playback) end(ctx context.Context, d demux.Reader, last time.Duration, cause error) (again bool, err error) {
	if !errors.Is(cause, io.EOF) {
		return false, cause
	}
	at := max(last, min(d.Duration(), last+lastFrame))
	if _, v := b.wait(ctx, at); v == moved {
		return true, b.jump(d)
	}
	return false, nil
}
