package mp4

import (
	"fmt"
	"math"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// run is one trun box (§8.8.8) that is being walked; its entries stay as they are in the file.
type run struct {
	entries  fields
	flags    uint32
	version  uint8
	left     uint32 // samples
	defaults defaults
	first    uint32 // flags of the first sample, if they are said
	begun    bool
	dts      int64
	offset   int64
	now      sample
	duration uint32 // of now
}

// The flags of a tfhd box (§8.8.7).
const (
	headBase, headDescription               = 0x1, 0x2
	headDuration, headSize, headFlags       = 0x8, 0x10, 0x20
	headBaseIsMoof                          = 0x20000
	runOffset, runFirst                     = 0x1, 0x4 // of a trun box
	runDuration, runSize, runFlags, runTime = 0x100, 0x200, 0x400, 0x800

	notSync = 0x10000 // of a sample (§8.8.3.1)
)

// maxRun is how many samples a run can have.
const maxRun = 1 << 20

// fragment is a moof box that is being read.
type fragment struct {
	start int64 // of the box in the file
	end   int64 // of the data of the track fragment before
	runs  int
}

// parseFragment adds the runs of a moof box to the tracks.
func (m *movie) parseFragment(data []byte, start int64) error {
	fr := &fragment{start: start, end: start}
	return children(data, func(kind string, data []byte) error {
		if kind != "traf" {
			return nil
		}
		return m.parseTrackFragment(fr, data)
	})
}

func (m *movie) parseTrackFragment(fr *fragment, data []byte) error {
	var t *track
	var d defaults
	var base int64
	var at uint64
	return children(data, func(kind string, data []byte) error {
		f := fields{data: data}
		switch kind {
		case "tfhd":
			if t = m.parseFragmentHead(fr, &f, &d, &base); t != nil {
				at = t.nextTime
			}
		case "tfdt":
			v, _ := f.full()
			at = uint64(f.long(v))
		case "trun":
			if t == nil {
				return nil
			}
			if fr.runs++; fr.runs > maxRuns {
				return fmt.Errorf("%w: more than %d runs in a fragment", demux.ErrFormat, maxRuns)
			}
			r := newRun(&f, d, base, fr.end, int64(at))
			samples, size, length := r.total()
			fr.end = r.offset + size
			at += length
			t.nextTime = at
			if samples > 0 && r.next() {
				t.runs = append(t.runs, r)
			}
		}
		return nil
	})
}

// parseFragmentHead reads a tfhd box.
func (m *movie) parseFragmentHead(fr *fragment, f *fields, d *defaults, base *int64) *track {
	_, flags := f.full()
	t := m.track(f.u32())
	if t == nil {
		return nil
	}
	*d = t.defaults
	*base = fr.end
	if flags&headBaseIsMoof != 0 {
		*base = fr.start
	}
	if flags&headBase != 0 {
		*base = f.long(1)
		fr.end = *base
	}
	if flags&headDescription != 0 {
		f.u32()
	}
	if flags&headDuration != 0 {
		d.duration = f.u32()
	}
	if flags&headSize != 0 {
		d.size = f.u32()
	}
	if flags&headFlags != 0 {
		d.flags = f.u32()
	}
	return t
}

// newRun reads the head of a trun box. Without an offset the data follow those of the run before.
func newRun(f *fields, d defaults, base, after, at int64) run {
	r := run{defaults: d, dts: at, offset: after}
	r.version, r.flags = f.full()
	r.left = f.u32()
	if r.flags&runOffset != 0 {
		r.offset = base + int64(int32(f.u32()))
	}
	if r.flags&runFirst != 0 {
		r.first = f.u32()
	}
	r.entries = *f
	if r.flags&runSize == 0 && d.size == 0 {
		r.left = 0
	}
	r.left = min(r.left, maxRun)
	if width := r.width(); width > 0 {
		r.left = min(r.left, uint32(min(len(f.data)/width, math.MaxInt32)))
	}
	return r
}

// width is the size of an entry.
func (r *run) width() (bytes int) {
	for flag := uint32(runDuration); flag <= runTime; flag <<= 1 {
		if r.flags&flag != 0 {
			bytes += 4
		}
	}
	return bytes
}

// total adds the sizes and the durations up, without walking entries that say neither.
func (r *run) total() (samples uint32, size int64, length uint64) {
	if r.flags&(runDuration|runSize) == 0 {
		return r.left, int64(r.left) * int64(r.defaults.size), uint64(r.left) * uint64(r.defaults.duration)
	}
	walk := *r
	for walk.left > 0 && walk.next() {
		size += walk.now.size
		length += uint64(walk.duration)
		walk.dts += int64(walk.duration)
	}
	return r.left, size, length
}

// next makes the next sample the present one; false at the end.
func (r *run) next() bool {
	if r.left == 0 {
		return false
	}
	r.left--
	duration, size, flags := r.defaults.duration, r.defaults.size, r.defaults.flags
	if !r.begun && r.flags&runFirst != 0 {
		flags = r.first
	}
	if r.begun {
		r.dts += int64(r.duration)
		r.offset += r.now.size
	}
	r.begun = true
	var shift int64
	if r.flags&runDuration != 0 {
		duration = r.entries.u32()
	}
	if r.flags&runSize != 0 {
		size = r.entries.u32()
	}
	if r.flags&runFlags != 0 {
		flags = r.entries.u32()
	}
	if r.flags&runTime != 0 {
		shift = int64(int32(r.entries.u32()))
	}
	r.duration = duration
	r.now = sample{dts: r.dts, pts: r.dts + shift, offset: r.offset, size: int64(size), key: flags&notSync == 0}
	return true
}
