package media

// fifo is a ring of values that doubles when it is full.
type fifo[T any] struct {
	ring  []T
	first int
	count int
}

func (f *fifo[T]) len() int { return f.count }

func (f *fifo[T]) push(v T) {
	if f.count == len(f.ring) {
		bigger := make([]T, max(16, 2*len(f.ring)))
		n := copy(bigger, f.ring[f.first:])
		copy(bigger[n:], f.ring[:f.first])
		f.ring, f.first = bigger, 0
	}
	f.ring[(f.first+f.count)%len(f.ring)] = v
	f.count++
}

// pop takes the oldest value, of which there must be one.
func (f *fifo[T]) pop() T {
	var none T
	v := f.ring[f.first]
	f.ring[f.first] = none
	f.first = (f.first + 1) % len(f.ring)
	f.count--
	return v
}

// slab lends pieces of one block of memory, which come back in the order in
// which they were lent. The block doubles when a piece does not fit; twice the
// limit is always enough, so it ends there. Pieces of a block that was replaced
// stay where they are until they come back.
type slab struct {
	limit int // most bytes lent
	lent  int // bytes lent

	block   []byte
	head    int // where the oldest piece of this block begins
	tail    int // where the next piece may begin
	wrap    int // wrapped: where the pieces at the end of the block end
	wrapped bool
	pieces  int // lent from this block
	former  int // pieces lent from blocks before this one
}

// minBlock holds a video frame or so, more than most queues ever need.
const minBlock = 64 << 10

// take lends n bytes; false when that would exceed the limit.
func (s *slab) take(n int) ([]byte, bool) {
	if s.lent+n > s.limit {
		return nil, false
	}
	if s.pieces == 0 {
		s.head, s.tail, s.wrapped = 0, 0, false // stay in the part that is in the cache
	}
	at, ok := s.room(n)
	if !ok {
		s.former += s.pieces
		s.block = make([]byte, max(minBlock, min(2*len(s.block), 2*s.limit), n))
		s.head, s.wrapped, s.pieces = 0, false, 0
		at = 0
	}
	s.tail = at + n
	s.pieces++
	s.lent += n
	return s.block[at:s.tail:s.tail], true
}

// room finds n bytes behind the newest piece, or at the start of the block.
func (s *slab) room(n int) (at int, ok bool) {
	if s.wrapped {
		return s.tail, s.head-s.tail >= n
	}
	if len(s.block)-s.tail >= n {
		return s.tail, true
	}
	if s.head < n {
		return 0, false
	}
	s.wrap, s.wrapped = s.tail, true
	return 0, true
}

// give takes the oldest piece back, of n bytes.
func (s *slab) give(n int) {
	s.lent -= n
	if s.former > 0 {
		s.former--
		return
	}
	s.pieces--
	s.head += n
	if s.wrapped && s.head == s.wrap {
		s.head, s.wrapped = 0, false
	}
}
