package demux

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

const (
	window = 64 << 10  // bytes that can be seen ahead
	chunk  = 256 << 10 // of memory taken before there is proof of more data; what is nearer ahead is read rather than sought
)

// Source reads a file and knows where it is. It is an io.ReadSeeker too.
type Source struct {
	buf  *bufio.Reader
	from io.Reader
	seek io.Seeker // nil: cannot
	pos  int64
}

// NewSource reads r from where it is, which counts as the start.
func NewSource(r io.Reader) *Source {
	s := &Source{buf: bufio.NewReaderSize(r, window), from: r}
	if k, ok := r.(io.Seeker); ok {
		if _, err := k.Seek(0, io.SeekCurrent); err == nil {
			s.seek = k
		}
	}
	return s
}

// Pos is the position of the next byte.
func (s *Source) Pos() int64 { return s.pos }

// Seekable tells whether Jump can go back.
func (s *Source) Seekable() bool { return s.seek != nil }

// Local tells whether going back and forth costs little: a file on a disk.
func (s *Source) Local() bool {
	_, ok := s.from.(*os.File)
	return ok
}

// Size is that of the file, -1 when it is not known.
func (s *Source) Size() int64 {
	if s.seek == nil {
		return -1
	}
	size, err := s.seek.Seek(0, io.SeekEnd)
	if _, back := s.seek.Seek(s.pos+int64(s.buf.Buffered()), io.SeekStart); err != nil || back != nil {
		return -1
	}
	return size
}

// Peek returns the next n bytes, or what there is of them and an error, without going on; n is at most 64 KB.
func (s *Source) Peek(n int) ([]byte, error) { return s.buf.Peek(n) }

// Read is that of io.Reader.
func (s *Source) Read(b []byte) (int, error) {
	n, err := s.buf.Read(b)
	s.pos += int64(n)
	return n, err
}

// Append appends the next n bytes to b. Memory grows with what comes, not with what was claimed. At the end of the
// file the error is io.EOF, if it comes in between ErrTruncated.
func (s *Source) Append(b []byte, n int64) ([]byte, error) {
	begin := len(b)
	for n > 0 {
		step := int(min(n, chunk))
		start := len(b)
		b = slices.Grow(b, step)[:start+step]
		k, err := io.ReadFull(s.buf, b[start:])
		s.pos += int64(k)
		if err != nil {
			b = b[:start+k]
			if err == io.EOF && len(b) == begin {
				return b, io.EOF
			}
			return b, Cut(err)
		}
		n -= int64(step)
	}
	return b, nil
}

// Skip passes over n bytes.
func (s *Source) Skip(n int64) error {
	if n < 0 || n > math.MaxInt64-s.pos {
		return fmt.Errorf("%w at %d", ErrTruncated, s.pos)
	}
	if s.seek != nil && n > chunk {
		// To one byte before the target, and that is read, because a seek beyond the end of a file is no error.
		if err := s.Jump(s.pos + n - 1); err != nil {
			return err
		}
		n = 1
	}
	for n > 0 {
		k, err := s.buf.Discard(int(min(n, chunk)))
		s.pos += int64(k)
		n -= int64(k)
		if err != nil {
			return Cut(err)
		}
	}
	return nil
}

// Jump goes to a position in the file.
func (s *Source) Jump(pos int64) error {
	if ahead := pos - s.pos; ahead >= 0 && (ahead <= int64(s.buf.Buffered()) || ahead <= chunk && s.seek == nil) {
		return s.Skip(ahead)
	}
	if s.seek == nil {
		return fmt.Errorf("%w: the source is a stream", ErrSeek)
	}
	if _, err := s.seek.Seek(pos, io.SeekStart); err != nil {
		return fmt.Errorf("%w: %w", ErrSeek, err)
	}
	s.buf.Reset(s.from)
	s.pos = pos
	return nil
}

// Seek is that of io.Seeker.
func (s *Source) Seek(offset int64, whence int) (int64, error) {
	if s.seek == nil {
		return 0, fmt.Errorf("%w: the source is a stream", ErrSeek)
	}
	switch whence {
	case io.SeekCurrent:
		offset += s.pos
	case io.SeekEnd:
		offset += s.Size()
	}
	if offset < 0 {
		return 0, fmt.Errorf("%w: before the start", ErrSeek)
	}
	return offset, s.Jump(offset)
}

// Cut says that the end of a file came too early.
func Cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrTruncated, io.ErrUnexpectedEOF)
	}
	return err
}
