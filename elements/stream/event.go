package stream

import (
	"slices"

	"github.com/rivero-media/rivero/pipeline/media"
)

// forwardEvent sends a telephone event (RFC 4733) if it stands beside the voice that is sent and the peer takes such on its
// clock. One that is left out leaves no hole, in which the peer would look for lost voice: the numbers begin anew behind it.
// Called locked.
func (s *Sender) forwardEvent(p *media.Packet) {
	if s.codec == nil || s.session == nil || !s.session.ready.Load() || !s.splice.continues(p) {
		return
	}
	i := slices.IndexFunc(s.events, func(c Codec) bool { return c.Format.ClockRate == s.codec.Format.ClockRate })
	if i < 0 || p.Format.ClockRate != s.codec.Format.ClockRate {
		s.splice.open = false
		return
	}
	s.send(p, &s.events[i])
}
