package recorder

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// A kind from which nothing comes (a camera that is off, a microphone that is muted) does not hold up the file for ever. It
// gets a track nevertheless, made from what its source has announced, and is described again when its first frame is there.

// describer is implemented by writers whose header can be corrected.
type describer interface {
	describe(track int, t Track)
}

// waitsFor tells whether the file does not begin without a kind.
func (m *muxer) waitsFor(k media.Kind) bool {
	t := &m.tracks[k]
	if m.file != nil || !m.expected[k] || t.seen || t.refused {
		return false
	}
	if m.patience == 0 || m.first == never || m.newest-m.first < m.patience {
		return true
	}
	_, announced := m.announced(k)
	return !announced
}

// announced is the track of a kind of which no frame has come; false when nothing is known of it.
func (m *muxer) announced(k media.Kind) (Track, bool) {
	var f *media.Format
	if m.bound != nil {
		f = m.bound(k)
	}
	if f == nil {
		return Track{}, false
	}
	if k == media.Audio {
		t, err := newSoundTrack(*f)
		return t, err == nil
	}
	t := Track{Format: *f, Width: 640, Height: 480}
	switch f.Codec {
	case media.H264: // a decoder configuration record without parameter sets: they come in band
		t.Private = []byte{1, 0x42, 0xe0, 0x1f, 0xff, 0xe0, 0}
	case media.AV1: // the same without a sequence header, 8 bits, 4:2:0
		t.Private = []byte{0x81, 0, 0x0c, 0}
	}
	return t, true
}

// arrives notes the first frame of a kind that was announced only; false when it is of no use.
func (m *muxer) arrives(t *muxTrack, p *media.Packet) bool {
	track, err := NewTrack(*p.Format, p.Data)
	if err != nil {
		t.needKey = p.Format.Kind == media.Video
		return false
	}
	t.Track, t.late = track, false
	if w, ok := m.file.(describer); ok {
		w.describe(t.index, track)
	}
	m.tellBegan()
	return true
}

// tellBegan calls began once a frame of every kind in the file has come.
func (m *muxer) tellBegan() {
	for i := range m.tracks {
		if m.tracks[i].late {
			return
		}
	}
	m.began()
}

// closeGap moves sound behind a gap to where the gap begins, and all sound after it as much: what GENPTS asks for. It
// counts within a stretch.
func (t *muxTrack) closeGap(at time.Duration, frame []byte) time.Duration {
	length := t.soundLength(frame)
	if length == 0 {
		return at
	}
	at -= t.closed
	if gap := at - t.next; t.next != never && gap > length/2 {
		t.closed += gap
		at = t.next
	}
	t.next = at + length
	return at
}
