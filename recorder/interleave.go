package recorder

import (
	"slices"
	"time"
)

// Bounds of what waits to be interleaved, in milliseconds and bytes.
const (
	// maxWait is how long a frame waits for tracks that lag behind, so that frames get into the file in order.
	maxWait = 500
	// maxBytes is what waits at most.
	maxBytes = 16 << 20
	// maxLate is how far behind the newest frame of all tracks a frame may come; a later one
	// is taken for this late. It keeps the blocks of a Matroska cluster within their 16 bits.
	maxLate = 5000
)

// interleaver puts the frames of all tracks in the order of their times: sound and pictures of one moment do not come at the
// same time. Times are in milliseconds. Its memory is used again and again.
type interleaver struct {
	blocks []block
	data   []byte // of all blocks, in the order in which they came
	spare  []byte // for the next data
	tracks []lane
	newest int64 // highest time of all frames
	out    int64 // time of the first block that was taken last: nothing is put before it
}

// lane is what the interleaver remembers of a track.
type lane struct {
	Track
	last int64 // the highest time of its frames, -1 before the first
	end  int64 // when the frame ends that lasts longest
}

// block is one frame that waits.
type block struct {
	track int   // index
	at    int64 // ms
	key   bool  // of this track's frames, this one can be decoded on its own
	start int   // in interleaver.data
	size  int
}

func newInterleaver(tracks []Track) (s interleaver) {
	for _, t := range tracks {
		s.tracks = append(s.tracks, lane{Track: t, last: -1})
	}
	return s
}

// add puts a frame in its place among those of other tracks. Those of one track stay in the order in which they came,
// that in which they are decoded.
func (s *interleaver) add(track int, pts time.Duration, key bool, data []byte) {
	t := &s.tracks[track]
	at := max((pts + time.Millisecond/2).Milliseconds(), s.out, s.newest-maxLate)
	if !t.reorders() {
		at = max(at, t.last+1)
	}
	t.end = max(t.end, at+t.length(at, data))
	t.last = max(t.last, at)
	s.newest = max(s.newest, at)
	b := block{track: track, at: at, key: key, start: len(s.data), size: len(data)}
	s.data = append(s.data, data...)
	i := len(s.blocks)
	for i > 0 && s.blocks[i-1].at > b.at && s.blocks[i-1].track != track {
		i--
	}
	s.blocks = slices.Insert(s.blocks, i, b)
}

// length guesses how long a frame is shown: as long as the one before it, but no more than a
// second; sound says so itself.
func (t *lane) length(at int64, data []byte) int64 {
	if sound := t.soundLength(data); sound > 0 {
		return sound.Milliseconds()
	}
	if t.last < 0 {
		return 0
	}
	return min(max(at-t.last, 0), 1000)
}

// complete tells whether nothing in front of a time is to be expected any more.
func (s *interleaver) complete(at int64) bool {
	if s.newest-at >= maxWait {
		return true
	}
	for _, t := range s.tracks {
		if t.last < at {
			return false
		}
	}
	return true
}

// full tells that no more should wait.
func (s *interleaver) full() bool { return len(s.data) >= maxBytes }

// bytes are the frame of a block, until it is dropped.
func (s *interleaver) bytes(b block) []byte { return s.data[b.start : b.start+b.size] }

// drop removes blocks from the front.
func (s *interleaver) drop(count int) {
	s.out = s.blocks[0].at
	s.blocks = slices.Delete(s.blocks, 0, count)
	data := s.spare[:0]
	for i := range s.blocks {
		b := &s.blocks[i]
		frame := s.bytes(*b)
		b.start = len(data)
		data = append(data, frame...)
	}
	s.data, s.spare = data, s.data
}

// end is when the last frame so far ends, in milliseconds.
func (s *interleaver) end() (last int64) {
	for _, t := range s.tracks {
		last = max(last, t.end)
	}
	return last
}
