package stream

import (
	"slices"
	"time"
)

// maxSources bounds how many SSRCs of report senders are remembered.
const maxSources = 16

// heardFrom notes that the source ssrc sent a report.
func (s *Session) heardFrom(ssrc uint32, at time.Duration) {
	s.mu.Lock()
	if _, known := s.sources[ssrc]; known || len(s.sources) < maxSources {
		s.sources[ssrc] = at
	}
	s.mu.Unlock()
	if !s.connected.Load() {
		s.updateState(at)
	}
}

// left notes that sources said goodbye.
func (s *Session) left(sources []uint32, at time.Duration) {
	s.mu.Lock()
	for _, ssrc := range sources {
		delete(s.sources, ssrc)
	}
	s.mu.Unlock()
	lines := s.lines()
	for i := range lines {
		if r := lines[i].Receiver; r != nil {
			r.leave(sources, at)
		}
	}
	s.updateState(at)
}

// leave notes a goodbye of a stream, if it was one of sources.
func (r *Receiver) leave(sources []uint32, at time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.tracks {
		if t.running && slices.Contains(sources, t.ssrc) {
			t.byeAt = at
		}
	}
}

// alive tells whether the stream is there. Packets that were on their way when its goodbye
// came do not bring it back. Called locked.
func (t *track) alive() bool {
	return t.running && (t.byeAt == never || t.lastAt >= t.byeAt+lateAfterSwitch)
}

// heardAt is when a stream was last heard of, false when all have left.
func (r *Receiver) heardAt() (last time.Duration, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.tracks {
		if t.alive() {
			last, known = max(last, t.lastAt), true
		}
	}
	return last, known
}

// expire notices a peer that has fallen silent and tells when to look again.
func (s *Session) expire(now time.Duration) (next time.Duration) {
	if !s.connected.Load() {
		return never
	}
	return s.updateState(now)
}

// updateState tells the owner when the peer's media came or went, and returns
// when silence would turn it next.
func (s *Session) updateState(now time.Duration) (next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := time.Duration(0), false
	for ssrc, at := range s.sources {
		if now-at >= peerTimeout {
			delete(s.sources, ssrc)
			continue
		}
		last, known = max(last, at), true
	}
	lines := s.lines()
	for i := range lines {
		if r := lines[i].Receiver; r != nil {
			if at, ok := r.heardAt(); ok && now-at < peerTimeout {
				last, known = max(last, at), true
			}
		}
	}
	if known != s.connected.Load() {
		s.connected.Store(known)
		s.opts.Log.Debug().Bool("connected", known).Msg("media of the peer")
		if s.opts.MediaState != nil {
			s.opts.MediaState(known)
		}
		s.kick()
	}
	if !known {
		return never
	}
	return last + peerTimeout
}

// measureTrip takes one measure of the round trip time.
func (s *Session) measureTrip(trip time.Duration) {
	if trip <= 0 {
		return
	}
	if before := s.RoundTrip(); before > 0 {
		trip = before + (trip-before)/8 // smoothed like TCP's (RFC 6298)
	}
	s.rtt.Store(int64(trip))
}
