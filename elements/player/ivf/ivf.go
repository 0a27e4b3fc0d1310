// Package ivf reads IVF files, the container of libvpx' and libaom's tools: a header of 32 bytes, and frames with a size and a
// time of 12 bytes in front, all little endian.
package ivf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/codec/av1"
	"github.com/rivero-media/rivero/pipeline/codec/vp9"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	headerSize = 32
	frameHead  = 12
)

// Reader gives out frames.
type Reader struct {
	s        *demux.Source
	tracks   []demux.Track
	rate     uint32 // units of time are scale/rate seconds
	scale    uint32
	begin    int64
	count    int64 // of frames, as the header says
	duration time.Duration
	units    *demux.OBUs // of AV1
	origin   int64       // time of the first frame
	begun    bool
	buf      []byte
}

// Is tells whether a file that begins so is one for this package.
func Is(head []byte) bool { return len(head) >= 4 && string(head[:4]) == "DKIF" }

// NewReader reads the header, and where the source can seek the time of the last frame.
func NewReader(s *demux.Source) (*Reader, error) {
	head, err := s.Append(nil, headerSize)
	if err != nil {
		return nil, demux.Cut(err)
	}
	length := int64(binary.LittleEndian.Uint16(head[6:]))
	if !Is(head) || length < headerSize {
		return nil, fmt.Errorf("%w: no IVF header", demux.ErrFormat)
	}
	if err := s.Skip(length - headerSize); err != nil {
		return nil, err
	}
	d := &Reader{s: s, begin: s.Pos(), rate: binary.LittleEndian.Uint32(head[16:]), scale: binary.LittleEndian.Uint32(head[20:]),
		count: int64(binary.LittleEndian.Uint32(head[24:]))}
	if d.rate == 0 || d.scale == 0 {
		return nil, fmt.Errorf("%w: IVF with %d/%d units a second", demux.ErrFormat, d.rate, d.scale)
	}
	t := demux.Track{Width: int(binary.LittleEndian.Uint16(head[12:])), Height: int(binary.LittleEndian.Uint16(head[14:]))}
	switch fourCC := string(head[8:12]); fourCC {
	case "VP80":
		t.Format = demux.Video(media.VP8)
	case "VP90":
		t.Format = demux.VP9(d.vp9Profile())
	case "AV01":
		t.Format = demux.Video(media.AV1)
		d.units = demux.NewAV1(nil)
	default:
		return nil, fmt.Errorf("%w: IVF with %q", demux.ErrFormat, fourCC)
	}
	d.tracks = []demux.Track{t}
	return d, d.measure()
}

// vp9Profile looks at the first frame.
func (d *Reader) vp9Profile() int {
	b, _ := d.s.Peek(frameHead + 16)
	if len(b) < frameHead {
		return 0
	}
	h, err := vp9.ParseHeader(b[frameHead:])
	if err != nil {
		return 0
	}
	return h.Profile
}

// measure walks over all frames: the header's number of them cannot be trusted, but of a large file there is nothing better.
func (d *Reader) measure() error {
	size := d.s.Size()
	if size < 0 {
		return nil
	}
	var last, step int64
	for first := true; d.s.Pos()+frameHead <= size; first = false {
		n, at, err := d.head()
		if err != nil {
			return err
		}
		if first {
			d.origin, d.begun = at, true
		} else if at > last {
			step = at - last
		}
		last = at
		if size > maxMeasured && step > 0 { // of a constant frame rate, then
			last = d.origin + step*(d.count-1)
			break
		}
		if n > size-d.s.Pos() {
			break
		}
		if err := d.s.Skip(n); err != nil {
			return err
		}
	}
	d.duration = d.time(last - d.origin + step)
	return d.s.Jump(d.begin)
}

// maxMeasured is the size of the largest file that is walked through for its duration.
const maxMeasured = 8 << 20

// head reads the head of a frame.
func (d *Reader) head() (size, at int64, err error) {
	if d.buf, err = d.s.Append(d.buf[:0], frameHead); err != nil {
		return 0, 0, err
	}
	at = int64(min(binary.LittleEndian.Uint64(d.buf[4:]), math.MaxInt32*1<<16))
	return int64(binary.LittleEndian.Uint32(d.buf)), at, nil
}

func (d *Reader) time(units int64) time.Duration {
	seconds := float64(units) * float64(d.scale) / float64(d.rate)
	return time.Duration(min(max(seconds, -1e9), 1e9) * float64(time.Second)).Round(time.Microsecond)
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Duration is part of demux.Reader.
func (d *Reader) Duration() time.Duration { return d.duration }

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	size, units, err := d.head()
	if err != nil {
		return demux.Frame{}, err
	}
	if size > demux.MaxFrame {
		return demux.Frame{}, fmt.Errorf("%w: frame of %d bytes", demux.ErrFormat, size)
	}
	if d.buf, err = d.s.Append(d.buf[:0], size); err != nil {
		return demux.Frame{}, demux.Cut(err)
	}
	if !d.begun {
		d.origin, d.begun = units, true
	}
	at := d.time(units - d.origin)
	f := demux.Frame{PTS: at, DTS: at, Key: d.isKey(d.buf), Data: d.buf}
	if d.units != nil {
		f.Data, err = d.units.Frame(d.buf, f.Key)
	}
	return f, err
}

func (d *Reader) isKey(frame []byte) bool {
	switch d.tracks[0].Format.Codec {
	case media.VP8:
		return len(frame) > 0 && frame[0]&1 == 0 // RFC 6386 §9.1
	case media.VP9:
		return vp9.IsKeyFrame(frame)
	}
	return av1.IsKeyFrame(frame)
}

// beginsKey looks at the beginning of a frame. For AV1 that is a sequence header, which encoders put in front of key frames alone.
func (d *Reader) beginsKey(head []byte) bool {
	if d.units == nil {
		return d.isKey(head)
	}
	_, _, err := av1.FindSequence(head)
	return err == nil
}

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() }

// Seek is part of demux.Reader. There is no index: it looks at the beginning of each frame.
func (d *Reader) Seek(t time.Duration) error {
	if err := d.s.Jump(d.begin); err != nil {
		return err
	}
	key := d.begin
	for {
		here := d.s.Pos()
		size, units, err := d.head()
		if err != nil || d.time(units-d.origin) > t && here > d.begin {
			if err != nil && err != io.EOF && !isCut(err) {
				return err
			}
			return d.s.Jump(key)
		}
		head, _ := d.s.Peek(int(min(size, 1<<10)))
		if d.beginsKey(head) {
			key = here
		}
		if err := d.s.Skip(size); err != nil {
			if isCut(err) {
				return d.s.Jump(key)
			}
			return err
		}
	}
}

// isCut tells whether a file just ends early.
func isCut(err error) bool { return errors.Is(err, demux.ErrTruncated) }
