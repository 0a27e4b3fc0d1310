package mp4

import (
	"fmt"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// movie is what the moov box says.
type movie struct {
	scale    uint32 // units of a second
	duration int64  // in units, of the fragments too where that is said
	tracks   []*track
	extends  bool // fragments may follow
}

// track is one trak box, and where in it we are.
type track struct {
	id          uint32
	scale       uint32
	edits       []edit
	table       table
	description []byte // stsd
	handler     string
	defaults    defaults // of fragments

	info   demux.Track
	coding coding
	first  edit  // that counts
	early  int64 // so much before the decode time the file says a sample is due, because one is shown before its own

	cursor   cursor
	runs     []run  // of the fragment that is being read
	nextTime uint64 // decode time at which a fragment begins that does not say it
	needKey  bool
}

// edit is one entry of an edit list (§8.6.6), times in units of the track; start below 0: nothing is shown.
type edit struct {
	start, length, delay int64
}

// defaults are those of a trex box (§8.8.3), which a tfhd box may replace.
type defaults struct{ duration, size, flags uint32 }

func parseMovie(data []byte) (*movie, error) {
	m := &movie{scale: 1000}
	err := children(data, func(kind string, data []byte) error {
		switch kind {
		case "mvhd":
			f := fields{data: data}
			v, _ := f.full()
			f.skip(8 << (v & 1))
			if scale := f.u32(); scale > 0 {
				m.scale = scale
			}
			m.duration = unknownIsZero(f.long(v), v)
		case "trak":
			if len(m.tracks) == demux.MaxTracks {
				return fmt.Errorf("%w: more than %d tracks", demux.ErrFormat, demux.MaxTracks)
			}
			t := &track{scale: 1}
			m.tracks = append(m.tracks, t)
			return children(data, func(kind string, data []byte) error { return t.parse(kind, data, m.scale) })
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = children(data, func(kind string, data []byte) error {
		if kind == "mvex" {
			m.extends = true
			return children(data, m.parseExtends)
		}
		return nil
	})
	for _, t := range m.tracks {
		t.finish(m.scale)
	}
	return m, err
}

// unknownIsZero reads a duration of all ones as the standard does.
func unknownIsZero(v int64, version uint8) int64 {
	if version == 0 && v == math.MaxUint32 {
		return 0
	}
	return v
}

func (m *movie) parseExtends(kind string, data []byte) error {
	f := fields{data: data}
	switch kind {
	case "mehd":
		v, _ := f.full()
		m.duration = max(m.duration, f.long(v))
	case "trex":
		f.full()
		id := f.u32()
		f.u32() // sample description
		d := defaults{f.u32(), f.u32(), f.u32()}
		if t := m.track(id); t != nil {
			t.defaults = d
		}
	}
	return nil
}

func (m *movie) track(id uint32) *track {
	for _, t := range m.tracks {
		if t.id == id {
			return t
		}
	}
	return nil
}

// parse reads one box of a trak box or of those in it.
func (t *track) parse(kind string, data []byte, movieScale uint32) error {
	f := fields{data: data}
	switch kind {
	case "edts", "mdia", "minf", "stbl":
		return children(data, func(kind string, data []byte) error { return t.parse(kind, data, movieScale) })
	case "tkhd":
		t.parseHeader(&f)
	case "elst":
		t.parseEdits(&f, movieScale)
	case "mdhd":
		v, _ := f.full()
		f.skip(8 << (v & 1))
		t.scale = max(f.u32(), 1)
	case "hdlr":
		if f.skip(8); t.handler == "" { // QuickTime has another one below
			t.handler = string(f.take(4))
		}
	case "stsd":
		t.description = data
	case "stts", "ctts", "stsc", "stsz", "stz2", "stco", "co64", "stss":
		return t.table.parse(kind, &f)
	}
	return nil
}

// parseHeader reads a tkhd box (§8.3.2).
func (t *track) parseHeader(f *fields) {
	v, _ := f.full()
	f.skip(8 << (v & 1))
	t.id = f.u32()
	f.skip(4 + 4<<(v&1) + 8 + 8)
	a, b := int32(f.u32()), int32(f.u32())
	f.u32()
	c, d := int32(f.u32()), int32(f.u32())
	switch {
	case a == 0 && d == 0 && b > 0 && c < 0:
		t.info.Rotation = 90
	case b == 0 && c == 0 && a < 0 && d < 0:
		t.info.Rotation = 180
	case a == 0 && d == 0 && b < 0 && c > 0:
		t.info.Rotation = 270
	}
	f.skip(16)
	t.info.Width, t.info.Height = int(f.u32()>>16), int(f.u32()>>16)
}

// maxEdits is how many entries of an edit list are looked at; only the first that shows something counts.
const maxEdits = 64

func (t *track) parseEdits(f *fields, movieScale uint32) {
	v, _ := f.full()
	for range min(f.u32(), maxEdits) {
		e := edit{length: f.long(v)}
		if v == 1 {
			e.start = int64(f.u64())
		} else {
			e.start = int64(int32(f.u32()))
		}
		f.u32() // rate
		if f.short {
			return
		}
		t.edits = append(t.edits, e)
	}
}

// finish finds the edit that counts: after empty ones, which delay the track, the first that shows something. Those that follow
// would cut the track in pieces; they are left out, and it plays on.
func (t *track) finish(movieScale uint32) {
	const most = math.MaxInt64 / 4
	for i, e := range t.edits {
		length := demux.Ticks(e.length, movieScale)
		if e.start < 0 {
			t.first.delay += demux.Units(min(length, time.Duration(1<<50)), t.scale)
			continue
		}
		t.first.start = min(e.start, most)
		if i == len(t.edits)-1 && e.length > 0 {
			t.first.length = demux.Units(min(length, time.Duration(1<<60)), t.scale)
		}
		break
	}
	t.cursor = cursor{table: &t.table}
	for i := range t.table.ctts.count {
		t.early = max(t.early, -int64(int32(t.table.ctts.word(i, 1))))
	}
	t.coding, t.info = describe(t)
	if s, ok := t.coding.(*samples); ok {
		t.cursor.group = uint32(s.from.PerFrame())
		t.table.fixed(uint32(s.from.Size()))
	} else {
		t.table.compressed()
	}
	t.cursor.rewind()
}

// shown converts a time of the track to one of the movie.
func (t *track) shown(at int64) time.Duration {
	return demux.Ticks(at-t.first.start+t.first.delay, t.scale)
}

// media is the inverse of shown.
func (t *track) media(at time.Duration) int64 {
	return demux.Units(at, t.scale) + t.first.start - t.first.delay
}

// over tells whether a sample is behind the end of the edit; its length is rounded to the movie's units.
func (t *track) over(pts int64, movieScale uint32) bool {
	rounding := int64(t.scale/max(movieScale, 1)) + 1
	return t.first.length > 0 && pts >= t.first.start+t.first.length+rounding
}
