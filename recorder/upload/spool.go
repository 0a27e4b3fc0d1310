package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// spool is what waits to be sent, and what was sent as long as there is room for it. One goroutine writes, others read.
type spool struct {
	limit  int
	cancel context.CancelFunc // ends whoever reads

	mu      sync.Mutex
	changed sync.Cond
	chunks  [][]byte // kept, the first of them number start
	start   int
	size    int // bytes in chunks
	taken   int // number of the chunk that is read next
	whole   bool
	err     error
}

func newSpool(limit int, cancel context.CancelFunc) *spool {
	s := &spool{limit: limit, cancel: cancel}
	s.changed.L = &s.mu
	return s
}

// Write takes data to be sent. It does not wait for the server.
func (s *spool) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.closed(); err != nil {
		return 0, err
	}
	if s.size+len(data) > s.limit {
		s.forget()
	}
	if s.size+len(data) > s.limit {
		s.fail(fmt.Errorf("%w: %d bytes wait", ErrSlow, s.size))
		return 0, s.err
	}
	s.chunks = append(s.chunks, append([]byte(nil), data...))
	s.size += len(data)
	s.changed.Broadcast()
	return len(data), nil
}

// open tells whether more is taken: nil, or why not.
func (s *spool) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed()
}

// closed is open, called locked.
func (s *spool) closed() error {
	if s.err == nil && s.whole {
		return io.ErrClosedPipe
	}
	return s.err
}

// forget drops what was sent: from now on there is no other attempt. Called locked.
func (s *spool) forget() {
	for s.start < s.taken {
		s.size -= len(s.chunks[0])
		s.chunks[0] = nil
		s.chunks = s.chunks[1:]
		s.start++
	}
}

// fail is called locked. The first error stays.
func (s *spool) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.cancel()
	s.changed.Broadcast()
}

// finish says that nothing more is written.
func (s *spool) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole = true
	s.changed.Broadcast()
}

// failed is the error that there was, if any.
func (s *spool) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// body reads the recording from its start, and waits for more until it is whole.
type body struct {
	spool   *spool
	next    int // number of a chunk
	rest    []byte
	stopped bool
}

// Read is part of io.Reader.
func (b *body) Read(to []byte) (int, error) {
	if len(b.rest) == 0 {
		if err := b.advance(); err != nil {
			return 0, err
		}
	}
	n := copy(to, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// advance waits for the next chunk.
func (b *body) advance() error {
	s := b.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case b.stopped:
			return io.ErrClosedPipe
		case b.next < s.start:
			return errors.New("the start of the recording is not kept any more")
		case b.next < s.start+len(s.chunks):
			b.rest = s.chunks[b.next-s.start]
			b.next++
			s.taken = b.next
			if len(b.rest) > 0 {
				return nil
			}
		case s.whole:
			return io.EOF
		default:
			s.changed.Wait()
		}
	}
}

// Close is part of io.Closer: the request will read no more.
func (b *body) Close() error {
	b.stop()
	return nil
}

// stop ends a read that waits.
func (b *body) stop() {
	b.spool.mu.Lock()
	defer b.spool.mu.Unlock()
	b.stopped = true
	b.spool.changed.Broadcast()
}
