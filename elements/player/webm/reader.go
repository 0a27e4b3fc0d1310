package webm

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Reader gives out the frames of a file in the order in which they are stored.
type Reader struct {
	s       stream
	header  header
	byTrack map[uint64]int // index of a track by its number

	first   element // the first cluster, where the frames begin
	none    bool    // there is no cluster at all
	inside  bool    // a cluster
	end     int64   // of the cluster, unknownSize if not said
	time    int64   // of the cluster, in units of the file
	needKey []bool  // by track: after a seek nothing is given out before a key frame
	cues    []cue   // sorted by time
	indexed bool    // cues were looked for

	err    error    // that ended the stream
	buf    []byte   // the block that is being given out
	laced  [][]byte // its frames
	frames [][]byte // of them, still to come
	next   Frame    // what the next of them will be
}

// NewReader reads the header. If r is also an io.Seeker, Seek works and large
// elements that are of no interest are skipped without reading them. Errors wrap ErrFormat or
// ErrTruncated, or are those of r.
func NewReader(r io.Reader) (*Reader, error) {
	source, ok := r.(*demux.Source)
	if !ok {
		source = demux.NewSource(r)
	}
	s := stream{source}
	h, first, err := readHeader(s)
	if err != nil && (err != io.EOF || len(h.tracks) == 0) {
		return nil, demux.Cut(err)
	}
	if len(h.tracks) == 0 {
		return nil, fmt.Errorf("%w: no tracks before the first cluster", ErrFormat)
	}
	d := &Reader{
		s: s, header: h, first: first, none: err == io.EOF,
		byTrack: make(map[uint64]int), needKey: make([]bool, len(h.tracks)),
	}
	for i, t := range h.tracks {
		d.byTrack[t.Number] = i
	}
	if !d.none {
		d.enter(first)
	}
	return d, nil
}

// Tracks are the tracks of the file; the slice must not be changed.
func (d *Reader) Tracks() []Track { return d.header.tracks }

// Date is when the file was made, zero if it does not say.
func (d *Reader) Date() time.Time { return d.header.date }

// Duration is that of the file as its header says, 0 if it does not.
func (d *Reader) Duration() time.Duration {
	v := d.header.duration * float64(d.header.scale)
	if !(v > 0 && v < math.MaxInt64/2) { // NaN too
		return 0
	}
	return time.Duration(v)
}

// Next returns the next frame of any track that Format knows. At the end of
// the file the error is io.EOF, where it was cut it wraps ErrTruncated. After an
// error every call returns the same, until a Seek.
func (d *Reader) Next() (Frame, error) {
	for d.err == nil {
		if len(d.frames) > 0 {
			f := d.take()
			if d.wanted(f) {
				return f, nil
			}
			continue
		}
		var e element
		if e, d.err = d.step(); d.err == nil {
			d.err = d.open(e)
		}
	}
	return Frame{}, d.err
}

// take gives out the next frame of a block; each starts where the one before it ends.
func (d *Reader) take() Frame {
	f := d.next
	f.Data = d.frames[0]
	d.frames = d.frames[1:]
	t := &d.header.tracks[f.Track]
	d.next.PTS += t.length(f.Data)
	return f
}

// wanted tells whether a frame can be decoded, after a seek.
func (d *Reader) wanted(f Frame) bool {
	if f.Key {
		d.needKey[f.Track] = false
	}
	return !d.needKey[f.Track]
}

// step goes to the next element that is a block, or leads to one.
func (d *Reader) step() (element, error) {
	if d.none {
		return element{}, io.EOF
	}
	if d.inside && d.s.Pos() >= d.end {
		d.inside = false
	}
	if !d.inside && d.s.Pos() >= d.header.end {
		return element{}, io.EOF
	}
	e, err := d.s.element()
	more := d.inside && d.end != unknownSize || d.header.end != unknownSize // was said to follow
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF && more {
		err = demux.Cut(err)
	}
	return e, err
}

// open deals with one element in a cluster or between two.
func (d *Reader) open(e element) error {
	switch e.id {
	case idCluster:
		d.enter(e)
	case idSeekHead, idInfo, idTracks, idCues, idChapters, idTags, idAttachments:
		d.inside = false // whatever the size of the cluster was said to be
		if e.id == idCues {
			d.header.cues = e.at - d.header.segment
		}
		return skipElement(d.s, e)
	case idEBML, idSegment:
		return io.EOF // another file is appended; its tracks could be anything
	case idTimestamp, idSimpleBlock, idBlockGroup:
		if !d.inside {
			return fmt.Errorf("%w: block outside of a cluster at %d", ErrFormat, e.at)
		}
		return d.openBlock(e)
	default:
		return skipElement(d.s, e)
	}
	return nil
}

func (d *Reader) enter(e element) {
	d.inside, d.time, d.end = true, 0, unknownSize
	if e.size < unknownSize-d.s.Pos() {
		d.end = d.s.Pos() + e.size
	}
}

// openBlock reads a block, or the time of the cluster.
func (d *Reader) openBlock(e element) error {
	if e.size > maxBlock {
		return fmt.Errorf("%w: block of %d bytes at %d", ErrFormat, e.size, e.at)
	}
	var err error
	if d.buf, err = d.s.Append(d.buf[:0], e.size); err != nil {
		return demux.Cut(err)
	}
	switch e.id {
	case idTimestamp:
		v := uintOf(d.buf)
		if v > math.MaxInt64/2 {
			return fmt.Errorf("%w: cluster time %d", ErrFormat, v)
		}
		d.time = int64(v)
		return nil
	case idSimpleBlock:
		b, err := parseBlock(d.buf)
		if err != nil {
			return err
		}
		return d.load(b)
	}
	b, err := parseGroup(d.buf)
	if err != nil {
		return err
	}
	return d.load(b)
}

// parseGroup finds the block in a BlockGroup. It is a key frame unless it refers to another.
func parseGroup(data []byte) (b block, err error) {
	found, refers := false, false
	err = children(data, func(id uint32, data []byte) (err error) {
		switch id {
		case idBlock:
			found = true
			b, err = parseBlock(data)
		case idReferenceBlock:
			refers = true
		}
		return err
	})
	if err == nil && !found {
		err = errBlock
	}
	b.key = !refers
	return b, err
}

// load makes the frames of a block those that are given out next.
func (d *Reader) load(b block) (err error) {
	i, known := d.byTrack[b.track]
	if !known || d.header.tracks[i].Codec == "" {
		return nil
	}
	at, ok := ticks(d.time+int64(b.offset), d.header.scale)
	if !ok {
		return fmt.Errorf("%w: block at %d units of %v", ErrFormat, d.time, d.header.scale)
	}
	if d.laced, err = b.frames(d.laced[:0]); err != nil {
		return err
	}
	t := &d.header.tracks[i]
	d.frames = d.laced
	d.next = Frame{Track: i, PTS: at - t.Delay, Key: b.key || t.Kind == media.Audio}
	return nil
}
