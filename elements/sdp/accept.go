package sdp

import (
	"fmt"
	"slices"

	"github.com/rivero-media/rivero/pipeline/media"
)

// accept applies the peer's answer to our offer.
func (a *Agent) accept(answer *description) (*Session, error) {
	if n := len(answer.sections); n > len(a.offered) {
		return nil, fmt.Errorf("%w: %d m-lines for %d offered", ErrProcessAnswer, n, len(a.offered))
	}
	x, err := a.newExchange(answer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProcessAnswer, err)
	}
	x.session.Offerer = true
	for i, m := range a.offered {
		if i >= len(answer.sections) { // Kurento takes an answer that ends early
			m.Rejected = true
		} else if err := x.confirm(&m, &answer.sections[i]); err != nil {
			return nil, err
		}
		if m.Rejected {
			m = Media{Index: i, MID: m.MID, Kind: m.Kind, Rejected: true}
		}
		x.session.Media = append(x.session.Media, m)
	}
	session, err := x.finish()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProcessAnswer, err)
	}
	for _, t := range x.restarted() {
		if !a.ice[t].restarting {
			return nil, fmt.Errorf("%w: new ICE credentials without a restart", ErrProcessAnswer)
		}
	}
	return session, nil
}

// confirm narrows an offered m-line down to what the peer answered.
func (x *exchange) confirm(m *Media, sec *section) error {
	if m.Rejected {
		return nil // of an earlier exchange
	}
	if sec.media != mediaName(m.Kind) {
		return fmt.Errorf("%w: m-line %d is %q, %s was offered", ErrProcessAnswer, m.Index, sec.media, mediaName(m.Kind))
	}
	if m.Kind == media.Data {
		port, ok := sec.sctpPort()
		m.RemoteSCTPPort, m.MaxMessageSize = port, sec.maxMessageSize()
		m.Rejected = m.Rejected || !ok || sec.port == 0 || !x.carry(m)
	} else {
		m.Codecs = sec.answered(m.Codecs)
		m.Events = sec.answeredEvents(m.Events, m.Codecs)
		m.Rejected = m.Rejected || len(m.Codecs) == 0 || sec.port == 0 || !x.agent.rules.accept(sec.proto) || !x.carry(m)
	}
	if m.Rejected {
		return nil
	}
	direction := x.direction(m.Index)
	m.Send = m.Send && direction.receives()
	m.Recv = m.Recv && direction.sends()
	if m.Kind != media.Data {
		m.Extensions = x.extensions(m.Index, uris(m.Extensions))
		m.RemoteSSRCs = sec.ssrcs()
		if layers := sec.layers(); m.ExtensionID(RID) == 0 || !slices.Equal(layers, m.RIDs) {
			m.RIDs = nil
		}
		m.settle()
	}
	return nil
}

// answered keeps the offered codecs that an answer names, in the answer's order.
// A payload type that the answer maps to something else was not offered.
func (s *section) answered(offered []Codec) []Codec {
	var out []Codec
	repairs := s.repairs()
	for _, text := range s.formats {
		pt, ok := payloadType(text)
		if !ok || slices.ContainsFunc(out, func(c Codec) bool { return c.PayloadType == pt }) {
			continue
		}
		i := slices.IndexFunc(offered, func(c Codec) bool { return c.PayloadType == pt })
		if i < 0 {
			continue
		}
		c := offered[i]
		own := encoding{name: c.Format.Codec, clock: c.Format.ClockRate}
		if c.Format.Channels > 1 {
			own.channels = c.Format.Channels
		}
		if e, ok := s.encodingOf(text); ok && !e.equal(own) {
			continue
		}
		// An answer may leave the parameters out, as one that changed only the direction does.
		if fmtp, ok := s.attrs.ofFormat("fmtp", text); ok {
			f, ok := own.format(c.Format.Kind, fmtp)
			if !ok {
				continue
			}
			c.Format, c.Sprop = f, fmtpValue(fmtp, "sprop-parameter-sets")
		}
		c.Feedback = c.Feedback.and(s.feedback(text))
		if repairs[text] != c.RTX {
			c.RTX = 0
		}
		out = append(out, c)
	}
	return out
}
