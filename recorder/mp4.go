package recorder

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// MP4 is the container of ISO/IEC 14496-12 with the codecs that players expect in it. VP8 is none of them.
func MP4() Container {
	return Container{
		Name:   "MP4",
		Codecs: []string{media.H264, media.AV1, media.VP9, media.AAC, media.Opus},
		New: func(w io.Writer, tracks []Track, date time.Time) (Writer, error) {
			return newMP4(w, tracks, date)
		},
	}
}

// fragmentTime is how much a fragment holds: about what is lost when the process is killed.
const fragmentTime = time.Second

// mp4Writer writes a fragmented MP4 file, which is whole after each fragment. When it is complete, a target that is a file
// is replaced by one with its index in front; when that fails, it stays as it is.
type mp4Writer struct {
	w      io.Writer
	date   time.Time
	tracks []*mp4Track
	head   int64 // length of what is in front of the first fragment
	offset int64 // bytes written so far, all of them whole boxes
	err    error // of the target, the first one

	sequence uint32
	flushed  time.Duration // time of the frame with which the last fragment was written
	end      time.Duration // when the last frame ends
	data     []byte        // of the frames that wait, in the order in which they came
	out      boxes
}

// mp4Track is a track with its frames that wait for the next fragment.
type mp4Track struct {
	Track
	scale   int64 // units of time per second
	frames  []mp4Frame
	decoded int64 // decoding time of the last frame that was written, -1 before the first
	table   mp4Table
}

// mp4Frame is a frame that waits.
type mp4Frame struct {
	shown  int64 // in units of the track
	length int64 // 0: until the next one
	key    bool
	start  int // in mp4Writer.data
	size   int
}

func newMP4(w io.Writer, tracks []Track, date time.Time) (*mp4Writer, error) {
	m := &mp4Writer{w: w, date: date}
	for _, t := range tracks {
		m.tracks = append(m.tracks, &mp4Track{Track: t, scale: int64(t.rate()), decoded: -1})
	}
	head := mp4Head{tracks: m.tracks, date: date}
	head.appendTo(&m.out, 0)
	m.write(m.out.b)
	m.head = m.offset
	return m, m.err
}

// write hands whole boxes to the target. After the first error, kept in m.err, it does nothing.
func (m *mp4Writer) write(b []byte) {
	if m.err != nil {
		return
	}
	if _, err := m.w.Write(b); err != nil {
		m.err = writeError(err)
		return
	}
	m.offset += int64(len(b))
}

func (m *mp4Writer) WriteFrame(track int, pts time.Duration, key bool, data []byte) error {
	if pts-m.flushed >= fragmentTime || len(m.data) >= maxBytes {
		m.flush(false)
		m.flushed = pts
	}
	t := m.tracks[track]
	f := mp4Frame{shown: t.place(pts), key: key || t.Format.Kind == media.Audio, start: len(m.data), size: len(data)}
	length := t.soundLength(data)
	f.length = units(length, t.scale)
	if length == 0 {
		length = t.interval(f.shown)
	}
	m.end = max(m.end, pts+length)
	t.frames = append(t.frames, f)
	m.data = append(m.data, data...)
	return m.err
}

// place is a time in units of the track. Only where frames may be reordered does it go back.
func (t *mp4Track) place(pts time.Duration) int64 {
	shown, last := units(pts, t.scale), t.decoded
	if n := len(t.frames); n > 0 {
		last = t.frames[n-1].shown
	}
	if t.reorders() {
		return shown
	}
	return max(shown, last+1)
}

// units converts a time to units of a track.
func units(t time.Duration, scale int64) int64 {
	return int64(t/time.Second)*scale + rescale(int64(t%time.Second), int64(time.Second), scale)
}

// interval guesses how long a picture is shown: as long as the one before it, but no more than a second.
func (t *mp4Track) interval(shown int64) time.Duration {
	before := t.decoded
	if n := len(t.frames); n > 0 {
		before = t.frames[n-1].shown
	}
	if before < 0 {
		return 0
	}
	return min(time.Duration(max(shown-before, 0))*time.Second/time.Duration(t.scale), time.Second)
}

