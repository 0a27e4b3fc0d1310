package stream

import "time"

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
	for i := range s.lines {
		if r := s.lines[i].Receiver; r != nil {
			r.leave(sources, at)
		}
	}
	s.updateState(at)
}

// leave notes a goodbye of the stream, if it was one of sources.
func (r *Receiver) leave(sources []uint32, at time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ssrc := range sources {
		if r.running && ssrc == r.ssrc {
			r.byeAt = at
		}
	}
}

// heardAt is when the stream was last heard of, false when it has left. Packets
// that were on their way when the goodbye came do not bring it back.
func (r *Receiver) heardAt() (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running || r.byeAt != never && r.lastAt < r.byeAt+lateAfterSwitch {
		return 0, false
	}
	return r.lastAt, true
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
	for i := range s.lines {
		if r := s.lines[i].Receiver; r != nil {
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
