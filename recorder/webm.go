package recorder

import (
	"fmt"
	"io"
	"time"

	"github.com/at-wat/ebml-go/webm"

	"github.com/rivero-media/rivero/pipeline/codec/opus"
	"github.com/rivero-media/rivero/pipeline/media"
)

// WebM is the container for VP8, VP9, AV1 and Opus
// (https://www.webmproject.org/docs/container/, RFC 9559).
func WebM() Container {
	return Container{
		Name:   "WebM",
		Codecs: []string{media.VP8, media.VP9, media.AV1, media.Opus},
		New: func(w io.Writer, tracks []Track, date time.Time) (Writer, error) {
			return newWebM(w, tracks, date)
		},
	}
}

const (
	// clusterTime is how much one cluster holds: about what is lost when the process is killed.
	clusterTime = 1000
	// maxWait is how long a cluster waits for tracks that lag behind, so that its blocks are
	// complete and in order.
	maxWait = 500
	// maxBytes is what waits at most.
	maxBytes = 16 << 20
	// maxLate is how far behind the newest frame of all tracks a frame may come; a later one
	// is taken for this late. It keeps the blocks of a cluster within their 16 bits.
	maxLate = 5000
)

// webmWriter writes a WebM file in clusters. A cluster is collected in memory and written with
// one call, so that the file is whole up to its last cluster at any moment. All times are in
// milliseconds, the unit of the file.
type webmWriter struct {
	w      io.Writer
	header webmHeader
	tracks []webmTrack
	offset int64 // bytes written so far, all of them whole elements
	err    error // of the target, the first one

	cluster  cluster
	started  int64 // start of the last cluster that was written
	newest   int64 // highest time of all frames
	duration int64 // when the last frame ends
	cues     []webm.CuePoint
}

// webmTrack is what the writer remembers of a track.
type webmTrack struct {
	Track
	last int64 // time of the last frame, -1 before the first
}

func newWebM(w io.Writer, tracks []Track, date time.Time) (*webmWriter, error) {
	m := &webmWriter{w: w, header: webmHeader{tracks: tracks, date: date}}
	for _, t := range tracks {
		m.tracks = append(m.tracks, webmTrack{Track: t, last: -1})
	}
	head, err := m.header.marshal()
	if err != nil {
		return nil, fmt.Errorf("WebM header: %w", err)
	}
	m.write(head)
	return m, m.err
}

// write hands whole elements to the target. After the first error, kept in m.err, it does nothing.
func (m *webmWriter) write(b []byte) {
	if m.err != nil {
		return
	}
	if _, err := m.w.Write(b); err != nil {
		m.err = writeError(err)
		return
	}
	m.offset += int64(len(b))
}

func (m *webmWriter) WriteFrame(track int, pts time.Duration, key bool, data []byte) error {
	t := &m.tracks[track]
	at := max((pts + time.Millisecond/2).Milliseconds(), m.started, m.newest-maxLate, t.last+1)
	m.duration = max(m.duration, at+t.length(at, data))
	t.last = at
	m.newest = max(m.newest, at)
	m.cluster.add(block{track: track, at: at, key: key, opens: key && t.Format.Kind == media.Video}, data)
	for m.err == nil && len(m.cluster.blocks) > 0 {
		count, next := m.cluster.first()
		if len(m.cluster.data) < maxBytes && (count == len(m.cluster.blocks) || !m.complete(next)) {
			break
		}
		m.flush(count)
	}
	return m.err
}

// complete tells whether nothing in front of a time is to be expected any more.
func (m *webmWriter) complete(at int64) bool {
	if m.newest-at >= maxWait {
		return true
	}
	for _, t := range m.tracks {
		if t.last < at {
			return false
		}
	}
	return true
}

// length guesses how long a frame is shown: as long as the one before it, but no more than a
// second; sound says so itself.
func (t *webmTrack) length(at int64, data []byte) int64 {
	switch {
	case t.Format.Codec == media.Opus:
		return opus.Duration(data).Milliseconds()
	case t.last < 0:
		return 0
	}
	return min(at-t.last, 1000)
}

// flush writes the first blocks as a cluster.
func (m *webmWriter) flush(count int) {
	m.started = m.cluster.blocks[0].at
	position := uint64(m.offset - m.header.segment())
	if cue, ok := m.cue(m.cluster.blocks[:count], position); ok {
		m.cues = append(m.cues, cue)
	}
	m.write(m.cluster.marshal(count))
	m.cluster.drop(count)
}

// cue points at the video key frame in a cluster, or at its start when the file has no video.
func (m *webmWriter) cue(blocks []block, position uint64) (webm.CuePoint, bool) {
	for _, b := range blocks {
		if b.opens || !m.hasVideo() {
			return webm.CuePoint{
				CueTime:           uint64(b.at),
				CueTrackPositions: []webm.CueTrackPosition{{CueTrack: uint64(b.track + 1), CueClusterPosition: position}},
			}, true
		}
	}
	return webm.CuePoint{}, false
}

func (m *webmWriter) hasVideo() bool {
	for _, t := range m.tracks {
		if t.Format.Kind == media.Video {
			return true
		}
	}
	return false
}

func (m *webmWriter) Duration() time.Duration { return time.Duration(m.duration) * time.Millisecond }

// Close writes what is left and, to a target that allows it, the index and the numbers in the
// header.
func (m *webmWriter) Close() error {
	for len(m.cluster.blocks) > 0 && m.err == nil {
		count, _ := m.cluster.first()
		m.flush(count)
	}
	at, seekable := m.w.(io.WriterAt)
	if !seekable {
		return m.err
	}
	m.header.duration = float64(m.duration)
	if err := m.writeCues(); err != nil {
		m.cutTail()
	}
	m.header.size = m.offset - m.header.segment()
	head, err := m.header.marshal()
	if err == nil {
		_, err = at.WriteAt(head, 0)
	}
	if err != nil && m.err == nil {
		m.err = writeError(err)
	}
	return m.err
}

// writeCues writes the index behind the last cluster and notes where it is.
func (m *webmWriter) writeCues() error {
	if len(m.cues) == 0 || m.err != nil {
		return m.err
	}
	cues, err := marshalCues(m.cues)
	if err != nil {
		return err
	}
	position := m.offset - m.header.segment()
	if m.write(cues); m.err == nil {
		m.header.cues = position
	}
	return m.err
}

// cutTail removes what a failed write has left behind the last whole element. A target that
// cannot do that keeps it: readers stop there.
func (m *webmWriter) cutTail() {
	if t, ok := m.w.(interface{ Truncate(size int64) error }); ok {
		if err := t.Truncate(m.offset); err != nil && m.err == nil {
			m.err = writeError(err)
		}
	}
}
