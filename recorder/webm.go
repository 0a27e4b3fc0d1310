package recorder

import (
	"fmt"
	"io"
	"time"

	"github.com/at-wat/ebml-go/webm"

	"github.com/rivero-media/rivero/pipeline/media"
)

// WebM is the part of Matroska that browsers play (https://www.webmproject.org/docs/container/).
func WebM() Container {
	return matroska("WebM", "webm", media.VP8, media.VP9, media.AV1, media.Opus, media.Vorbis)
}

// Matroska is the container that holds whatever flows through a pipeline (RFC 9559).
func Matroska() Container {
	return matroska("Matroska", "matroska", media.VP8, media.VP9, media.AV1, media.H264,
		media.Opus, media.Vorbis, media.AAC, media.PCMU, media.PCMA)
}

func matroska(name, docType string, codecs ...string) Container {
	return Container{Name: name, Codecs: codecs, New: func(w io.Writer, tracks []Track, date time.Time) (Writer, error) {
		return newMatroska(w, docType, tracks, date)
	}}
}

// webmWriter writes a WebM or Matroska file in clusters. A cluster is collected in memory and written with
// one call, so that the file is whole up to its last cluster at any moment. All times are in
// milliseconds, the unit of the file.
type webmWriter struct {
	w      io.Writer
	header webmHeader
	offset int64 // bytes written so far, all of them whole elements
	err    error // of the target, the first one

	cluster cluster
	cues    []webm.CuePoint
}

func newMatroska(w io.Writer, docType string, tracks []Track, date time.Time) (*webmWriter, error) {
	m := &webmWriter{w: w, header: webmHeader{docType: docType, tracks: tracks, date: date}}
	m.cluster.interleaver = newInterleaver(tracks)
	head, err := m.header.marshal()
	if err != nil {
		return nil, fmt.Errorf("%s header: %w", docType, err)
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
	m.cluster.add(track, pts, key, data)
	for m.err == nil && len(m.cluster.blocks) > 0 {
		count, next := m.cluster.first()
		if !m.cluster.full() && (count == len(m.cluster.blocks) || !m.cluster.complete(next)) {
			break
		}
		m.flush(count)
	}
	return m.err
}

// flush writes the first blocks as a cluster.
func (m *webmWriter) flush(count int) {
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
		if m.cluster.opens(b) || !m.hasVideo() {
			return webm.CuePoint{
				CueTime:           uint64(b.at),
				CueTrackPositions: []webm.CueTrackPosition{{CueTrack: uint64(b.track + 1), CueClusterPosition: position}},
			}, true
		}
	}
	return webm.CuePoint{}, false
}

func (m *webmWriter) hasVideo() bool {
	for _, t := range m.header.tracks {
		if t.Format.Kind == media.Video {
			return true
		}
	}
	return false
}

// describe is part of describer. The header says so when the file is complete.
func (m *webmWriter) describe(track int, t Track) {
	m.header.tracks[track], m.cluster.tracks[track].Track = t, t
}

func (m *webmWriter) Duration() time.Duration {
	return time.Duration(m.cluster.end()) * time.Millisecond
}

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
	m.header.duration = float64(m.cluster.end())
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
