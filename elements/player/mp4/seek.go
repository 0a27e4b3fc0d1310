package mp4

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// place is a fragment at which the leading track can be decoded.
type place struct {
	time   time.Duration // without the origin taken off
	offset int64
}

// maxPlaces is how many fragments an index can have: 18 hours of one a second.
const maxPlaces = 1 << 16

// Seek is part of demux.Reader.
func (d *Reader) Seek(t time.Duration) error {
	if !d.Seekable() {
		return fmt.Errorf("%w: the source is a stream", demux.ErrSeek)
	}
	lead := demux.Lead(d.tracks)
	if lead < 0 {
		return fmt.Errorf("%w: nothing to play", demux.ErrSeek)
	}
	t += d.origin
	if t < d.tableEnd(lead) || !d.movie.extends {
		d.seekTable(lead, t)
		return nil
	}
	return d.seekFragment(t)
}

// tableEnd is the time behind the samples that moov itself lists.
func (d *Reader) tableEnd(lead int) time.Duration {
	t := d.movie.tracks[lead]
	if t.table.count == 0 {
		return 0
	}
	return t.shown(t.table.duration())
}

// seekTable goes to the key sample at or before a time, and with the other tracks to the same time.
func (d *Reader) seekTable(lead int, at time.Duration) {
	t := d.movie.tracks[lead]
	want := t.media(at)
	key := t.table.keyBefore(t.table.at(want))
	t.cursor.seek(key)
	for s, ok := t.cursor.current(); ok && s.pts > want && key > 0; s, ok = t.cursor.current() { // shown after it, though due before
		key = t.table.keyBefore(key - 1)
		t.cursor.seek(key)
	}
	if s, ok := t.cursor.current(); ok && len(d.tracks) > 1 {
		at = min(at, t.shown(s.pts))
	}
	for i, other := range d.movie.tracks {
		other.runs, other.needKey = nil, false
		if i == lead || !other.info.Playable() {
			continue
		}
		to := other.table.at(other.media(at))
		if other.info.Format.Kind == media.Video {
			to = other.table.keyBefore(to)
		}
		other.cursor.seek(to)
	}
	d.next = d.fragments
}

// seekFragment goes to the last fragment at or before a time.
func (d *Reader) seekFragment(at time.Duration) error {
	if !d.indexed {
		if err := d.scan(); err != nil {
			return err
		}
		d.indexed = true
	}
	i := sort.Search(len(d.index), func(i int) bool { return d.index[i].time > at })
	d.next = d.fragments
	if i > 0 {
		d.next = d.index[i-1].offset
	}
	for _, t := range d.movie.tracks {
		t.runs, t.cursor.ended = nil, true
		t.needKey = t.info.Format.Kind == media.Video
	}
	return nil
}

// scan looks at all fragments. What a cut tail hides is not in the index.
func (d *Reader) scan() error {
	lead := d.movie.tracks[demux.Lead(d.tracks)]
	saved := lead.cursor.ended
	lead.cursor.ended = true
	defer func() { lead.cursor.ended = saved }()
	d.index = nil
	for d.next = d.fragments; len(d.index) < maxPlaces; {
		before := d.next
		lead.runs = nil
		err := d.nextFragment()
		if err == io.EOF || errors.Is(err, demux.ErrTruncated) || errors.Is(err, demux.ErrFormat) {
			return nil
		}
		if err != nil {
			return err
		}
		if s, ok := lead.current(); ok && s.key {
			d.index = append(d.index, place{lead.shown(s.pts), before})
		}
	}
	return nil
}
