// Package mp4 reads MP4 and QuickTime files (ISO/IEC 14496-12, -14, -15; QuickTime File Format), fragmented ones too. The
// tables of a file are kept as they are stored and walked by cursors. Section numbers here are those of ISO/IEC 14496-12.
package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Reader gives out the samples of a file as far as possible in the order in which they are stored.
type Reader struct {
	s         *demux.Source
	movie     *movie
	tracks    []demux.Track
	fragments int64 // where the boxes behind moov begin
	next      int64 // the box to be looked at next
	origin    time.Duration
	zeroed    bool // origin was found
	index     []place
	indexed   bool
	length    time.Duration // of a fragmented file, found out
	data      []byte
}

// Is tells whether a file that begins so is one for this package.
func Is(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "styp", "moov", "mdat", "wide", "pnot":
		return true
	case "free", "skip":
		return head[0] == 0
	}
	return false
}

// NewReader reads up to the end of the moov box. Where that is at the end of the file, the source must be one that can seek.
func NewReader(s *demux.Source) (*Reader, error) {
	d := &Reader{s: s}
	for {
		b, err := readBox(s)
		if err == io.EOF {
			return nil, fmt.Errorf("%w: no moov box", demux.ErrTruncated)
		}
		if err != nil {
			return nil, err
		}
		if b.kind != "moov" {
			if b.kind == "mdat" && !s.Seekable() {
				return nil, fmt.Errorf("%w: the index is behind the data, and the source cannot go back", demux.ErrFormat)
			}
			if err := s.Skip(b.size); err != nil {
				return nil, err
			}
			continue
		}
		data, err := load(s, b, maxMovie)
		if err != nil {
			return nil, err
		}
		if d.movie, err = parseMovie(data); err != nil {
			return nil, err
		}
		break
	}
	d.fragments, d.next = s.Pos(), s.Pos()
	for _, t := range d.movie.tracks {
		d.tracks = append(d.tracks, t.info)
	}
	if len(d.tracks) == 0 {
		return nil, fmt.Errorf("%w: no tracks", demux.ErrFormat)
	}
	return d, d.measure()
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Duration is what the header says, or where a fragmented file ends.
func (d *Reader) Duration() time.Duration {
	return max(demux.Ticks(d.movie.duration, d.movie.scale), d.length, 0)
}

// Began is the time that counts as 0 (demux.Began): of a fragmented file, that of its first frame.
func (d *Reader) Began() time.Duration { return d.origin }

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() }

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	for {
		i, s := d.pick()
		if i < 0 {
			if err := d.nextFragment(); err != nil {
				return demux.Frame{}, err
			}
			continue
		}
		t := d.movie.tracks[i]
		t.advance()
		if t.over(s.pts, d.movie.scale) || t.needKey && !s.key {
			continue
		}
		t.needKey = false
		frame, err := d.read(t, s)
		if err != nil {
			return demux.Frame{}, err
		}
		if len(frame) == 0 {
			continue
		}
		f := demux.Frame{Track: i, PTS: t.shown(s.pts), DTS: t.shown(min(s.dts-t.early, s.pts)), Key: s.key || t.info.Format.Kind == media.Audio, Data: frame}
		d.begin(f.DTS)
		f.PTS, f.DTS = f.PTS-d.origin, f.DTS-d.origin
		return f, nil
	}
}

// begin finds, at the first frame of a fragmented file, when the file begins: one that was cut out of a broadcast does not at 0.
func (d *Reader) begin(first time.Duration) {
	if !d.zeroed {
		d.zeroed = true
		if d.next > d.fragments {
			d.origin = max(first, 0)
		}
	}
}

// read makes the frame of a sample.
func (d *Reader) read(t *track, s sample) ([]byte, error) {
	if s.size > demux.MaxFrame {
		return nil, fmt.Errorf("%w: sample of %d bytes", demux.ErrFormat, s.size)
	}
	if err := d.goTo(s.offset); err != nil {
		return nil, err
	}
	var err error
	if d.data, err = d.s.Append(d.data[:0], s.size); err != nil {
		return nil, demux.Cut(err)
	}
	return t.coding.Frame(d.data, s.key)
}

// goTo goes to a position, forward in a stream that cannot seek.
func (d *Reader) goTo(offset int64) error {
	if ahead := offset - d.s.Pos(); ahead >= 0 {
		return d.s.Skip(ahead)
	}
	return d.s.Jump(offset)
}

// spread is how far decode times may be apart while samples are taken in the order of the file.
const spread = time.Second

// pick finds the sample that comes next: the one that is stored first, unless another one is due long before.
func (d *Reader) pick() (best int, s sample) {
	best = -1
	var earliest time.Duration
	early, earlySample := -1, sample{}
	for i, t := range d.movie.tracks {
		now, ok := t.current()
		if !ok || !t.info.Playable() {
			continue
		}
		if at := t.shown(now.dts); early < 0 || at < earliest {
			early, earliest, earlySample = i, at, now
		}
		if best < 0 || now.offset < s.offset {
			best, s = i, now
		}
	}
	if best >= 0 && d.s.Seekable() && d.movie.tracks[best].shown(s.dts)-earliest > spread {
		return early, earlySample
	}
	return best, s
}

// current is the next sample of a track: those of the table first, then those of the fragment.
func (t *track) current() (sample, bool) {
	if s, ok := t.cursor.current(); ok {
		return s, true
	}
	if len(t.runs) == 0 {
		return sample{}, false
	}
	return t.runs[0].now, true
}

func (t *track) advance() {
	if _, ok := t.cursor.current(); ok {
		t.cursor.advance()
		return
	}
	if !t.runs[0].next() {
		t.runs = t.runs[1:]
	}
}

// nextFragment reads up to the next moof box. At the end of the file the error is io.EOF.
func (d *Reader) nextFragment() error {
	if !d.movie.extends {
		return io.EOF
	}
	if d.next == toEnd {
		return io.EOF
	}
	if err := d.goTo(d.next); err != nil {
		if errors.Is(err, demux.ErrSeek) {
			err = demux.Cut(io.EOF)
		}
		return err
	}
	b, err := readBox(d.s)
	if err != nil {
		return err
	}
	if b.size == toEnd {
		return io.EOF
	}
	if d.next = b.at + b.size; b.kind != "moof" {
		return nil
	}
	data, err := load(d.s, b, maxFragment)
	if err != nil {
		return err
	}
	d.passData()
	for _, t := range d.movie.tracks {
		t.runs = nil
	}
	return d.movie.parseFragment(data, boxStart(b))
}

// passData takes the mdat box that follows a fragment for read: its samples are, and a stream could not go back to its head.
func (d *Reader) passData() {
	head, _ := d.s.Peek(16)
	if len(head) < 8 || string(head[4:8]) != "mdat" {
		return
	}
	switch size := binary.BigEndian.Uint32(head); {
	case size == 0:
		d.next = toEnd
	case size == 1 && len(head) < 16: // cut off
	case size == 1:
		d.next += int64(min(binary.BigEndian.Uint64(head[8:]), math.MaxInt64/2))
	default:
		d.next += int64(size)
	}
}

// boxStart is where a moof box begins, whose head has eight bytes.
func boxStart(b box) int64 { return b.at - 8 }
