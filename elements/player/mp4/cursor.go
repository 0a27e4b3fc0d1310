package mp4

// sample is one sample of a track, times in the track's units. More than one where they are not compressed.
type sample struct {
	dts, pts int64
	offset   int64
	size     int64
	key      bool
}

// cursor walks a sample table: one step looks at the next entry of each list only.
type cursor struct {
	table *table
	group uint32 // so many samples are taken at a time, as far as they are in one chunk; 0: one

	sample uint32
	dts    int64
	offset int64

	timeEntry, timeLeft   uint32 // of stts; so many samples have its delta still
	shiftEntry, shiftLeft uint32 // of ctts
	chunk, chunkLeft      uint32 // from 0; samples that are in it still
	layoutEntry           uint32 // of stsc
	ended                 bool
}

// rewind goes to the first sample.
func (c *cursor) rewind() {
	*c = cursor{table: c.table, group: c.group}
	if c.table.count == 0 || c.table.chunks.count == 0 || c.table.stsc.count == 0 {
		c.ended = true
		return
	}
	c.timeEntry, c.timeLeft = begin(c.table.stts)
	c.shiftEntry, c.shiftLeft = begin(c.table.ctts)
	c.enterChunk(0)
}

// begin goes to the first run of stts or ctts that is not empty.
func begin(l list) (entry, left uint32) {
	if l.count == 0 {
		return 0, 0
	}
	return pass(l, 0, l.word(0, 0), 0)
}

// enterChunk begins a chunk that is not before the present one. Chunks without samples are passed over.
func (c *cursor) enterChunk(chunk uint32) {
	t := c.table
	for ; chunk < t.chunks.count; chunk++ {
		for c.layoutEntry+1 < t.stsc.count && t.stsc.word(c.layoutEntry+1, 0) <= chunk+1 {
			c.layoutEntry++
		}
		if n := t.stsc.word(c.layoutEntry, 1); n > 0 {
			c.chunk, c.chunkLeft, c.offset = chunk, n, t.chunkOffset(chunk)
			return
		}
	}
	c.ended = true
}

// current is the sample the cursor is at.
func (c *cursor) current() (sample, bool) {
	t := c.table
	if c.ended || c.sample >= t.count {
		return sample{}, false
	}
	s := sample{dts: c.dts, pts: c.dts, offset: c.offset, size: int64(t.sizeOf(c.sample)), key: t.isKey(c.sample)}
	if c.shiftEntry < t.ctts.count && c.shiftLeft > 0 {
		s.pts += int64(int32(t.ctts.word(c.shiftEntry, 1))) // signed in version 0 too: files are that say so
	}
	if c.group > 0 {
		s.size *= int64(c.step())
	}
	return s, true
}

// step is how many samples current returns.
func (c *cursor) step() uint32 {
	if c.group == 0 {
		return 1
	}
	left := min(c.chunkLeft, c.table.count-c.sample)
	if left < c.group+c.group/2 { // no small rests
		return left
	}
	return c.group
}

// advance goes to the next sample.
func (c *cursor) advance() { c.move(c.step()) }

// move goes n samples on, which are all in the present chunk.
func (c *cursor) move(n uint32) {
	t := c.table
	if t.sizes.count == 0 {
		c.offset += int64(n) * int64(t.size)
	} else {
		for i := range n {
			c.offset += int64(t.sizeOf(c.sample + i))
		}
	}
	c.sample += n
	c.elapse(n)
	c.shiftEntry, c.shiftLeft = pass(t.ctts, c.shiftEntry, c.shiftLeft, n)
	if c.chunkLeft -= n; c.chunkLeft == 0 {
		c.enterChunk(c.chunk + 1)
	}
}

// elapse adds the times of n samples; the last delta holds for those that the list forgets.
func (c *cursor) elapse(n uint32) {
	t := c.table.stts
	if t.count == 0 {
		return
	}
	for n > 0 {
		entry := min(c.timeEntry, t.count-1)
		step := n
		if c.timeEntry < t.count {
			step = min(n, c.timeLeft)
		}
		c.dts += int64(step) * int64(t.word(entry, 1))
		n -= step
		c.timeEntry, c.timeLeft = pass(t, c.timeEntry, c.timeLeft, step)
	}
}

// pass goes n samples on in a list of runs; left is never 0 within the list.
func pass(l list, entry, left, n uint32) (_, _ uint32) {
	for entry < l.count && n >= left {
		n -= left
		entry++
		left = 0
		if entry < l.count {
			left = l.word(entry, 0)
		}
	}
	if entry < l.count {
		left -= n
	}
	return entry, left
}

// seek goes to a sample, by whole chunks.
func (c *cursor) seek(to uint32) {
	c.rewind()
	for !c.ended && c.sample < to {
		n := min(c.chunkLeft, to-c.sample)
		if n < c.chunkLeft || c.table.sizes.count == 0 {
			c.move(n)
			continue
		}
		c.sample += n // the sizes of a whole chunk do not matter
		c.elapse(n)
		c.shiftEntry, c.shiftLeft = pass(c.table.ctts, c.shiftEntry, c.shiftLeft, n)
		c.enterChunk(c.chunk + 1)
	}
}
