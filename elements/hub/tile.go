package hub

import (
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/media"
)

// latency is how long after its time media leaves a hub that mixes: what comes later than that cannot be in step with the
// rest. It covers the jitter of usual networks and the time that decoders take.
const latency = 100 * time.Millisecond

const (
	// tileWaiting is how many pictures wait for their time at most, enough for latency at 60 pictures a second.
	tileWaiting = 8
	// longestAhead is how far in the future the time of a picture may be; it is shown at once otherwise.
	longestAhead = 500 * time.Millisecond
)

// tile is what a compositor has of one port: the input for its pictures, which wait there for their time.
type tile struct {
	port     *Port
	begin    func() // told of every picture
	format   atomic.Pointer[media.Format]
	mu       sync.Mutex
	waiting  []timed
	free     []*i420.Picture
	departed bool // the source is gone, and with it what it has sent

	// Owned by the compositor's goroutine.
	shown   *i420.Picture // nil: there is none
	fresh   bool          // it has not been drawn yet
	drawing drawing
}

// timed is a picture with its time on the pipeline clock.
type timed struct {
	picture *i420.Picture
	pts     time.Duration
}

// Accept is part of media.Input.
func (t *tile) Accept(f media.Format) (score int, ok bool) { return 0, f.Codec == media.I420 }

// Bind is part of media.Input.
func (t *tile) Bind(f *media.Format, _ media.Source) {
	t.format.Store(f)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.departed = f == nil
}

// Write is part of media.Sink.
func (t *tile) Write(p *media.Packet) {
	if p.Format != t.format.Load() {
		return
	}
	picture, ok := i420.Over(p.Data, int(p.Width), int(p.Height))
	if !ok {
		return
	}
	kept := t.take()
	kept.Resize(picture.Width, picture.Height)
	i420.Copy(kept, &picture)
	pts := p.PTS
	if now := media.Now(); pts > now+longestAhead {
		pts = now
	}
	t.put(timed{kept, pts})
	t.begin()
}

// take gets memory for a picture.
func (t *tile) take() *i420.Picture {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.free)
	if n == 0 {
		return &i420.Picture{}
	}
	p := t.free[n-1]
	t.free = t.free[:n-1]
	return p
}

// put has a picture wait. If there are too many already the oldest is dropped.
func (t *tile) put(p timed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == tileWaiting {
		t.drop(1)
	}
	t.waiting = append(t.waiting, p)
}

// drop takes the first pictures that wait away. Called locked.
func (t *tile) drop(n int) {
	for _, w := range t.waiting[:n] {
		t.free = append(t.free, w.picture)
	}
	t.waiting = slices.Delete(t.waiting, 0, n)
}

// advance has the newest picture be shown whose time is not after until; fresh tells whether that is another one than before.
func (t *tile) advance(until time.Duration) (fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.departed {
		t.drop(len(t.waiting))
		t.shown, t.free = nil, nil
		return false
	}
	due := 0
	for due < len(t.waiting) && t.waiting[due].pts <= until {
		due++
	}
	if due == 0 {
		return false
	}
	t.drop(due - 1)
	if t.shown != nil {
		t.free = append(t.free, t.shown)
	}
	t.shown = t.waiting[0].picture
	t.waiting = slices.Delete(t.waiting, 0, 1)
	return true
}

// size is that of the picture which is shown.
func (t *tile) size() image.Point { return image.Pt(t.shown.Width, t.shown.Height) }

// drawing scales pictures of one size to one place. It keeps what it has prepared for the last ones.
type drawing struct {
	from   image.Point     // size of the pictures
	where  image.Rectangle // on a canvas of a size, beyond which it may reach
	canvas image.Point
	part   image.Rectangle // of the pictures that is seen
	seen   image.Rectangle // of where
	scaler *i420.Scaler    // nil: nothing is seen
}

// onto puts a picture onto a canvas.
func (d *drawing) onto(canvas, picture *i420.Picture, where image.Rectangle) {
	from, size := image.Pt(picture.Width, picture.Height), image.Pt(canvas.Width, canvas.Height)
	if d.from != from || d.where != where || d.canvas != size {
		*d = drawing{from: from, where: where, canvas: size}
		d.prepare()
	}
	if d.scaler != nil {
		d.scaler.Scale(canvas.Crop(d.seen), picture.Crop(d.part))
	}
}

// prepare finds out what is seen.
func (d *drawing) prepare() {
	d.seen = d.where.Intersect(image.Rectangle{Max: d.canvas})
	d.seen.Min.X, d.seen.Min.Y = d.seen.Min.X&^1, d.seen.Min.Y&^1 // chroma has half the resolution
	if d.seen.Empty() {
		return
	}
	scale := func(v, from, where int) int { return v * from / where }
	off := d.seen.Sub(d.where.Min)
	d.part = image.Rect(
		max(0, scale(off.Min.X, d.from.X, d.where.Dx()))&^1, max(0, scale(off.Min.Y, d.from.Y, d.where.Dy()))&^1,
		min(d.from.X, scale(off.Max.X, d.from.X, d.where.Dx())), min(d.from.Y, scale(off.Max.Y, d.from.Y, d.where.Dy())),
	)
	if d.part.Empty() {
		return
	}
	d.scaler = i420.NewScaler(d.seen.Dx(), d.seen.Dy(), d.part.Dx(), d.part.Dy())
}
