package playback

import (
	"sync"

	"github.com/rivero-media/rivero/pipeline/media"
)

// maxPast is how many bytes of frames are kept for those who come late.
const maxPast = 16 << 20

// past keeps the frames of one track since its last key frame, because a file cannot make one when asked: whoever comes
// late gets them (media.LastKey). When they are too many, nothing is kept until the next key frame.
type past struct {
	media.NoUpstream

	mu    sync.Mutex
	next  uint16 // number of the next frame
	kept  []media.Packet
	data  []byte // of the frames in kept
	ends  []int
	whole bool // kept begins with a key frame
}

// keep numbers a frame and copies it. The playback's goroutine calls it before it writes the frame.
func (s *past) keep(p *media.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.RTP.SequenceNumber = s.next
	s.next++
	if p.Key || len(s.data)+len(p.Data) > maxPast || len(s.kept) == media.LongRingSlots {
		s.kept, s.data, s.ends, s.whole = s.kept[:0], s.data[:0], s.ends[:0], p.Key
	}
	if !s.whole || p.Format.Kind != media.Video {
		return
	}
	kept := *p
	kept.Data, kept.Burst = nil, nil
	s.kept = append(s.kept, kept)
	s.data = append(s.data, p.Data...)
	s.ends = append(s.ends, len(s.data))
}

// Resend is part of media.Upstream.
func (s *past) Resend(seq uint16, f func(*media.Packet)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == 0 {
		return false
	}
	i := int(seq - s.kept[0].RTP.SequenceNumber)
	if i >= len(s.kept) {
		return false
	}
	begin := 0
	if i > 0 {
		begin = s.ends[i-1]
	}
	p := s.kept[i]
	p.Data = s.data[begin:s.ends[i]]
	f(&p)
	return true
}
