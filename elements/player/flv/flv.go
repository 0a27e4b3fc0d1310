// Package flv reads Flash Video files (Adobe, "Video File Format Specification", version 10.1, annex E) with H264, AAC, MP3, G.711
// and sound that is not compressed.
package flv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Limits on how far the beginning is searched for what the tracks are, and on the index.
const (
	maxProbe   = 4 << 20 // bytes
	maxScript  = 1 << 20 // bytes of a script tag that are read
	maxIndexed = 1 << 18 // key frames
)

// The kinds of tags (§E.4.1).
const (
	tagAudio, tagVideo, tagScript = 8, 9, 18

	hasVideo, hasAudio = 1, 4 // in the header
)

// tag is one tag, without its data.
type tag struct {
	kind byte
	size int64
	time time.Duration
	at   int64 // of the tag in the file
}

// Reader gives out frames.
type Reader struct {
	s        *demux.Source
	tracks   []demux.Track
	video    *video
	audio    *audio
	pending  []demux.Frame // that were read in search of the tracks
	begin    int64         // of the first tag
	duration time.Duration
	origin   time.Duration // of the first frame
	begun    bool
	needKey  bool
	index    []place
	indexed  bool
	opened   bool // no track is added any more: who has asked knows those there are
	buf      []byte
}

// place is a tag at which decoding can begin.
type place struct {
	time time.Duration
	at   int64
}

// Is tells whether a file that begins so is one for this package.
func Is(head []byte) bool { return len(head) >= 9 && string(head[:4]) == "FLV\x01" }

// NewReader reads until it knows the tracks that the header tells of.
func NewReader(s *demux.Source) (*Reader, error) {
	head, err := s.Append(nil, 9)
	if err != nil || !Is(head) {
		return nil, fmt.Errorf("%w: no FLV header", demux.ErrFormat)
	}
	if err := s.Skip(int64(binary.BigEndian.Uint32(head[5:])) - 9 + 4); err != nil {
		return nil, err
	}
	d := &Reader{s: s, begin: s.Pos()}
	wantVideo, wantAudio := head[4]&hasVideo != 0, head[4]&hasAudio != 0
	if !wantVideo && !wantAudio {
		wantVideo, wantAudio = true, true
	}
	for s.Pos()-d.begin < maxProbe && (wantVideo && d.video == nil || wantAudio && d.audio == nil) {
		f, ok, err := d.step()
		if err == io.EOF || errors.Is(err, demux.ErrTruncated) {
			break // Next will say it again
		}
		if err != nil {
			return nil, err
		}
		if ok {
			f.Data = bytes.Clone(f.Data)
			d.pending = append(d.pending, f)
		}
	}
	if len(d.tracks) == 0 {
		return nil, fmt.Errorf("%w: no track of a known codec in FLV", demux.ErrFormat)
	}
	d.opened = true
	return d, nil
}

// readTag reads the head of a tag. At the end of the file the error is io.EOF.
func (d *Reader) readTag() (tag, error) {
	t := tag{at: d.s.Pos()}
	var err error
	if d.buf, err = d.s.Append(d.buf[:0], 11); err != nil {
		return t, err
	}
	b := d.buf
	t.kind = b[0] & 0x1f
	t.size = int64(b[1])<<16 | int64(b[2])<<8 | int64(b[3])
	ms := uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
	t.time = time.Duration(int32(ms)) * time.Millisecond
	return t, nil
}

// step reads one tag; ok: it is a frame.
func (d *Reader) step() (f demux.Frame, ok bool, err error) {
	t, err := d.readTag()
	if err != nil {
		return f, false, err
	}
	if t.kind != tagAudio && t.kind != tagVideo && (t.kind != tagScript || t.size > maxScript) {
		return f, false, d.s.Skip(t.size + 4)
	}
	if d.buf, err = d.s.Append(d.buf[:0], t.size+4); err != nil { // and the size again
		return f, false, demux.Cut(err)
	}
	data := d.buf[:t.size]
	switch t.kind {
	case tagScript:
		d.readScript(data)
		return f, false, nil
	case tagAudio:
		f, ok, err = d.readAudio(data)
	default:
		f, ok, err = d.readVideo(data)
	}
	if !ok || err != nil {
		return f, false, err
	}
	if !d.begun {
		d.origin, d.begun = t.time, true
	}
	f.DTS = t.time - d.origin
	f.PTS += f.DTS
	return f, true, nil
}

// readScript looks for the duration in the onMetaData message (§E.5): its name with a length, the type number and the number.
func (d *Reader) readScript(data []byte) {
	const name = "\x00\x08duration\x00"
	i := bytes.Index(data, []byte(name))
	if i < 0 || len(data) < i+len(name)+8 {
		return
	}
	seconds := math.Float64frombits(binary.BigEndian.Uint64(data[i+len(name):]))
	if seconds > 0 && seconds < 1e9 {
		d.duration = time.Duration(seconds * float64(time.Second))
	}
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Duration is part of demux.Reader.
func (d *Reader) Duration() time.Duration { return d.duration }

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	if len(d.pending) > 0 {
		f := d.pending[0]
		d.pending = d.pending[1:]
		return f, nil
	}
	for {
		f, ok, err := d.step()
		if err != nil {
			return demux.Frame{}, err
		}
		if !ok {
			continue
		}
		if d.needKey && d.tracks[f.Track].Format.Kind == media.Video {
			if !f.Key {
				continue
			}
			d.needKey = false
		}
		return f, nil
	}
}

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() }

// Seek is part of demux.Reader. The first one looks at all tags.
func (d *Reader) Seek(t time.Duration) error {
	if !d.indexed {
		if err := d.scan(); err != nil {
			return err
		}
		d.indexed = true
	}
	to := d.begin
	for _, p := range d.index {
		if p.time > t {
			break
		}
		to = p.at
	}
	d.pending, d.needKey = nil, d.video != nil
	return d.s.Jump(to)
}

// scan makes the index. What a cut tail hides is not in it.
func (d *Reader) scan() error {
	if err := d.s.Jump(d.begin); err != nil {
		return err
	}
	d.index = nil
	for len(d.index) < maxIndexed {
		t, err := d.readTag()
		if err == nil {
			first, _ := d.s.Peek(2)
			if len(first) == 2 && d.leads(t, first) {
				d.index = append(d.index, place{t.time - d.origin, t.at})
			}
			err = d.s.Skip(t.size + 4)
		}
		switch {
		case err == io.EOF || errors.Is(err, demux.ErrTruncated):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// leads tells whether decoding can begin with a tag whose data begin so.
func (d *Reader) leads(t tag, data []byte) bool {
	if d.video == nil {
		return t.kind == tagAudio
	}
	return t.kind == tagVideo && data[0] == keyFrame<<4|codecAVC && data[1] == packetFrame
}
