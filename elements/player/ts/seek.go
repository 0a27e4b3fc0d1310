package ts

import (
	"fmt"
	"io"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	tail = 1 << 20   // bytes at the end that are searched for the last time stamps
	near = 256 << 10 // bytes to which the place of a seek is narrowed down
)

// measure finds the duration: the last time stamps, and how long a frame lasts.
func (d *Reader) measure() error {
	size := d.s.Size()
	if size < 0 {
		return nil
	}
	here := d.s.Pos()
	if err := d.s.Jump(max(d.begin, size-tail)); err != nil {
		return err
	}
	var last, before time.Duration
	for {
		_, at, _, err := d.nextStamp(d.lead())
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if at > last {
			last, before = at, last
		} else if at > before {
			before = at
		}
	}
	if last > d.origin {
		d.duration = last - d.origin
		if before > d.origin && last-before < time.Second {
			d.duration += last - before
		}
	}
	return d.s.Jump(here)
}

// lead is the stream that decides where playing can begin.
func (d *Reader) lead() *stream {
	var lead *stream
	for _, st := range d.streams {
		if st.track >= 0 && (lead == nil || st.track == demux.Lead(d.tracks)) {
			lead = st
		}
	}
	return lead
}

// nextStamp looks for the next PES packet of a stream that begins with a time.
func (d *Reader) nextStamp(st *stream) (pos int64, at time.Duration, random bool, err error) {
	for {
		p, err := readPacket(d.s)
		if err != nil {
			return 0, 0, false, err
		}
		if p.pid != st.pid || !p.starts || p.payload == nil {
			continue
		}
		if h, ok := parsePES(p.payload); ok && h.pts >= 0 {
			// Forward from the origin: a file of more than 26 hours would be ambiguous.
			return p.at, d.origin + forward(h.pts, d.origin), p.random || st.nals != nil && d.isKey(st, h.data), nil
		}
	}
}

// forward is how far a stamp is after a time; a little before it is below 0.
func forward(v int64, from time.Duration) time.Duration {
	n := (v - demux.Units(from, demux.StampClock)) % demux.StampWrap
	if n < -10*demux.StampClock {
		n += demux.StampWrap
	}
	return demux.Ticks(n, demux.StampClock)
}

// isKey looks at the beginning of a picture.
func (d *Reader) isKey(st *stream, data []byte) bool {
	_, key := demux.NewAnnexB(st.kind == typeH265).Unit(data)
	return key
}

// Seek is part of demux.Reader.
func (d *Reader) Seek(t time.Duration) error {
	if !d.Seekable() {
		return fmt.Errorf("%w: the source is a stream", demux.ErrSeek)
	}
	st := d.lead()
	to := max(t, 0) + d.origin
	low, err := d.narrow(st, to)
	if err != nil {
		return err
	}
	place := d.begin
	for back := int64(near); ; back *= 4 {
		from := max(d.begin, low-back)
		found, err := d.lastKey(st, from, to)
		if err != nil {
			return err
		}
		if found >= 0 {
			place = found
			break
		}
		if from == d.begin {
			break
		}
	}
	for _, other := range d.streams {
		other.begun, other.rest = false, other.rest[:0]
	}
	d.frames, d.err, d.near = nil, nil, to
	d.needKey = d.tracks[st.track].Format.Kind == media.Video
	return d.s.Jump(place)
}

// narrow halves the file until the place of a time is within a few hundred kilobytes, and returns a place before it.
func (d *Reader) narrow(st *stream, to time.Duration) (int64, error) {
	low, high := d.begin, d.s.Size()
	for high-low > near {
		middle := low + (high-low)/2
		if err := d.s.Jump(middle); err != nil {
			return 0, err
		}
		_, at, _, err := d.nextStamp(st)
		switch {
		case err != nil && err != io.EOF:
			return 0, err
		case err != nil || at > to:
			high = middle
		default:
			low = middle
		}
	}
	return low, nil
}

// lastKey finds the last place at or before a time from which can be decoded, -1: there is none behind from.
func (d *Reader) lastKey(st *stream, from int64, to time.Duration) (int64, error) {
	if err := d.s.Jump(from); err != nil {
		return 0, err
	}
	found := int64(-1)
	for {
		pos, at, random, err := d.nextStamp(st)
		switch {
		case err == io.EOF || err == nil && at > to+time.Second:
			return found, nil
		case err != nil:
			return 0, err
		}
		if at <= to && (random || st.nals == nil) {
			found = pos
		}
	}
}