// flush writes a fragment of what waits. Only at the end the newest frame of each track is in it: how long it lasts is
// told by the next one.
func (m *mp4Writer) flush(end bool) {
	var parts []part
	var frames [][]mp4Frame
	for i, t := range m.tracks {
		count := len(t.frames)
		if !end {
			count--
		}
		if count > 0 {
			parts = append(parts, part{uint32(i + 1), t.samples(count)})
			frames = append(frames, t.frames[:count])
		}
	}
	if len(parts) == 0 || m.err != nil {
		return
	}
	m.sequence++
	m.out.b = m.out.b[:0]
	m.out.fragment(m.sequence, parts)
	at := m.offset + int64(len(m.out.b))
	for i := range parts {
		for _, f := range frames[i] {
			m.out.b = append(m.out.b, m.data[f.start:f.start+f.size]...)
		}
	}
	if m.write(m.out.b); m.err != nil {
		return
	}
	for _, p := range parts {
		at += m.tracks[p.id-1].written(at, p.samples)
	}
	m.keepNewest()
}

// samples gives the first frames that wait their times.
func (t *mp4Track) samples(count int) []mp4Sample {
	shown := make([]int64, len(t.frames))
	for i, f := range t.frames {
		shown[i] = f.shown
	}
	decode, before := decodeTimes(shown, t.decoded), t.decoded
	samples := make([]mp4Sample, count)
	for i, f := range t.frames[:count] {
		length := f.length
		switch {
		case i+1 < len(decode):
			length = decode[i+1] - decode[i]
		case length == 0 && before >= 0: // the last of all: as long as the one before it
			length = min(decode[i]-before, t.scale)
		}
		before = decode[i]
		samples[i] = mp4Sample{decode[i], uint32(max(length, 1)), int32(f.shown - decode[i]), f.size, f.key}
	}
	return samples
}

// written notes samples that are in the file from an offset on, and returns how many bytes they take.
func (t *mp4Track) written(offset int64, samples []mp4Sample) (size int64) {
	for _, s := range samples {
		t.table.add(s)
		size += int64(s.size)
	}
	t.table.addChunk(offset, len(samples))
	t.decoded = samples[len(samples)-1].decode
	t.frames = t.frames[:copy(t.frames, t.frames[len(samples):])]
	return size
}

// keepNewest forgets the data of what was written.
func (m *mp4Writer) keepNewest() {
	var rest []byte
	for _, t := range m.tracks {
		for i := range t.frames {
			f := &t.frames[i]
			data := m.data[f.start : f.start+f.size]
			f.start = len(rest)
			rest = append(rest, data...)
		}
	}
	m.data = append(m.data[:0], rest...)
}

// describe is part of describer. The index says so when the file is complete.
func (m *mp4Writer) describe(track int, t Track) { m.tracks[track].Track = t }

func (m *mp4Writer) Duration() time.Duration { return m.end }

// Close writes what is left, and puts the index in front.
func (m *mp4Writer) Close() error {
	m.flush(true)
	if m.err != nil {
		m.cutTail()
	}
	if r, ok := m.w.(Replaceable); ok && m.offset > m.head {
		if err := r.Replace(m.complete); err != nil && m.err == nil {
			return fmt.Errorf("%w: %w", ErrIndex, err)
		}
	}
	return m.err
}

// complete writes the complete file: the index, then all that was written, fragments' heads included, as the data that the
// index speaks of. So the kernel can copy it, which takes no time on file systems that share blocks.
func (m *mp4Writer) complete(to, from *os.File) error {
	head := mp4Head{tracks: m.tracks, date: m.date, complete: true}
	m.out.b = m.out.b[:0]
	head.appendTo(&m.out, 0)
	base := int64(len(m.out.b)) + largeHead - m.head
	m.out.b = m.out.b[:0]
	head.appendTo(&m.out, base)
	body := m.offset - m.head
	if _, err := to.Write(append(m.out.b, largeBox("mdat", body)...)); err != nil {
		return err
	}
	if _, err := from.Seek(m.head, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyN(to, from, body)
	return err
}

// cutTail removes what a failed write has left behind the last whole fragment.
func (m *mp4Writer) cutTail() {
	if t, ok := m.w.(interface{ Truncate(size int64) error }); ok {
		t.Truncate(m.offset)
	}
}
