package mp4

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// Limits on what a file can make us hold, in bytes.
const (
	maxMovie    = 128 << 20 // the index of a film: some 30 bytes for each frame at most
	maxFragment = 16 << 20  // the index of a fragment
	maxRuns     = 1 << 16   // runs of one fragment
)

// box is the head of a box in the file (ISO/IEC 14496-12 §4.2).
type box struct {
	kind string
	size int64 // of its data, toEnd if it reaches to the end of the file
	at   int64 // where its data begin
}

const toEnd = math.MaxInt64

// readBox reads the head of the next box. At the end of the file the error is io.EOF.
func readBox(s *demux.Source) (box, error) {
	head, err := s.Append(nil, 8)
	if err != nil {
		return box{}, err
	}
	b := box{kind: string(head[4:8]), at: s.Pos()}
	switch size := binary.BigEndian.Uint32(head); size {
	case 0:
		b.size = toEnd
	case 1:
		if head, err = s.Append(head[:0], 8); err != nil {
			return box{}, demux.Cut(err)
		}
		b.at += 8
		size := binary.BigEndian.Uint64(head)
		if size < 16 || size > math.MaxInt64/2 {
			return box{}, fmt.Errorf("%w: box %q of %d bytes", demux.ErrFormat, b.kind, size)
		}
		b.size = int64(size) - 16
	default:
		if size < 8 {
			return box{}, fmt.Errorf("%w: box %q of %d bytes", demux.ErrFormat, b.kind, size)
		}
		b.size = int64(size) - 8
	}
	return b, nil
}

// load reads the data of a box.
func load(s *demux.Source, b box, most int64) ([]byte, error) {
	if b.size > most {
		return nil, fmt.Errorf("%w: box %q of %d bytes", demux.ErrFormat, b.kind, b.size)
	}
	data, err := s.Append(nil, b.size)
	if err == io.EOF {
		err = demux.Cut(err)
	}
	return data, err
}

// children calls f for each box in the data of another.
func children(data []byte, f func(kind string, data []byte) error) error {
	for len(data) >= 8 {
		size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
		switch size {
		case 0:
			size = uint64(len(data))
		case 1:
			if len(data) < 16 {
				return fmt.Errorf("%w: box in box", demux.ErrFormat)
			}
			size, head = binary.BigEndian.Uint64(data[8:]), 16
		}
		kind := string(data[4:8])
		if size < head || size > uint64(len(data)) {
			return fmt.Errorf("%w: box %q of %d bytes", demux.ErrFormat, kind, size)
		}
		if err := f(kind, data[head:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil // QuickTime ends some lists with four zeros
}

// fields reads the fields of a box one after the other. Beyond the end everything is 0 and short is true.
type fields struct {
	data  []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if n > len(f.data) {
		f.data, f.short = nil, true
		return make([]byte, min(n, 64))
	}
	b := f.data[:n]
	f.data = f.data[n:]
	return b
}

func (f *fields) u16() uint16 { return binary.BigEndian.Uint16(f.take(2)) }
func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.take(8)) }
func (f *fields) skip(n int) {
	if n > len(f.data) {
		f.data, f.short = nil, true
		return
	}
	f.data = f.data[n:]
}

// full reads the version and the flags of a FullBox.
func (f *fields) full() (version uint8, flags uint32) {
	v := f.u32()
	return uint8(v >> 24), v & 0xffffff
}

// long reads a number of 64 bits in version 1, of 32 before. One beyond the range of signed numbers is nonsense and counts as 0.
func (f *fields) long(version uint8) int64 {
	if version == 0 {
		return int64(f.u32())
	}
	if v := f.u64(); v <= math.MaxInt64/2 {
		return int64(v)
	}
	return 0
}
