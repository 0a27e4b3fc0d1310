package demux

import (
	"io"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Limits on how far the tracks of a file may be apart. Beyond them frames come as they are stored.
const (
	maxAhead      = 3 * time.Second
	maxAheadBytes = 16 << 20
)

// Ordered gives the frames of all tracks out in the order in which they are due, video before sound at equal times, where a file
// stores a second of the one before a second of the other.
type Ordered struct {
	Reader
	playable int
	queues   [][]Frame // by track; each owns its data
	waiting  int       // tracks with something in their queue
	bytes    int
	latest   time.Duration // DTS read so far
	err      error         // that comes after the queues
	free     [][]byte
	given    []byte // of the frame that was given out last
}

// InOrder returns r itself when there is nothing to order.
func InOrder(r Reader) Reader {
	playable := 0
	for _, t := range r.Tracks() {
		if t.Playable() {
			playable++
		}
	}
	if playable < 2 {
		return r
	}
	return &Ordered{Reader: r, playable: playable, queues: make([][]Frame, len(r.Tracks()))}
}

// Next is part of Reader.
func (o *Ordered) Next() (Frame, error) {
	if o.given != nil {
		o.free, o.given = append(o.free, o.given), nil
	}
	for {
		first := o.first()
		complete := o.waiting == o.playable || o.err != nil
		if first >= 0 && (complete || o.bytes > maxAheadBytes || o.latest-o.queues[first][0].DTS > maxAhead) {
			return o.take(first), nil
		}
		if o.err != nil {
			return Frame{}, o.err
		}
		f, err := o.Reader.Next()
		if err != nil {
			o.err = err
			continue
		}
		o.put(f)
	}
}

// first is the track whose frame is due next, -1: there is none.
func (o *Ordered) first() int {
	best := -1
	for i, q := range o.queues {
		if len(q) == 0 {
			continue
		}
		if best < 0 || q[0].DTS < o.queues[best][0].DTS || q[0].DTS == o.queues[best][0].DTS && o.isVideo(i) && !o.isVideo(best) {
			best = i
		}
	}
	return best
}

func (o *Ordered) isVideo(track int) bool { return o.Tracks()[track].Format.Kind == media.Video }

func (o *Ordered) put(f Frame) {
	var own []byte
	if n := len(o.free); n > 0 {
		own, o.free = o.free[n-1], o.free[:n-1]
	}
	f.Data = append(own[:0], f.Data...)
	if len(o.queues[f.Track]) == 0 {
		o.waiting++
	}
	o.queues[f.Track] = append(o.queues[f.Track], f)
	o.bytes += len(f.Data)
	o.latest = max(o.latest, f.DTS)
}

func (o *Ordered) take(track int) Frame {
	q := o.queues[track]
	f := q[0]
	copy(q, q[1:])
	q[len(q)-1] = Frame{}
	o.queues[track] = q[:len(q)-1]
	if len(q) == 1 {
		o.waiting--
	}
	o.bytes -= len(f.Data)
	o.given = f.Data
	return f
}

// Seek is part of Reader.
func (o *Ordered) Seek(t time.Duration) error {
	for i, q := range o.queues {
		clear(q)
		o.queues[i] = q[:0]
	}
	o.waiting, o.bytes, o.latest, o.err = 0, 0, 0, nil
	err := o.Reader.Seek(t)
	if err != nil {
		o.err = err
	}
	return err
}

var _ Reader = (*Ordered)(nil)

// Lead is the track that decides where playing can begin: the first with video, else the first with sound; -1: none.
func Lead(tracks []Track) int {
	lead := -1
	for i, t := range tracks {
		switch {
		case !t.Playable():
		case t.Format.Kind == media.Video:
			return i
		case lead < 0:
			lead = i
		}
	}
	return lead
}

// End is what a reader says at the end: an end in the middle of something is a cut.
func End(err error) error {
	if err == io.EOF {
		return err
	}
	return Cut(err)
}
