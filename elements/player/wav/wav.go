// Package wav reads RIFF/WAVE files (Microsoft's "Multimedia Programming Interface and Data Specifications 1.0", RFC 2361) and
// their relative with sizes of 64 bits, RF64 (EBU Tech 3306).
package wav

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

// maxFormat is the largest fmt chunk that is read.
const maxFormat = 1 << 10

// The format tags (RFC 2361).
const (
	tagPCM, tagFloat, tagALaw, tagMuLaw = 1, 3, 6, 7
	tagExtensible                       = 0xfffe
)

// endless is the size of data that go to the end of the file, however long it gets.
const endless = math.MaxInt64

// Reader gives out sound in frames of 20 ms.
type Reader struct {
	s         *demux.Source
	tracks    []demux.Track
	from      demux.Samples
	converter *demux.Converter
	begin     int64 // of the data in the file
	size      int64 // of the data, endless where that is not said
	long      int64 // that of the ds64 chunk
	at        int64 // in the data
	buf       []byte
}

// Is tells whether a file that begins so is one for this package.
func Is(head []byte) bool {
	return len(head) >= 12 && (string(head[:4]) == "RIFF" || string(head[:4]) == "RF64") && string(head[8:12]) == "WAVE"
}

// NewReader reads up to the data.
func NewReader(s *demux.Source) (*Reader, error) {
	head, err := s.Append(nil, 12)
	if err != nil || !Is(head) {
		return nil, fmt.Errorf("%w: no WAVE", demux.ErrFormat)
	}
	d := &Reader{s: s}
	for {
		if head, err = s.Append(head[:0], 8); err != nil {
			return nil, demux.Cut(err)
		}
		kind, size := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		switch kind {
		case "data":
			return d, d.enter(size)
		case "fmt ", "ds64":
			if size > maxFormat {
				return nil, fmt.Errorf("%w: fmt chunk of %d bytes", demux.ErrFormat, size)
			}
			data, err := s.Append(nil, size+size&1)
			if err != nil {
				return nil, demux.Cut(err)
			}
			if err := d.parse(kind, data); err != nil {
				return nil, err
			}
		default:
			if err := s.Skip(size + size&1); err != nil {
				return nil, err
			}
		}
	}
}

func (d *Reader) parse(kind string, data []byte) error {
	if kind == "ds64" {
		if len(data) >= 16 {
			d.long = int64(binary.LittleEndian.Uint64(data[8:]) &^ (1 << 63))
		}
		return nil
	}
	if len(data) < 16 {
		return fmt.Errorf("%w: fmt chunk of %d bytes", demux.ErrFormat, len(data))
	}
	tag := binary.LittleEndian.Uint16(data)
	if tag == tagExtensible && len(data) >= 26 {
		tag = binary.LittleEndian.Uint16(data[24:]) // the first field of the GUID
	}
	d.from = demux.Samples{
		Channels: int(binary.LittleEndian.Uint16(data[2:])),
		Rate:     int(min(binary.LittleEndian.Uint32(data[4:]), math.MaxInt32)),
		Bits:     int(binary.LittleEndian.Uint16(data[14:])),
	}
	switch tag {
	case tagPCM:
		d.from.Unsigned = d.from.Bits <= 8
	case tagFloat:
		d.from.Float = true
	case tagALaw:
		d.from.Law, d.from.Bits = media.PCMA, 8
	case tagMuLaw:
		d.from.Law, d.from.Bits = media.PCMU, 8
	default:
		return fmt.Errorf("%w: WAVE format %#x", demux.ErrFormat, tag)
	}
	return nil
}

// enter begins the data. Programs that write to a pipe say 0 or all ones for its size.
func (d *Reader) enter(size int64) error {
	converter, format, ok := demux.NewConverter(d.from)
	if !ok {
		return fmt.Errorf("%w: %d channels of %d bits at %d Hz", demux.ErrFormat, d.from.Channels, d.from.Bits, d.from.Rate)
	}
	d.converter, d.tracks = converter, []demux.Track{{Format: format}}
	d.begin, d.size = d.s.Pos(), size
	switch {
	case size == math.MaxUint32 && d.long > 0:
		d.size = d.long
	case size == math.MaxUint32 || size == 0:
		d.size = endless
		if all := d.s.Size(); all > d.begin {
			d.size = all - d.begin
		}
	}
	return nil
}

// Tracks is part of demux.Reader.
func (d *Reader) Tracks() []demux.Track { return d.tracks }

// Duration is part of demux.Reader.
func (d *Reader) Duration() time.Duration {
	if d.size == endless {
		return 0
	}
	return d.time(d.size)
}

// time is how long so many bytes last.
func (d *Reader) time(bytes int64) time.Duration {
	return demux.Ticks(bytes/int64(d.from.Size()), uint32(d.from.Rate))
}

// Next is part of demux.Reader.
func (d *Reader) Next() (demux.Frame, error) {
	want := min(int64(d.from.PerFrame()*d.from.Size()), d.size-d.at)
	if want < int64(d.from.Size()) {
		return demux.Frame{}, io.EOF
	}
	var err error
	d.buf, err = d.s.Append(d.buf[:0], want)
	if len(d.buf) < d.from.Size() {
		if err == nil || d.size == endless && errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if d.size != endless {
			err = demux.Cut(err)
		}
		return demux.Frame{}, err
	}
	at := d.time(d.at)
	d.at += int64(len(d.buf))
	return demux.Frame{PTS: at, DTS: at, Key: true, Data: d.converter.Convert(d.buf)}, nil
}

// Seekable is part of demux.Reader.
func (d *Reader) Seekable() bool { return d.s.Seekable() }

// Seek is part of demux.Reader.
func (d *Reader) Seek(t time.Duration) error {
	frame := int64(d.from.Size())
	at := demux.Units(max(t, 0), uint32(d.from.Rate))
	at = min(at, (d.size/frame)) * frame
	if err := d.s.Jump(d.begin + at); err != nil {
		return err
	}
	d.at = at
	return nil
}
