package recorder

import (
	"errors"
	"fmt"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// resumePatience is how long sound waits for a picture after a pause. Then it is recorded
	// without: the publisher may have switched his camera off meanwhile.
	resumePatience = 2 * time.Second
	// keyFrameRetry is how often a key frame is asked for while one is missing.
	keyFrameRetry = 500 * time.Millisecond
)

// muxer puts the frames of several kinds on the time line of one file. A recording consists of
// stretches: one begins at record and ends at pause. Each begins with a video key frame when
// there is video, and in the file directly at the end of the one before it. Within a stretch
// frames keep the distances that they have on the pipeline clock.
//
// It is used by one goroutine, looks at no clock but the frames' and knows no events, only hooks.
type muxer struct {
	// create starts the file once it is known what is in it.
	create func(tracks []Track, date time.Time) (Writer, error)
	// wantKey is called when the video is of no use before a key frame.
	wantKey func()
	// began is called with the first frame of the file, or later if kinds have to come that it has begun without.
	began func()
	// bound is the format that comes from the source of a kind, nil: there is none. It may be nil itself.
	bound func(media.Kind) *media.Format
	// patience is how long the file waits for kinds from which nothing comes, 0: for ever.
	patience time.Duration
	// closesGaps has sound follow sound, whatever was lost between.
	closesGaps bool

	file     Writer // nil before the first stretch
	tracks   [len(media.Kinds)]muxTrack
	expected [len(media.Kinds)]bool
	state    muxState
	origin   time.Duration // pipeline time at which the stretch began
	base     time.Duration // the same on the time line of the file
	first    time.Duration // pipeline time of the first frame since the stretch was asked for, or never
	newest   time.Duration // the highest pipeline time so far
	sound    time.Duration // pipeline time of the first sound since the stretch was asked for, or never
	asked    time.Duration // pipeline time at which a key frame was last asked for, or never
}

// never stands for a time at which something did not happen.
const never time.Duration = -1 << 62

type muxState uint8

const (
	muxPaused  muxState = iota
	muxWaiting          // for everything that must be there when a stretch begins
	muxRunning
)

// muxTrack is one kind of media.
type muxTrack struct {
	Track
	index   int           // in the file
	inFile  bool          // the file has such a track
	seen    bool          // since the stretch was asked for
	refused bool          // cannot be in this file
	needKey bool          // video: nothing can be decoded before a key frame
	late    bool          // in the file without a frame so far
	next    time.Duration // sound without gaps: when the next frame begins, or never
	closed  time.Duration // the gaps that were closed
	format  *media.Format // of the source that is recorded
}

// record begins a stretch as soon as everything is there. The caller has asked for a key frame.
func (m *muxer) record() {
	if m.state != muxPaused {
		return
	}
	m.state, m.sound, m.asked, m.first, m.newest = muxWaiting, never, never, never, never
	for i := range m.tracks {
		m.tracks[i].seen = false
	}
}

// pause ends the stretch.
func (m *muxer) pause() { m.state = muxPaused }

// write takes a frame. An error that wraps ErrCodec means that frames of this kind are not
// recorded from now on; after any other nothing can be written any more.
func (m *muxer) write(p *media.Packet) error {
	t := &m.tracks[p.Format.Kind]
	if m.state == muxPaused || t.refused || m.file != nil && !t.inFile {
		return nil
	}
	if m.asked == never {
		m.asked = p.PTS
	}
	if m.first == never {
		m.first = p.PTS
	}
	m.newest = max(m.newest, p.PTS)
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
	return m.put(t, p)
}

