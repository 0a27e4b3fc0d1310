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
	queues [][]Frame // by track; each owns its data
	depth  []int     // by track: so many frames must wait behind one that is given out; -1: it is not played
	bytes  int
	latest time.Duration // DTS read so far
	err    error         // that comes after the queues
	free   [][]byte
	given  []byte // of the frame that was given out last
}

// InOrder returns r itself when there is nothing to order.
func InOrder(r Reader) Reader {
	o := newOrdered(r)
	playable := 0
	for _, d := range o.depth {
		playable += d + 1
	}
	if playable < 2 {
		return r
	}
	return o
}

// reordering is how many frames are looked at to find out when one is due: more than encoders hold back.
const reordering = 8

// Presented is for a file that stores no decode times. r gives presentation times in their place, and those of H264 and H265
// go back and forth: a frame is due when the first of those behind it is seen.
func Presented(r Reader) Reader {
	o := newOrdered(r)
	late := false
	for i, t := range r.Tracks() {
		if t.Format.Codec == media.H264 || t.Format.Codec == media.H265 {
			o.depth[i], late = reordering, true
		}
	}
	if !late {
		return r
	}
	return o
}

func newOrdered(r Reader) *Ordered {
	o := &Ordered{Reader: r, queues: make([][]Frame, len(r.Tracks())), depth: make([]int, len(r.Tracks()))}
	for i, t := range r.Tracks() {
		if !t.Playable() {
			o.depth[i] = -1
		}
	}
	return o
}

// complete tells whether nothing that is still to be read can be due before what waits.
func (o *Ordered) complete() bool {
	for i, q := range o.queues {
		if len(q) <= o.depth[i] {
			return false
		}
	}
	return true
}

// Next is part of Reader.
func (o *Ordered) Next() (Frame, error) {
	if o.given != nil {
		o.free, o.given = append(o.free, o.given), nil
	}
	for {
		first := o.first()
		if first >= 0 && (o.err != nil || o.complete() || o.bytes > maxAheadBytes || o.latest-o.queues[first][0].DTS > maxAhead) {
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
	q := o.queues[f.Track]
	for i := len(q) - 1; i >= 0 && q[i].DTS > f.DTS; i-- {
		q[i].DTS = f.DTS
	}
	o.queues[f.Track] = append(q, f)
	o.bytes += len(f.Data)
	o.latest = max(o.latest, f.DTS)
}

func (o *Ordered) take(track int) Frame {
	q := o.queues[track]
	f := q[0]
	copy(q, q[1:])
	q[len(q)-1] = Frame{}
	o.queues[track] = q[:len(q)-1]
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
	o.bytes, o.latest, o.err = 0, 0, nil
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
