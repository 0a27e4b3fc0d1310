package ogg

import (
	"errors"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// maxLinks is the largest number of chained streams that are looked at; a radio recording has one for each song.
const maxLinks = 256

// chained measures the logical streams of a chained file (RFC 3533 §4), as far as they are played: until one is coded otherwise. It looks at
// some twenty places for each.
func (d *Reader) chained(size int64) error {
	var at int64
	for range maxLinks {
		if err := d.s.Jump(at); err != nil {
			return err
		}
		link := &Reader{s: d.s}
		err := link.head()
		switch {
		case err != nil && !bad(err):
			return err
		case err != nil || !alike(d.codec, link.codec):
			return nil
		case link.mixed: // its pages are among those of others
			d.whole = 0
			return nil
		}
		granule, end, err := link.end(size)
		if err != nil {
			return err
		}
		d.whole += max(link.time(granule), 0)
		at = end
	}
	d.whole = 0
	return nil
}

// head reads up to where the time of the first packet is known.
func (d *Reader) head() error {
	if err := d.open(nil); err != nil {
		return err
	}
	d.begin = d.s.Pos()
	for !d.known && !d.ended {
		if err := d.turn(); err != nil {
			return err
		}
	}
	return nil
}

// end finds the last page of a logical stream behind its headers, where other streams follow: the granule position there, and where in
// the file that is. It halves the file until the place is within a page or two.
func (d *Reader) end(size int64) (granule, at int64, err error) {
	low, high := d.begin, size
	for high-low > maxPage {
		middle := low + (high-low)/2
		if err := d.s.Jump(middle); err != nil {
			return 0, 0, err
		}
		p, buf, err := readPage(d.s, d.buf)
		switch d.buf = buf; {
		case err != nil && !bad(err):
			return 0, 0, err
		case err != nil || p.serial != d.serial || p.at >= high:
			high = middle
		default:
			low = p.at
		}
	}
	if err := d.s.Jump(low); err != nil {
		return 0, 0, err
	}
	for at = low; ; at = d.s.Pos() {
		p, buf, err := readPage(d.s, d.buf)
		d.buf = buf
		if err != nil && !bad(err) {
			return 0, 0, err
		}
		if err != nil || p.serial != d.serial {
			return granule, at, nil
		}
		granule = max(granule, p.granule)
	}
}

// bad tells whether it is the file that an error is about, rather than reading it.
func bad(err error) bool { return atEnd(err) || errors.Is(err, demux.ErrFormat) }
