package stream

import (
	"errors"
	"fmt"

	"github.com/pion/rtcp"
)

var (
	errClosed   = errors.New("the session is closed")
	errSSRCKept = errors.New("a sender that stays keeps its ssrc")
)

// Renegotiate replaces the session's m-lines while packets flow. A Receiver or Sender that is in
// the new lines too stays at work with all it knows; one that is not is taken out of work, as by
// Close, and may come back later. After an error everything is as before. A Sender that is new on
// an SSRC goes on with the sequence numbers of the one before it. Graph links to a Sender whose
// codecs have changed have to be planned anew, as after NewSession. It may be called from any
// goroutine, but not by a callback of the session.
func (s *Session) Renegotiate(lines []Line) error {
	next, err := newTable(lines)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	before := s.table.Load()
	if err := next.follows(before); err != nil {
		s.mu.Unlock()
		return err
	}
	started := s.started
	s.replace(before, next)
	s.mu.Unlock()

	if left := before.without(next); started && len(left) > 0 {
		s.sayGoodbye(left)
	}
	s.kick() // whoever is new may have something due
	return nil
}

// follows tells what makes t impossible after before.
func (t *table) follows(before *table) error {
	for i := range t.lines {
		l := &t.lines[i]
		if l.Sender == nil || !before.sends(l.Sender) {
			continue
		}
		if media, repeats := l.Sender.ssrcs(); media != l.SSRC || repeats != 0 && l.RTX != 0 && repeats != l.RTX {
			return fmt.Errorf("%w %d: %w", errLine, i, errSSRCKept)
		}
	}
	return nil
}

// without lists our SSRCs that are not in next any more.
func (t *table) without(next *table) (gone []uint32) {
	for i := range t.lines {
		if ssrc := t.lines[i].SSRC; !next.speaks(ssrc) {
			gone = append(gone, ssrc)
		}
	}
	return gone
}

// replace puts next in the place of before. Senders that leave go first, because others may go on with
// their numbers; receivers that leave go last, so that a packet that goes by either table finds its
// receiver at work. Called locked.
func (s *Session) replace(before, next *table) {
	for i := range before.lines {
		if snd := before.lines[i].Sender; snd != nil && !next.sends(snd) {
			snd.detach()
		}
	}
	for i := range next.lines {
		l := &next.lines[i]
		if l.Receiver != nil {
			l.Receiver.attach(s, l)
		}
		switch {
		case l.Sender == nil:
		case before.sends(l.Sender):
			l.Sender.renew(l)
		default:
			l.Sender.attach(s, l, s.senders[l.SSRC])
			s.senders[l.SSRC] = l.Sender
		}
	}
	s.table.Store(next)
	s.congestion.told.Store(0)
	for i := range before.lines {
		if r := before.lines[i].Receiver; r != nil && !next.receives(r) {
			r.detach()
		}
	}
}

// sayGoodbye tells the peer that sources of ours leave.
func (s *Session) sayGoodbye(sources []uint32) {
	s.send([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: sources[0]},
		s.description(sources[0]),
		&rtcp.Goodbye{Sources: sources},
	})
}
