package hls

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// stampOwner is who owns the ID3 frame with the MPEG time stamp of the first frame of a segment (§3.4).
	stampOwner = "com.apple.streaming.transportStreamTimestamp"
	// maxTag is how much of an ID3 tag is looked at; pictures may follow.
	maxTag = 64 << 10
	// maxPacked is the largest frame: ADTS has 13 bits for its size, MP3 is smaller.
	maxPacked = 8 << 10
	// maxJunk is how many bytes are passed over in search of a frame.
	maxJunk = 1 << 20
)

// packed reads packed audio (§3.4): frames of AAC in ADTS, or of MP3, one after the other, and ID3 tags at the beginning of segments that
// say when that is. Without a tag a segment begins where the one before it ends.
type packed struct {
	s      *demux.Source
	split  demux.Split
	tracks []demux.Track
	next   time.Duration // of the next frame by its time stamp
	origin time.Duration // that of the first one
	tag    []byte
}

// isPacked tells whether a segment that begins so is packed audio.
func isPacked(head []byte) bool { return demux.ID3Size(head) > 0 || splitOf(head) != nil }

// splitOf is what takes frames apart of which the first begins so, nil: they are none.
func splitOf(head []byte) demux.Split {
	if _, ok := demux.ParseMP3(head); ok {
		return demux.SplitMP3
	}
	if _, err := aac.ParseADTS(head); err == nil {
		return demux.SplitADTS
	}
	return nil
}

// newPacked reads up to the first frame. Its time stamp should be near one; it is that one when it has none.
func newPacked(s *demux.Source, near time.Duration) (*packed, error) {
	p := &packed{s: s, next: near}
	if err := p.tags(); err != nil {
		return nil, err
	}
	head, err := s.Peek(demux.ID3Head)
	if p.split = splitOf(head); p.split == nil {
		if err != nil {
			return nil, demux.Cut(err)
		}
		_, err := aac.ParseADTS(head)
		return nil, fmt.Errorf("%w: packed audio that begins with %x is neither MP3 nor AAC: %w", demux.ErrFormat, head[:4], err)
	}
	first, err := p.find()
	if err != nil {
		return nil, demux.Cut(err)
	}
	p.tracks, p.origin = []demux.Track{{Format: first.format}}, p.next
	return p, nil
}

// tags reads the ID3 tags that stand here.
func (p *packed) tags() error {
	for {
		head, _ := p.s.Peek(demux.ID3Head)
		size := demux.ID3Size(head)
		if size == 0 {
			return nil
		}
		var err error
		if p.tag, err = p.s.Append(p.tag[:0], min(size, maxTag)); err != nil {
			return err
		}
		if err := p.s.Skip(size - int64(len(p.tag))); err != nil {
			return err
		}
		if data := demux.ID3Private(p.tag, stampOwner); len(data) == 8 {
			p.next = demux.Unwrap(int64(binary.BigEndian.Uint64(data)&(demux.StampWrap-1)), p.next)
		}
	}
}

// found is a frame that stands next in the source.
type found struct {
	data   []byte
	size   int // of what it takes up
	length time.Duration
	format media.Format
}

// find goes to the next frame. At the end the error is io.EOF, also when the last frame is not whole.
func (p *packed) find() (found, error) {
	for range maxJunk {
		if err := p.tags(); err != nil {
			return found{}, err
		}
		f, err := p.look()
		if err != nil || f.data != nil {
			return f, err
		}
		if err := p.s.Skip(int64(f.size)); err != nil {
			return found{}, err
		}
	}
	return found{}, fmt.Errorf("%w: no frame of sound in %d places", demux.ErrFormat, maxJunk)
}

// look sees whether a frame stands here: no more is read than it takes up, twice that at most. Without data so many bytes are none.
func (p *packed) look() (f found, err error) {
	for n := 64; ; n *= 2 {
		b, err := p.s.Peek(n)
		f.data, f.size, f.length, f.format = p.split(b)
		switch {
		case f.size >= 0:
			return f, nil
		case err != nil:
			return f, err
		case n >= maxPacked:
			return found{size: 1}, nil
		}
	}
}

// Tracks is part of demux.Reader.
func (p *packed) Tracks() []demux.Track { return p.tracks }

// Next is part of demux.Reader.
func (p *packed) Next() (demux.Frame, error) {
	f, err := p.find()
	if err != nil {
		return demux.Frame{}, err
	}
	at := p.next - p.origin
	p.next += f.length
	return demux.Frame{PTS: at, DTS: at, Key: true, Data: f.data}, p.s.Skip(int64(f.size)) // the data stays in the buffer
}

// Began is the time stamp that counts as 0 (demux.Began).
func (p *packed) Began() time.Duration { return p.origin }

// Duration is part of demux.Reader: the playlist knows it.
func (p *packed) Duration() time.Duration { return 0 }

// Seekable is part of demux.Reader.
func (p *packed) Seekable() bool { return false }

// Seek is part of demux.Reader.
func (p *packed) Seek(time.Duration) error {
	return fmt.Errorf("%w: a segment is read from its beginning", demux.ErrSeek)
}

var _ demux.Reader = (*packed)(nil)
