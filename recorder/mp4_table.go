package recorder

// mp4Table notes where the frames of a track are, for the index of the complete file: the sample tables of ISO/IEC
// 14496-12 §8.6 and §8.7. An hour of video and sound takes about 5 MB.
type mp4Table struct {
	start, last int64    // decoding times of the first and of the newest frame, in units of the track
	end         int64    // when the newest one ends
	sizes       []uint32 // of the frames
	lengths     []run    // decoding times: of each but the last frame
	offsets     []run    // from decoding to presentation
	reordered   bool     // not all of them are 0
	keys        []uint32 // numbers of key frames, from 1
	chunks      []mp4Chunk
}

// run is a value that count frames one after the other have.
type run struct {
	count uint32
	value int32
}

// mp4Chunk is frames that lie one behind the other.
type mp4Chunk struct {
	offset int64
	count  uint32
}

// add notes a frame.
func (t *mp4Table) add(s mp4Sample) {
	if len(t.sizes) == 0 {
		t.start = s.decode
	} else {
		t.lengths = appendRun(t.lengths, int32(s.decode-t.last))
	}
	t.last, t.end = s.decode, max(t.end, s.decode+int64(s.length))
	t.sizes = append(t.sizes, uint32(s.size))
	if s.key {
		t.keys = append(t.keys, uint32(len(t.sizes)))
	}
	t.offsets = appendRun(t.offsets, s.offset)
	t.reordered = t.reordered || s.offset != 0
}

// addChunk says where frames are that were noted.
func (t *mp4Table) addChunk(offset int64, count int) {
	t.chunks = append(t.chunks, mp4Chunk{offset, uint32(count)})
}

func appendRun(runs []run, v int32) []run {
	if n := len(runs); n > 0 && runs[n-1].value == v {
		runs[n-1].count++
		return runs
	}
	return append(runs, run{1, v})
}

// appendTo appends the tables; chunks are base bytes behind where they were noted.
func (t *mp4Table) appendTo(w *boxes, base int64) {
	lengths := t.lengths
	if len(t.sizes) > 0 {
		lengths = appendRun(append([]run(nil), lengths...), int32(t.end-t.last))
	}
	w.full("stts", 0, 0, func() { w.runs(lengths) })
	if t.reordered {
		w.full("ctts", 1, 0, func() { w.runs(t.offsets) })
	}
	if len(t.keys) < len(t.sizes) {
		w.full("stss", 0, 0, func() {
			w.u32(uint32(len(t.keys)))
			for _, n := range t.keys {
				w.u32(n)
			}
		})
	}
	w.full("stsc", 0, 0, func() { t.chunkCounts(w) })
	w.full("stsz", 0, 0, func() {
		w.u32(0) // each has its own
		w.u32(uint32(len(t.sizes)))
		for _, n := range t.sizes {
			w.u32(n)
		}
	})
	w.full("co64", 0, 0, func() {
		w.u32(uint32(len(t.chunks)))
		for _, c := range t.chunks {
			w.u64(c.offset + base)
		}
	})
}

func (w *boxes) runs(runs []run) {
	w.u32(uint32(len(runs)))
	for _, r := range runs {
		w.u32(r.count)
		w.u32(uint32(r.value))
	}
}

// chunkCounts says how many frames the chunks have, from each on that differs from the one before.
func (t *mp4Table) chunkCounts(w *boxes) {
	count := len(w.b)
	w.u32(0)
	entries, before := uint32(0), uint32(0)
	for i, c := range t.chunks {
		if c.count != before {
			w.u32(uint32(i + 1))
			w.u32(c.count)
			w.u32(1) // sample entry
			entries, before = entries+1, c.count
		}
	}
	w.put32(count, entries)
}
