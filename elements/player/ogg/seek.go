package ogg

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// preRoll is how long before the target decoding begins (RFC 7845 §4.6).
const preRoll = 80 * time.Millisecond

// measure looks for the position at the end of the file. In a chained file that is another stream's.
func (d *Reader) measure() error {
	size := d.s.Size()
	if size < 0 {
		return nil
	}
	if err := d.s.Jump(max(d.begin, size-2*maxPage)); err != nil {
		return err
	}
	for {
		p, buf, err := readPage(d.s, d.buf)
		if d.buf = buf; err != nil {
			if !bad(err) {
				return err
			}
			break
		}
		switch {
		case p.serial != d.serial && p.flags&flagFirst != 0:
			d.last = -1
		case p.serial == d.serial && p.granule > 0:
			d.last = p.granule
		}
	}
	if d.last < 0 && d.s.Local() { // elsewhere each place would be a request to a web server
		if err := d.chained(size); err != nil {
			return err
		}
	}
	return d.s.Jump(d.begin)
}

// Duration is part of demux.Reader.
func (d *Reader) Duration() time.Duration {
	if d.last < 0 {
		return d.whole
	}
	return max(d.time(d.last), 0)
}

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() && d.last >= 0 }

// Seek is part of demux.Reader. It halves the file until the place is within a page or two (RFC 3533 §3).
func (d *Reader) Seek(t time.Duration) error {
	if !d.Seekable() {
		return fmt.Errorf("%w: the source is a stream, or has chained streams", demux.ErrSeek)
	}
	t = max(t-preRoll, 0)
	low, high := d.begin, d.s.Size()
	for high-low > maxPage {
		middle := low + (high-low)/2
		if err := d.s.Jump(middle); err != nil {
			return err
		}
		p, err := d.own()
		switch {
		case err != nil && !atEnd(err):
			return err
		case err != nil || d.time(p.granule) > t || p.at >= high:
			high = middle
		default:
			low = p.at
		}
	}
	if err := d.s.Jump(low); err != nil {
		return err
	}
	for from := low; ; {
		p, err := d.own()
		if err != nil && !atEnd(err) {
			return err
		}
		if err != nil || d.time(p.granule) > t {
			d.packets, d.partial, d.known, d.ended = nil, nil, false, false
			d.codec.reset()
			if d.from = t; t == 0 {
				d.from = everything
			}
			return d.s.Jump(from)
		}
		from = d.s.Pos()
	}
}

// own reads the next page of the logical stream on which a packet ends.
func (d *Reader) own() (page, error) {
	for {
		p, buf, err := readPage(d.s, d.buf)
		if d.buf = buf; err != nil || p.serial == d.serial && p.granule >= 0 {
			return p, err
		}
	}
}

func atEnd(err error) bool { return err == io.EOF || errors.Is(err, demux.ErrTruncated) }
