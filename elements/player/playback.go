package player

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// demuxer gives the frames of a file in order. webm.Reader is one.
type demuxer interface {
	Tracks() []webm.Track
	Next() (webm.Frame, error)
	Duration() time.Duration
	Seekable() bool
	Seek(t time.Duration) error
}

// The ways in which playing fails before anything is played.
var (
	errOpen  = errors.New("cannot open")
	errMedia = errors.New("cannot be played")
)

// errSeek is the answer to a seek that is impossible.
var errSeek = errors.New("cannot seek")

// lateLimit is how far a frame may be behind its time before the time line is moved instead: a source that
// stalled (a slow web server) goes on from where it was and does not catch up in a rush.
const lateLimit = 500 * time.Millisecond

// player is what a playback tells its endpoint, on the playback's goroutine.
type player interface {
	// begin is told the format of each kind before its first frame, and returns where frames go.
	begin(formats map[media.Kind]media.Format) map[media.Kind]track
	// failed is told an error that wraps errOpen or errMedia, or one that came in the middle.
	failed(err error)
	// finished is told that everything was played, or that an error ended it.
	finished(p playing)
}

// track is where the frames of a kind go.
type track struct {
	out  *media.Output
	past *past
}

// playback plays one file once: a goroutine that pushes frames by their time stamps. Pause freezes the mapping of
// file time to pipeline time, a seek makes a new one.
type playback struct {
	player player
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // holds at most one token: something below has changed

	mu       sync.Mutex
	origin   time.Duration // pipeline time of the start of the file, when anchored
	anchored bool
	paused   bool
	pausedAt time.Duration  // pipeline time
	position time.Duration  // of the file, while not anchored
	seek     *time.Duration // asked for, not carried out
	info     info
}

// info is what is known of the file once it is open.
type info struct {
	opened, seekable bool
	duration         time.Duration
}

// start begins to play what open gives, or to wait in pause.
func start(open func(context.Context) (io.ReadCloser, error), paused bool, p player) *playback {
	ctx, cancel := context.WithCancel(context.Background())
	b := &playback{player: p, cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1), paused: paused}
	go b.run(ctx, open)
	return b
}

// stop ends it and returns when its goroutine has ended. Not to be called by the player's own methods.
func (b *playback) stop() {
	b.cancel()
	<-b.done
}

func (b *playback) changed() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// setPaused freezes the time line, or lets it go on.
func (b *playback) setPaused(paused bool) {
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

// pos is the place in the file that is being played.
func (b *playback) pos() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.anchored:
		return b.position
	case b.paused:
		return b.pausedAt - b.origin
	}
	at := media.Now() - b.origin
	if b.info.duration > 0 {
		at = min(at, b.info.duration)
	}
	return at
}

// seekTo goes on playing from another place; before the start is the start.
func (b *playback) seekTo(t time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.info.opened || !b.info.seekable {
		return errSeek
	}
	t = max(t, 0)
	b.seek, b.position, b.anchored = &t, t, false
	b.changed()
	return nil
}

func (b *playback) about() info {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.info
}

func (b *playback) run(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) {
	defer close(b.done)
	defer b.cancel()
	err := b.play(ctx, open)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		b.player.failed(err)
		if errors.Is(err, errOpen) || errors.Is(err, errMedia) {
			return // the original stays in START then
		}
	}
	b.player.finished(b)
}

func (b *playback) play(ctx context.Context, open func(context.Context) (io.ReadCloser, error)) error {
	file, err := open(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errOpen, err)
	}
	defer file.Close()
	stopReading := context.AfterFunc(ctx, func() { file.Close() }) // wakes a read that waits for a slow disk or server
	defer stopReading()
	d, err := webm.NewReader(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errMedia, err)
	}
	return b.pump(ctx, d)
}

// pump plays the frames of an open file.
func (b *playback) pump(ctx context.Context, d demuxer) error {
	tracks := b.begin(d)
	if len(tracks) == 0 {
		return fmt.Errorf("%w: no track of a known codec", errMedia)
	}
	var burst media.Burst
	packet := media.Packet{Burst: &burst}
	last := time.Duration(0)
	for {
		frame, err := d.Next()
		if err != nil {
			again, err := b.end(ctx, d, last, err)
			if again {
				continue
			}
			return err
		}
		to, chosen := tracks[frame.Track]
		if !chosen {
			continue
		}
		pts, v := b.wait(ctx, frame.PTS)
		switch v {
		case ended:
			return ctx.Err()
		case moved:
			if err := b.jump(d); err != nil {
				return err
			}
			continue
		}
		last = frame.PTS
		packet.Format, packet.PTS, packet.At, packet.Key, packet.Data = to.out.Format(), pts, media.Now(), frame.Key, frame.Data
		if err := to.write(&packet); err != nil {
			return err
		}
	}
}

// begin tells the player what will come, the first track of each kind that can be played, and returns where the
// frames of those tracks go.
func (b *playback) begin(d demuxer) map[int]track {
	formats := map[media.Kind]media.Format{}
	chosen := map[int]media.Kind{}
	for i, t := range d.Tracks() {
		if f, ok := t.Format(); ok {
			if _, taken := formats[f.Kind]; !taken {
				formats[f.Kind] = f
				chosen[i] = f.Kind
			}
		}
	}
	b.mu.Lock()
	b.info = info{opened: true, seekable: d.Seekable(), duration: d.Duration()}
	b.mu.Unlock()
	if len(formats) == 0 {
		return nil
	}
	byKind := b.player.begin(formats)
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

// wait returns when it is time for a frame, with its pipeline time, or when the frame is not wanted any more.
func (b *playback) wait(ctx context.Context, at time.Duration) (pts time.Duration, v verdict) {
	for {
		pts, left, v := b.until(at)
		if v == moved || left <= 0 {
			return pts, v
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return 0, ended
		case <-b.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// forever is how long a paused playback waits for the next frame: until it is woken.
const forever = time.Hour

// until tells how long it is until a frame's time.
func (b *playback) until(at time.Duration) (pts, left time.Duration, v verdict) {
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
	return b.origin + at, left, due
}

// jump carries the seek out.
func (b *playback) jump(d demuxer) error {
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
func (b *playback) end(ctx context.Context, d demuxer, last time.Duration, cause error) (again bool, err error) {
	if !errors.Is(cause, io.EOF) {
		return false, cause
	}
	at := max(last, min(d.Duration(), last+lastFrame))
	if _, v := b.wait(ctx, at); v == moved {
		return true, b.jump(d)
	}
	return false, nil
}