// put writes a frame at its place in the stretch.
func (m *muxer) put(t *muxTrack, p *media.Packet) error {
	at := m.base + p.PTS - m.origin
	switch {
	case !t.inFile:
		return nil
	case at < m.base:
		t.needKey = p.Format.Kind == media.Video
		return nil
	case p.Format.Codec != t.Format.Codec:
		t.refused = true
		return fmt.Errorf("%w %s in a file with %s", ErrCodec, p.Format.Codec, t.Format.Codec)
	case t.late && !m.arrives(t, p):
		return nil
	}
	t.needKey = false
	if m.closesGaps && p.Format.Kind == media.Audio {
		at = t.closeGap(at, p.Data)
	}
	if w, ok := m.file.(pictureWriter); ok {
		return w.WritePicture(at, int(p.Width), int(p.Height), p.Data)
	}
	return m.file.WriteFrame(t.index, at, p.Key, p.Data)
}

// usable tells whether a frame can be decoded. Video of a new source cannot before its first
// key frame.
func (m *muxer) usable(t *muxTrack, p *media.Packet) bool {
	if p.Format.Kind != media.Video || p.Key {
		t.format = p.Format
		return true
	}
	if t.format != p.Format {
		t.needKey = true
	}
	switch {
	case m.state == muxWaiting && !m.lacksVideoOnly():
		return false // a key frame would be of no use yet
	case m.state == muxWaiting, t.needKey:
		m.askKey(p.PTS)
		return false
	}
	return true
}

// askKey asks for a key frame, unless that was done a moment ago.
func (m *muxer) askKey(now time.Duration) {
	if now-m.asked >= keyFrameRetry {
		m.asked = now
		m.wantKey()
	}
}

// ready notes what has come and tells whether a stretch can begin with this frame.
func (m *muxer) ready(t *muxTrack, p *media.Packet) (begins bool, err error) {
	if m.file == nil {
		track, err := NewTrack(*p.Format, p.Data)
		if errors.Is(err, ErrCodec) {
			t.refused = true
			return false, err
		}
		if err != nil {
			return false, nil // a broken frame; the next one may be better
		}
		t.Track = track
	}
	first := !t.seen
	t.seen = true
	if p.Format.Kind == media.Video {
		return m.lacksVideoOnly(), nil
	}
	if m.sound == never {
		m.sound = p.PTS
	}
	return m.readyForSound(p.PTS, first), nil
}

// readyForSound tells whether a stretch can begin with sound at a time: if there is no picture
// to begin with.
func (m *muxer) readyForSound(now time.Duration, first bool) bool {
	video := &m.tracks[media.Video]
	switch {
	case !m.lacksVideoOnly():
		return false
	case m.file == nil && video.seen:
		// The picture was there before, and its key frame has passed.
		if first {
			m.asked = never
		}
		m.askKey(now)
		return false
	case m.file == nil:
		return !m.waitsFor(media.Video)
	case video.inFile && now-m.sound < resumePatience:
		return false
	}
	video.needKey = true
	return true
}

// lacksVideoOnly tells whether every kind but video that is to be in the file has come. After
// a pause none has to.
func (m *muxer) lacksVideoOnly() bool {
	for k := range m.tracks {
		if media.Kind(k) != media.Video && m.waitsFor(media.Kind(k)) {
			return false
		}
	}
	return true
}

// begin starts a stretch with frame p, and the file with the first one.
func (m *muxer) begin(p *media.Packet) error {
	m.origin = p.PTS
	m.state = muxRunning
	for i := range m.tracks {
		m.tracks[i].next, m.tracks[i].closed = never, 0
	}
	if m.file != nil {
		m.base = m.file.Duration()
		return nil
	}
	var tracks []Track
	for i := range m.tracks {
		t := &m.tracks[i]
		if !t.seen && m.expected[i] && !t.refused {
			t.Track, t.late = m.announced(media.Kind(i))
		}
		if t.seen || t.late {
			t.index, t.inFile = len(tracks), true
			tracks = append(tracks, t.Track)
		}
	}
	file, err := m.create(tracks, media.Wall(p.PTS))
	if err != nil {
		return err
	}
	m.file = file
	m.tellBegan()
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
