package recorder

import (
	"encoding/binary"
	"slices"
)

// mp4Sample is a frame with its place in the file and in time, in units of its track.
type mp4Sample struct {
	decode int64
	length uint32
	offset int32 // from decoding to presentation; negative ones are allowed since version 1
	size   int
	key    bool
}

// Flags of a fragment (ISO/IEC 14496-12 §8.8).
const (
	baseIsMoof   = 0x20000                           // tfhd
	runHas       = 1 | 0x100 | 0x200 | 0x400 | 0x800 // trun: data offset; of each sample length, size, flags, offset
	sampleKey    = 0x02000000                        // depends on no other
	sampleDelta  = 0x01010000                        // depends on others, is no point to begin at
	mdatHead     = 8
	dataOffsetAt = 16 // in a trun: behind size, name, flags, count
)

// part is what one fragment has of a track.
type part struct {
	id      uint32
	samples []mp4Sample
}

// fragment appends a moof, and the head of the mdat that its data, in the order of the parts, make up.
func (w *boxes) fragment(sequence uint32, parts []part) {
	start, size := len(w.b), 0
	var places []int // of the data offsets that are known at the end
	w.box("moof", func() {
		w.full("mfhd", 0, 0, func() { w.u32(sequence) })
		for _, p := range parts {
			w.box("traf", func() {
				w.full("tfhd", 0, baseIsMoof, func() { w.u32(p.id) })
				w.full("tfdt", 1, 0, func() { w.u64(p.samples[0].decode) })
				places = append(places, len(w.b)+dataOffsetAt)
				w.full("trun", 1, runHas, func() { w.run(p.samples) })
			})
		}
	})
	for i, p := range parts {
		w.put32(places[i], uint32(len(w.b)-start+mdatHead+size))
		for _, s := range p.samples {
			size += s.size
		}
	}
	w.u32(uint32(mdatHead + size))
	w.text("mdat")
}

func (w *boxes) run(samples []mp4Sample) {
	w.u32(uint32(len(samples)))
	w.u32(0) // data offset
	for _, s := range samples {
		flags := uint32(sampleDelta)
		if s.key {
			flags = sampleKey
		}
		w.u32(s.length)
		w.u32(uint32(s.size))
		w.u32(flags)
		w.u32(uint32(s.offset))
	}
}

// decodeTimes are the times at which frames, given with those at which they are shown, are decoded: the same times in
// their order, each after the one before.
func decodeTimes(shown []int64, last int64) []int64 {
	times := slices.Clone(shown)
	slices.Sort(times)
	for i := range times {
		times[i] = max(times[i], last+1)
		last = times[i]
	}
	return times
}

// largeBox is the head of a box that may have more than 4 GiB.
func largeBox(name string, body int64) []byte {
	b := binary.BigEndian.AppendUint32(nil, 1)
	b = append(b, name...)
	return binary.BigEndian.AppendUint64(b, uint64(largeHead+body))
}

const largeHead = 16
