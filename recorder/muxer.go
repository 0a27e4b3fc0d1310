package recorder

import (
	"fmt"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// resumePatience is how long sound waits for a picture after a pause. Then it is recorded without: the
// publisher may have switched his camera off meanwhile.
const resumePatience = 2 * time.Second

// muxer puts the frames of several kinds on the time line of one file. A recording consists of stretches: one begins at
// record and ends at pause. Each stretch begins with a video key frame when there is video, and directly at the end of the
// one before it. Within a stretch frames keep the distances that they have on the pipeline clock.
//
// It is used by one goroutine, does not look at any clock and knows no events, only hooks.
type muxer struct {
	// create starts the file once it is known what is in it.
	create func(tracks []Track, date time.Time) (Writer, error)
	// wantKey is called when nothing of the video can be used before a key frame.
	wantKey func()
	// began is called with the first frame of the file.
	began func()

	file     Writer // nil before the first stretch
	tracks   [len(media.Kinds)]muxTrack
	expected [len(media.Kinds)]bool
	state    muxState
	origin   time.Duration // pipeline time at which the stretch began
	base     time.Duration // the same on the time line of the file
	waiting  time.Duration // pipeline time of the first sound since the stretch was asked for
}

type muxState uint8

const (
	muxPaused  muxState = iota
	muxWaiting          // for everything that must be there when a stretch begins
	muxRunning
)

// muxTrack is one kind of media.
type muxTrack struct {
	Track
	index   int  // in the file
	inFile  bool // the file has such a track
	seen    bool // since the stretch was asked for
	needKey bool // video: nothing can be used before a key frame
	format  *media.Format
}

// record begins a stretch as soon as everything is there.
func (m *muxer) record() {
	if m.state != muxPaused {
		return
	}
	m.state = muxWaiting
	m.waiting = -1
	for i := range m.tracks {
		m.tracks[i].seen = false
	}
}

// pause ends the stretch.
func (m *muxer) pause() { m.state = muxPaused }

// write takes a frame. The error, of the file or of a frame that cannot be in it, ends the recording.
func (m *muxer) write(p *media.Packet) error {
	if m.state == muxPaused {
		return nil
	}
	t := &m.tracks[p.Format.Kind]
	if !m.usable(t, p) {
		return nil
	}
	if m.state == muxWaiting {
		begins, err := m.ready(t, p)
		if err != nil || !begins {
			return err
		}
		if err := m.begin(p); err != nil {
			return err
		}
	}
	at := m.base + p.PTS - m.origin
	if !t.inFile || at < m.base {
		return nil
	}
	if p.Format.Codec != t.Format.Codec {
		return fmt.Errorf("%w %s in a file with %s", ErrCodec, p.Format.Codec, t.Format.Codec)
	}
	t.needKey = false
	return m.file.WriteFrame(t.index, at, p.Key, p.Data)
}

// usable tells whether a frame can be decoded. Video of a new source cannot before its first key frame.
func (m *muxer) usable(t *muxTrack, p *media.Packet) bool {
	if p.Format.Kind != media.Video || p.Key {
		t.format = p.Format
		return true
	}
	if t.format != p.Format {
		t.needKey = true
	}
	if t.needKey || m.state == muxWaiting {
		m.wantKey()
		return false
	}
	return true
}

// ready notes what has come and tells whether a stretch can begin with this frame.
func (m *muxer) ready(t *muxTrack, p *media.Packet) (bool, error) {
	if m.file == nil {
		track, err := NewTrack(*p.Format, p.Data)
		if err != nil {
			return false, err
		}
		t.Track = track
	}
	t.seen = true
	video := &m.tracks[media.Video]
	if p.Format.Kind == media.Video {
		return m.complete(), nil
	}
	if m.waiting < 0 {
		m.waiting = p.PTS
	}
	if m.file == nil {
		if m.complete() && video.seen {
			m.wantKey() // the picture was there first, and its key frame has passed
		}
		return m.complete() && !video.seen, nil
	}
	if !video.inFile {
		return true, nil
	}
	if p.PTS-m.waiting < resumePatience {
		return false, nil
	}
	video.needKey = true
	return true, nil
}

// complete tells whether every kind that is to be in the file has come; after a pause one is enough.
func (m *muxer) complete() bool {
	for k, t := range m.tracks {
		if m.file == nil && m.expected[k] && !t.seen {
			return false
		}
	}
	return true
}

// begin starts a stretch with frame p, and the file with the first one.
func (m *muxer) begin(p *media.Packet) error {
	m.origin = p.PTS
	m.state = muxRunning
	if m.file != nil {
		m.base = m.file.Duration()
		return nil
	}
	var tracks []Track
	for i := range m.tracks {
		if t := &m.tracks[i]; t.seen {
			t.index, t.inFile = len(tracks), true
			tracks = append(tracks, t.Track)
		}
	}
	file, err := m.create(tracks, media.Wall(p.PTS))
	if err != nil {
		return err
	}
	m.file = file
	m.began()
	return nil
}

// close completes the file, if there is one.
func (m *muxer) close() error {
	m.state = muxPaused
	if m.file == nil {
		return nil
	}
	file := m.file
	m.file = nil
	return file.Close()
}
