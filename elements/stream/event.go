package stream

import "github.com/rivero-media/rivero/pipeline/media"

// forwardEvent sends a telephone event (RFC 4733) if it stands beside the voice that is sent and the peer takes such. One that
// is left out leaves no hole, in which the peer would look for lost voice: the numbers begin anew behind it. Called locked.
func (s *Sender) forwardEvent(p *media.Packet) {
	if s.codec == nil || s.session == nil || !s.session.ready.Load() || !s.splice.continues(p) {
		return
	}
	c := s.eventCodec()
	if c == nil || !s.event.Read(p, c.Format.ClockRate) {
		s.splice.open = false
		return
	}
	e := *p
	e.Data = s.event[:]
	s.send(&e, c)
}

// eventCodec is the payload type of events: that on the clock of the voice, as RFC 4733 section 2.1 wants, or else any, for
// there are peers that have one clock of events whatever the voice has. Nil: there is none. Called locked.
func (s *Sender) eventCodec() *Codec {
	for i := range s.events {
		if s.events[i].Format.ClockRate == s.codec.Format.ClockRate {
			return &s.events[i]
		}
	}
	if len(s.events) > 0 {
		return &s.events[0]
	}
	return nil
}
