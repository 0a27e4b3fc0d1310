package stream

import "github.com/rivero-media/rivero/pipeline/media"

// search is how far a sender has looked for a key frame in its source's past.
type search uint8

const (
	searchNone search = iota
	searchNew         // looked for one that was not presented before what was sent last
	searchAll
)

// catchUpPace is how many packets of the past go out with each new one: a whole key frame at once, but no flood that
// would overflow the socket's buffer, or the peer's.
const catchUpPace = 32

// catchUp lets a peer that comes late see a picture at once: it begins to send what came since the last key frame,
// when the source still has all of that. A source that can make a key frame is asked for one first if the past would have
// to be presented a second time; only when none comes, as from a file, is that done. p is the source's latest packet. It
// runs on the producer's goroutine. Called locked.
func (s *Sender) catchUp(p *media.Packet) bool {
	next := searchNew
	if s.search != searchNone {
		if s.search == searchAll || !s.overdue(p) {
			return false
		}
		next = searchAll
	}
	s.search = next
	first, found := media.LastKey(s.from, p, func(key *media.Packet) bool {
		return next == searchAll || !s.splice.used || key.PTS > s.splice.pts
	})
	s.behind, s.next = found, first
	return found
}

// overdue tells that a key frame was asked for long enough ago to be there.
func (s *Sender) overdue(p *media.Packet) bool {
	return s.asked && s.askedAt != never && p.PTS-s.askedAt >= keyFrameRetry
}

// follow sends the next packets of the past, up to p. It returns the source to be asked for a key frame when a packet of
// the past is missing. Called locked, while behind.
func (s *Sender) follow(p *media.Packet) (ask media.Source) {
	if int16(p.RTP.SequenceNumber-s.next) < 0 {
		return nil // a late one, from before what was sent
	}
	for range catchUpPace {
		latest := s.next == p.RTP.SequenceNumber
		s.behind = false // what follows is sent as if it came now
		kept := s.from.Resend(s.next, func(kept *media.Packet) {
			kept.Burst = p.Burst
			s.forward(kept)
		})
		switch {
		case latest && !kept: // too large for the source's ring
			return s.forward(p)
		case latest:
			return nil
		case !kept:
			s.splice.open = false
			return s.wait(p)
		}
		s.behind = true
		s.next++
	}
	return nil
}
