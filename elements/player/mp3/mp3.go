// Package mp3 reads MP3 files: frames of MPEG audio layer III one after the other, with ID3 tags around them (ISO/IEC 11172-3;
// id3.org, "ID3 tag version 2.4.0").
package mp3

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// maxJunk is how many bytes are passed over in search of a frame.
const maxJunk = 1 << 20

// Reader gives out frames.
type Reader struct {
	s       *demux.Source
	tracks  []demux.Track
	first   demux.MPEGAudio
	begin   int64  // of the first frame with sound
	frames  int64  // that a Xing or VBRI header tells of, 0: none
	bytes   int64  // of all frames, as it says
	toc     []byte // of Xing: where in 256ths of the bytes each hundredth of the time begins
	size    int64  // of the file, -1 when it is not known
	samples int64  // that were given out
	buf     []byte
}

// Is tells whether a file that begins so is one for this package.
func Is(head []byte) bool {
	if demux.ID3Size(head) > 0 {
		return true
	}
	h, ok := demux.ParseMP3(head)
	if !ok || len(head) < h.Size+4 {
		return false
	}
	next, ok := demux.ParseMP3(head[h.Size:])
	return ok && next.Rate == h.Rate
}

// NewReader finds the first frame.
func NewReader(s *demux.Source) (*Reader, error) {
	d := &Reader{s: s, size: s.Size()}
	if err := d.skipTags(); err != nil {
		return nil, err
	}
	h, err := d.sync(nil)
	if err != nil {
		return nil, fmt.Errorf("%w: no MP3 frame: %w", demux.ErrFormat, err)
	}
	d.first = h
	d.tracks = []demux.Track{{Format: demux.Sound(media.MP3, h.Rate, h.Channels)}}
	frame, _ := s.Peek(h.Size)
	if d.readSummary(frame) {
		if err := s.Skip(int64(h.Size)); err != nil {
			return nil, err
		}
	}
	d.begin = s.Pos()
	return d, nil
}

// skipTags passes over ID3v2 tags.
func (d *Reader) skipTags() error {
	for {
		b, _ := d.s.Peek(demux.ID3Head)
		size := demux.ID3Size(b)
		if size == 0 {
			return nil
		}
		if err := d.s.Skip(size); err != nil {
			return err
		}
	}
}

// sync goes to the next frame of the stream, the first of which is like; a frame counts when another one follows it, or the end.
func (d *Reader) sync(like *demux.MPEGAudio) (demux.MPEGAudio, error) {
	for range maxJunk {
		b, err := d.s.Peek(4)
		if err != nil {
			if err == io.EOF || len(b) > 0 && errors.Is(err, io.EOF) {
				return demux.MPEGAudio{}, io.EOF
			}
			return demux.MPEGAudio{}, err
		}
		if h, ok := demux.ParseMP3(b); ok && (like == nil || h.Rate == like.Rate) && d.followed(h) {
			return h, nil
		}
		if err := d.s.Skip(1); err != nil {
			return demux.MPEGAudio{}, err
		}
	}
	return demux.MPEGAudio{}, fmt.Errorf("%w: no frame in %d bytes", demux.ErrFormat, maxJunk)
}

func (d *Reader) followed(h demux.MPEGAudio) bool {
	b, _ := d.s.Peek(h.Size + 4)
	if len(b) < h.Size {
		return false
	}
	if len(b) < h.Size+4 || string(b[h.Size:h.Size+3]) == "TAG" || string(b[h.Size:h.Size+3]) == "APE" {
		return true
	}
	next, ok := demux.ParseMP3(b[h.Size:])
	return ok && next.Rate == h.Rate
}

// readSummary reads the header of a variable bitrate, which encoders put into a first frame without sound: Xing's ("Info" of a
// constant one) or Fraunhofer's VBRI.
func (d *Reader) readSummary(frame []byte) bool {
	if at := d.first.Side; len(frame) >= at+8 && (string(frame[at:at+4]) == "Xing" || string(frame[at:at+4]) == "Info") {
		flags, b := binary.BigEndian.Uint32(frame[at+4:]), frame[at+8:]
		if flags&1 != 0 && len(b) >= 4 {
			d.frames, b = int64(binary.BigEndian.Uint32(b)), b[4:]
		}
		if flags&2 != 0 && len(b) >= 4 {
			d.bytes, b = int64(binary.BigEndian.Uint32(b)), b[4:]
		}
		if flags&4 != 0 && len(b) >= 100 {
			d.toc = append([]byte(nil), b[:100]...)
		}
		return true
	}
	const vbri = 4 + 32
	if len(frame) >= vbri+18 && string(frame[vbri:vbri+4]) == "VBRI" {
		d.bytes, d.frames = int64(binary.BigEndian.Uint32(frame[vbri+10:])), int64(binary.BigEndian.Uint32(frame[vbri+14:]))
		return true
	}
	return false
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Duration is that of the summary, else that of the file at the bitrate of its first frame.
func (d *Reader) Duration() time.Duration {
	if d.frames > 0 {
		return d.time(d.frames * int64(d.first.Samples))
	}
	if d.size < 0 {
		return 0
	}
	return demux.Ticks((d.size-d.begin)*8, uint32(d.first.Bitrate))
}

func (d *Reader) time(samples int64) time.Duration { return demux.Ticks(samples, uint32(d.first.Rate)) }

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	h, err := d.sync(&d.first)
	if err != nil {
		return demux.Frame{}, err
	}
	if d.buf, err = d.s.Append(d.buf[:0], int64(h.Size)); err != nil {
		return demux.Frame{}, demux.Cut(err)
	}
	at := d.time(d.samples)
	d.samples += int64(h.Samples)
	return demux.Frame{PTS: at, DTS: at, Key: true, Data: d.buf}, nil
}

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() && d.size > 0 }

// Seek is part of demux.Reader. In a file of variable bitrate the place is as exact as its table, a hundredth.
func (d *Reader) Seek(t time.Duration) error {
	all := d.Duration()
	if !d.Seekable() || all <= 0 {
		return fmt.Errorf("%w: length not known", demux.ErrSeek)
	}
	t = max(min(t, all), 0)
	samples := demux.Units(t, uint32(d.first.Rate)) / int64(d.first.Samples) * int64(d.first.Samples)
	part := float64(t) / float64(all)
	if len(d.toc) == 100 {
		part = d.lookUp(part)
	}
	bytes := d.size - d.begin
	if d.bytes > 0 {
		bytes = min(bytes, d.bytes)
	}
	if err := d.s.Jump(d.begin + int64(part*float64(max(bytes, 0)))); err != nil {
		return err
	}
	d.samples = samples
	return nil
}

// lookUp finds the part of the bytes that a part of the time is at, between two entries of the table.
func (d *Reader) lookUp(part float64) float64 {
	i := min(int(part*100), 99)
	low, high := float64(d.toc[i]), 256.0
	if i < 99 {
		high = float64(d.toc[i+1])
	}
	return (low + (high-low)*(part*100-float64(i))) / 256
}
