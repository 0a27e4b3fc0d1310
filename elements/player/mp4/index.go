package mp4

import (
	"errors"
	"io"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// maxIndex is the size of the largest index of fragments that is read, in bytes.
const maxIndex = 4 << 20

// maxWalk is how many fragments behind the last one of an index are looked at.
const maxWalk = 1 << 12

// measure finds out how long a fragmented file is that does not say it, and where its fragments are: by an index in front
// (sidx) or behind (mfra), or by looking at each, which would cost a web server a request each time.
func (d *Reader) measure() error {
	lead := demux.Lead(d.tracks)
	if lead < 0 || d.movie.duration > 0 || !d.movie.extends || !d.s.Seekable() || d.movie.tracks[lead].table.count > 0 {
		return nil
	}
	defer d.rewind()
	if err := d.firstFragment(); err != nil {
		return ignorable(err)
	}
	t := d.movie.tracks[lead]
	if d.index = d.findIndex(t); d.index == nil && !d.s.Local() {
		return nil
	}
	d.indexed = true
	if d.index == nil {
		d.rewind()
		if err := d.scan(); err != nil {
			return err
		}
	} else if err := d.walk(d.index[len(d.index)-1].offset); err != nil {
		return err
	}
	for _, t := range d.movie.tracks {
		if t.info.Playable() && t.nextTime > 0 && t.nextTime < 1<<62 {
			d.length = max(d.length, t.shown(int64(t.nextTime))-d.origin)
		}
	}
	return nil
}

// ignorable passes on what is not the file's fault: what is will be met when it is played.
func ignorable(err error) error {
	if err == io.EOF || errors.Is(err, demux.ErrTruncated) || errors.Is(err, demux.ErrFormat) {
		return nil
	}
	return err
}

// rewind goes to where the fragments begin.
func (d *Reader) rewind() {
	d.next = d.fragments
	for _, t := range d.movie.tracks {
		t.runs, t.nextTime = nil, 0
	}
}

// firstFragment finds the origin.
func (d *Reader) firstFragment() error {
	for {
		if i, s := d.pick(); i >= 0 {
			t := d.movie.tracks[i]
			d.begin(t.shown(min(s.dts-t.early, s.pts)))
			return nil
		}
		if err := d.nextFragment(); err != nil {
			return err
		}
	}
}

// walk looks at the fragments from a position on.
func (d *Reader) walk(from int64) error {
	d.next = from
	for range maxWalk {
		if err := d.nextFragment(); err != nil {
			return ignorable(err)
		}
	}
	return nil
}

// findIndex reads the index of the file, nil: there is none that makes sense.
func (d *Reader) findIndex(t *track) []place {
	size := d.s.Size()
	for _, find := range []func(*track, int64) []place{d.readMFRA, d.readSIDX} {
		places := find(t, size)
		for i, p := range places {
			if p.offset < d.fragments || p.offset >= size || i > 0 && (p.offset <= places[i-1].offset || p.time < places[i-1].time) {
				places = nil
				break
			}
		}
		if len(places) > 0 {
			return places
		}
	}
	return nil
}

// readMFRA reads the index at the end of a file (§8.8.9 to §8.8.11).
func (d *Reader) readMFRA(t *track, size int64) (places []place) {
	const tail = 16 // the mfro box, which tells where mfra begins
	if size < tail || d.s.Jump(size-tail) != nil {
		return nil
	}
	end, err := d.s.Append(nil, tail)
	if err != nil || string(end[4:8]) != "mfro" {
		return nil
	}
	f := fields{data: end[12:]}
	if d.s.Jump(max(size-int64(f.u32()), 0)) != nil {
		return nil
	}
	b, err := readBox(d.s)
	if err != nil || b.kind != "mfra" {
		return nil
	}
	data, err := load(d.s, b, maxIndex)
	if err != nil {
		return nil
	}
	err = children(data, func(kind string, data []byte) error {
		f := fields{data: data}
		v, _ := f.full()
		if kind != "tfra" || f.u32() != t.id {
			return nil
		}
		sizes := f.u32() // of three numbers behind each entry, in bytes less one
		behind := int(sizes>>4&3 + sizes>>2&3 + sizes&3 + 3)
		for range min(f.u32(), maxPlaces) {
			p := place{time: t.shown(f.long(v)), offset: f.long(v)}
			if f.skip(behind); f.short {
				break
			}
			if n := len(places); n == 0 || places[n-1].offset != p.offset { // the first of several in a fragment
				places = append(places, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return places
}

// readSIDX reads an index of the whole file in front of its fragments (§8.16.3). One of a single fragment says nothing new.
func (d *Reader) readSIDX(t *track, size int64) (places []place) {
	if d.s.Jump(d.fragments) != nil {
		return nil
	}
	for {
		b, err := readBox(d.s)
		switch {
		case err != nil || b.kind == "moof" || b.kind == "mdat":
			return nil
		case b.kind != "sidx":
			if d.s.Skip(b.size) != nil {
				return nil
			}
			continue
		}
		data, err := load(d.s, b, maxIndex)
		if err != nil {
			return nil
		}
		f := fields{data: data}
		v, _ := f.full()
		if f.u32() != t.id {
			continue
		}
		scale := f.u32()
		time, offset := f.long(v), f.long(v)
		offset += b.at + b.size
		f.skip(2)
		for range f.u16() {
			reference, length := f.u32(), f.u32()
			if f.skip(4); f.short || reference>>31 != 0 { // another index
				return nil
			}
			places = append(places, place{demux.Ticks(time, scale), offset})
			time += int64(length)
			offset += int64(reference)
		}
		if len(places) < 2 {
			return nil
		}
		return places
	}
}
