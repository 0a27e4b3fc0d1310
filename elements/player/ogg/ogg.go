// Package ogg reads Ogg files (RFC 3533) with Opus (RFC 7845) or Vorbis, of which the first logical stream is played, and those
// that are chained behind it if they are coded alike.
package ogg

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// Limits on what a file can make us hold.
const (
	maxPacket = 1 << 20 // bytes; the setup header of Vorbis is the largest
	maxHeads  = 64      // logical streams that begin together
)

// Reader gives out packets.
type Reader struct {
	s      *demux.Source
	tracks []demux.Track
	codec  codec
	serial uint32
	begin  int64         // where in the file the pages with sound begin
	last   int64         // granule position at the end, -1: not known
	whole  time.Duration // of all chained streams, 0: not known
	mixed  bool          // other logical streams begin together with it

	buf      []byte
	partial  []byte   // of a packet that goes on on the next page
	packets  [][]byte // of the present page, still to come
	position int64    // granule position of the next packet
	known    bool     // position is
	origin   int64    // granule position at which the stream begins
	zeroed   bool     // origin was found
	shift    time.Duration
	from     time.Duration // after a seek: packets that begin earlier are left out
	ended    bool          // the logical stream is over
}

// everything is the time before all.
const everything = time.Duration(math.MinInt64)

// Is tells whether a file that begins so is one for this package.
func Is(head []byte) bool { return len(head) >= 5 && string(head[:5]) == "OggS\x00" }

// NewReader reads the headers, and where the source can seek the last page.
func NewReader(s *demux.Source) (*Reader, error) {
	d := &Reader{s: s, last: -1, from: everything}
	if err := d.open(nil); err != nil {
		return nil, err
	}
	f := d.codec.format()
	if f.Codec == "" {
		return nil, fmt.Errorf("%w: Vorbis headers", demux.ErrFormat)
	}
	d.tracks = []demux.Track{{Format: f}}
	d.begin = s.Pos()
	return d, d.measure()
}

// open finds a logical stream that can be played and reads its headers. first is a page that was read already, or nil.
func (d *Reader) open(first *page) error {
	d.codec, d.partial, d.packets, d.known, d.zeroed, d.ended, d.mixed = nil, nil, nil, false, false, false, false
	for heads := 0; ; {
		var p page
		var err error
		if first != nil {
			p, first = *first, nil
		} else if p, d.buf, err = readPage(d.s, d.buf); err != nil {
			return demux.Cut(err)
		}
		if p.flags&flagFirst != 0 && d.codec == nil {
			if heads++; heads > maxHeads {
				return fmt.Errorf("%w: more than %d logical streams", demux.ErrFormat, maxHeads)
			}
			d.codec, d.serial, d.mixed = newCodec(p.body), p.serial, heads > 1
			continue
		}
		if d.codec == nil {
			return fmt.Errorf("%w: neither Opus nor Vorbis in Ogg", demux.ErrFormat)
		}
		if p.serial != d.serial {
			d.mixed = true
			continue
		}
		if err := d.split(p); err != nil {
			return err
		}
		for len(d.packets) > 0 {
			packet := d.packets[0]
			d.packets = d.packets[1:]
			if done, err := d.codec.header(packet); err != nil || done {
				d.packets = nil // headers end on a page of their own
				return err
			}
		}
	}
}

// split makes the packets of a page those that are given out next.
func (d *Reader) split(p page) error {
	body, size := p.body, 0
	if p.flags&flagContinued == 0 {
		d.partial = nil
	}
	lost := p.flags&flagContinued != 0 && d.partial == nil // the packet's beginning was not seen
	d.packets = d.packets[:0]
	for _, n := range p.sizes {
		if size += int(n); n == 255 {
			continue
		}
		packet := body[:size]
		body, size = body[size:], 0
		if d.partial != nil {
			packet = append(d.partial, packet...)
			d.partial = nil
		}
		if !lost {
			d.packets = append(d.packets, packet)
		}
		lost = false
	}
	if size > 0 && !lost {
		if len(d.partial)+size > maxPacket {
			return fmt.Errorf("%w: packet of more than %d bytes", demux.ErrFormat, maxPacket)
		}
		d.partial = append(append([]byte{}, d.partial...), body[:size]...)
	}
	return nil
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	for {
		for len(d.packets) == 0 {
			if err := d.turn(); err != nil {
				return demux.Frame{}, err
			}
		}
		packet := d.packets[0]
		d.packets = d.packets[1:]
		at := d.time(d.position) + d.shift
		d.position += d.codec.samples(packet)
		if d.time(d.position)+d.shift > d.from {
			return demux.Frame{PTS: at, DTS: at, Key: true, Data: packet}, nil
		}
	}
}

// time is that of a granule position.
func (d *Reader) time(granule int64) time.Duration {
	return demux.Ticks(granule-d.origin-d.codec.skip(), d.codec.rate())
}

// turn goes to the next page.
func (d *Reader) turn() error {
	p, buf, err := readPage(d.s, d.buf)
	if d.buf = buf; err != nil {
		return err
	}
	if d.ended && p.flags&flagFirst != 0 {
		return d.chain(p)
	}
	if p.serial != d.serial {
		return nil
	}
	if err := d.split(p); err != nil {
		return err
	}
	if p.flags&flagLast != 0 {
		d.ended = true
	}
	d.locate(p)
	return nil
}

// locate finds the position of the page's first packet: that at which the page before ended, else what its own end and its
// packets say. The end of the last page says how much of it is to be heard.
func (d *Reader) locate(p page) {
	if d.known || p.granule < 0 {
		return
	}
	var sum int64
	for _, packet := range d.packets {
		sum += d.codec.samples(packet)
	}
	d.codec.reset()
	d.position, d.known = p.granule-sum, true
	if p.flags&flagLast != 0 {
		d.position = max(d.position, 0)
	}
	if !d.zeroed {
		d.origin, d.zeroed = max(d.position, 0), true
	}
}

// alike tells whether frames of one format can follow those of another: the comments of Vorbis are no matter.
func alike(a, b codec) bool {
	x, vorbis := a.(*vorbisCodec)
	y, too := b.(*vorbisCodec)
	if !vorbis || !too {
		return vorbis == too
	}
	return bytes.Equal(x.identification, y.identification) && bytes.Equal(x.setup, y.setup)
}

// chain goes on with the next logical stream, if it is coded alike.
func (d *Reader) chain(first page) error {
	end, before := d.time(d.position)+d.shift, d.codec
	if err := d.open(&first); err != nil {
		return err
	}
	if !alike(before, d.codec) {
		return io.EOF
	}
	d.origin, d.shift = 0, end
	return nil
}
