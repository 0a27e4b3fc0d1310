// Package ts reads MPEG transport streams (ISO/IEC 13818-1, M2TS too): the first program, with H264, H265, AAC in ADTS, MP3 and
// Opus. One PES packet holds one picture, as all usual muxers make them.
package ts

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// maxProbe is how far the beginning is searched for the tracks, in bytes.
const maxProbe = 4 << 20

// Reader gives out frames.
type Reader struct {
	s        *demux.Source
	tracks   []demux.Track
	pmt      uint16
	streams  map[uint16]*stream
	frames   []demux.Frame // to be given out; their times as in the file
	near     time.Duration // a time that was seen last, to which the next ones are near
	origin   time.Duration
	begin    int64
	duration time.Duration
	needKey  bool
	err      error
	opened   bool // no track is added any more: who has asked knows those there are
}

// Is tells whether a file that begins so is one for this package: three packets in a row.
func Is(head []byte) bool {
	for _, size := range []int{packetSize, packetSize + 4} {
		at := size - packetSize
		if len(head) > at+2*size && head[at] == syncByte && head[at+size] == syncByte && head[at+2*size] == syncByte {
			return true
		}
	}
	return false
}

// NewReader reads until each stream of the program has given a frame.
func NewReader(s *demux.Source) (*Reader, error) {
	d := &Reader{s: s, begin: s.Pos()}
	for s.Pos()-d.begin < maxProbe && !d.complete() && d.err == nil {
		d.step()
	}
	if len(d.frames) == 0 {
		if d.err != nil && d.err != io.EOF {
			return nil, d.err
		}
		return nil, fmt.Errorf("%w: no program of known codecs", demux.ErrFormat)
	}
	d.origin = d.frames[0].PTS
	for _, f := range d.frames {
		d.origin = min(d.origin, f.PTS)
	}
	d.opened = true
	return d, d.measure()
}

// complete tells whether all tracks are known.
func (d *Reader) complete() bool {
	for _, st := range d.streams {
		if st.track < 0 {
			return false
		}
	}
	return len(d.streams) > 0
}

// step reads one packet.
func (d *Reader) step() {
	p, err := readPacket(d.s)
	if err != nil {
		for _, st := range d.streams {
			d.close(st) // what came last has no successor to end it
		}
		d.err = err
		return
	}
	switch st := d.streams[p.pid]; {
	case st != nil:
		d.collect(st, p)
	case p.pid == 0 && p.starts && d.pmt == 0:
		d.pmt = readPAT(p.payload)
	case d.pmt != 0 && p.pid == d.pmt && p.starts && d.streams == nil:
		d.describe(readPMT(p.payload))
	}
}

// describe opens the streams that are of a known kind.
func (d *Reader) describe(all []described) {
	if len(all) == 0 {
		return
	}
	d.streams = map[uint16]*stream{}
	for _, one := range all {
		st := &stream{described: one, track: -1}
		switch {
		case one.kind == typeH264 || one.kind == typeH265:
			st.nals = demux.NewAnnexB(one.kind == typeH265)
		case one.kind == typeMPEG1 || one.kind == typeMPEG2 || one.kind == typeADTS || one.kind == typePrivate && one.opus:
		default:
			continue
		}
		d.streams[one.pid] = st
	}
}

// maxSound is the size of the largest PES packet of sound; it has a length of 16 bits.
const maxSound = 64 << 10

// most is how large a PES packet can be.
func (st *stream) most() int {
	if st.nals != nil {
		return demux.MaxFrame
	}
	return maxSound
}

// collect puts a PES packet together. One of which something was lost is left out.
func (d *Reader) collect(st *stream, p packet) {
	if p.payload == nil {
		return
	}
	lost := p.counter != (st.counter+1)&0xf
	again := st.begun && p.counter == st.counter // packets may be sent twice
	st.counter = p.counter
	switch {
	case p.starts:
		d.close(st)
		st.pes, st.begun = append(st.pes[:0], p.payload...), true
		return
	case again || !st.begun:
		return
	case lost || len(st.pes) > st.most():
		st.begun, st.rest = false, st.rest[:0]
		return
	}
	st.pes = append(st.pes, p.payload...)
}

// add returns the number of a new track, -1 for one that comes too late.
func (d *Reader) add(t demux.Track) int {
	if d.opened {
		return -1
	}
	d.tracks = append(d.tracks, t)
	return len(d.tracks) - 1
}

func (d *Reader) emit(f demux.Frame) {
	if d.needKey && d.tracks[f.Track].Format.Kind == media.Video {
		if !f.Key {
			return
		}
		d.needKey = false
	}
	f.Data = bytes.Clone(f.Data)
	d.frames = append(d.frames, f)
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Duration is part of demux.Reader.
func (d *Reader) Duration() time.Duration { return d.duration }

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	for len(d.frames) == 0 {
		if d.err != nil {
			return demux.Frame{}, d.err
		}
		d.step()
	}
	f := d.frames[0]
	d.frames = d.frames[1:]
	f.PTS -= d.origin
	f.DTS -= d.origin
	return f, nil
}

// Began is the time stamp that counts as 0 (demux.Began).
func (d *Reader) Began() time.Duration { return d.origin }

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() && d.duration > 0 }
