package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// exchange decides, m-line by m-line, what becomes of a peer's description.
type exchange struct {
	*Agent
	layout
	session Session
	taken   [3]int // accepted m-lines of each media.Kind
	carried int    // the one transport that is carried, -1 while none is
}

func (a *Agent) newExchange(d *description) (*exchange, error) {
	l, err := newLayout(d)
	if err != nil {
		return nil, err
	}
	return &exchange{Agent: a, layout: l, carried: -1}, nil
}

// carry tells whether m-line i can be carried. Our transport is one BUNDLE group
// with rtcp-mux: RTP that wants RTCP on a second port cannot use it, and once a
// transport is taken no m-line of another one.
func (x *exchange) carry(i int, kind media.Kind) bool {
	if kind != media.Data && !x.muxed(i) {
		return false
	}
	if x.carried < 0 {
		x.carried = x.of[i]
	}
	return x.of[i] == x.carried
}

// finish completes the session when all m-lines have been decided.
func (x *exchange) finish() *Session {
	members := slices.DeleteFunc(slices.Clone(x.session.Media), func(m Media) bool { return m.Rejected })
	if len(members) > 0 {
		x.session.Transports = []Transport{x.transport(members, x.dtlsClient(members[0].Index))}
	}
	return &x.session
}

// dtlsClient tells whether we begin the DTLS handshake of m-line i (RFC 8842
// §5.3, §5.4): as the answerer when we may, as the offerer when the peer will
// not. A peer that says nothing means to begin itself (RFC 4145 §4.1).
func (x *exchange) dtlsClient(i int) bool {
	setup := x.setup(i)
	return setup == "passive" || setup == "actpass" && !x.session.Offerer
}

// answer applies Kurento's rules to an offer.
func (a *Agent) answer(offer *description) (*ownDescription, *Session, error) {
	x, err := a.newExchange(offer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrProcessOffer, err)
	}
	own := &ownDescription{id: ntpSeconds(), attrs: answerAttrs(offer.attrs)}
	for i := range offer.sections {
		sec := &offer.sections[i]
		m := Media{Index: i, MID: sec.mid()}
		formats, ok := x.take(&m, sec)
		m.Rejected = !ok
		switch {
		case !ok:
			own.sections = append(own.sections, refuse(sec, formats))
			m = Media{Index: i, MID: m.MID, Kind: m.Kind, Rejected: true}
		case m.Kind == media.Data:
			own.sections = append(own.sections, x.answerData(&m, sec))
		default:
			own.sections = append(own.sections, x.answerMedia(&m, sec, formats))
		}
		x.session.Media = append(x.session.Media, m)
	}
	if group, ok := x.group(); ok {
		own.attrs = append(own.attrs, group)
	}
	return own, x.finish(), nil
}

// take decides on an offered m-line. The formats go into the answer either way:
// all that were offered when we know nothing of such an m-line or want no more
// of them, else those in common, else the first.
func (x *exchange) take(m *Media, sec *section) (formats []string, ok bool) {
	kind, known := kindOf(sec.media)
	m.Kind = kind
	encodings, limit := x.encodings(kind)
	if !known || x.taken[kind] >= limit {
		return sec.formats, false
	}
	if kind == media.Data {
		if m.SCTPPort, ok = sec.sctpPort(); !ok {
			return sec.formats, false
		}
		formats = sec.formats
	} else {
		if !x.config.Profile.accepts(sec.proto) {
			return sec.formats, false
		}
		if m.Codecs = sec.codecs(kind, encodings); len(m.Codecs) == 0 {
			return sec.formats[:1], false
		}
		formats = payloadTypes(m.Codecs)
	}
	if x.closed(m.Index) || !x.carry(m.Index, kind) {
		return formats, false
	}
	x.taken[kind]++
	return formats, true
}

// answerMedia writes an accepted audio or video m-line: the offer's own lines,
// filtered to what was agreed, then ours.
func (x *exchange) answerMedia(m *Media, sec *section, formats []string) ownSection {
	direction := x.direction(m.Index).reversed()
	m.Send, m.Recv = direction.sends(), direction.receives()
	m.Extensions = x.extensions(m.Index)
	m.RemoteSSRCs = sec.ssrcs()
	m.SSRC = x.local.SSRC()

	s := ownSection{media: sec.media, proto: sec.proto, formats: formats, mid: m.MID}
	add := func(text string) { s.attrs = append(s.attrs, text) }
	for _, e := range m.Extensions {
		add(fmt.Sprintf("extmap:%d %s", e.ID, e.URI))
	}
	add(string(direction))
	if m.MID != "" {
		add("mid:" + m.MID)
	}
	add(rtcpAttribute)
	for _, pt := range formats {
		if text, ok := sec.attrs.ofFormat("rtpmap", pt); ok {
			add("rtpmap:" + pt + " " + text)
		}
	}
	for _, a := range sec.attrs {
		pt, _, _ := strings.Cut(a.value, " ")
		if a.name != "rtcp-fb" || pt != "*" && !slices.Contains(formats, pt) {
			continue
		}
		if _, ok := sec.feedbackFor(a.value, pt); ok {
			add(a.text)
		}
	}
	s.attrs = append(s.attrs, x.mirror(m.Index, sec, formats)...)
	add(x.ssrcAttribute(m))
	s.attrs = append(s.attrs, x.transportAttrs()...)
	return s
}

// mirror gives back what an answer repeats of an accepted m-line, in the offer's
// order, and what the m-line leaves to its group or session at the end.
func (x *exchange) mirror(i int, sec *section, formats []string) []string {
	var out []string
	setup, hasSetup := x.answerSetup(i)
	hasMux := true
	for _, a := range sec.attrs {
		switch a.name {
		case "setup":
			if hasSetup {
				out, hasSetup = append(out, setup), false
			}
		case "rtcp-mux":
			if hasMux {
				out, hasMux = append(out, a.name), false
			}
		case "fmtp":
			if pt, _, _ := strings.Cut(a.value, " "); slices.Contains(formats, pt) {
				out = append(out, a.text)
			}
		case "framerate", "lang", "maxptime", "ptime", "quality":
			out = append(out, a.text)
		}
	}
	if hasSetup {
		out = append(out, setup)
	}
	if hasMux {
		out = append(out, "rtcp-mux")
	}
	return out
}

// answerSetup is the answer to the DTLS role of m-line i; ok is false when the
// offer says nothing of it.
func (x *exchange) answerSetup(i int) (attr string, ok bool) {
	switch x.setup(i) {
	case "actpass", "passive":
		return "setup:active", true
	case "active":
		return "setup:passive", true
	case "holdconn":
		return "setup:holdconn", true
	default:
		return "", false
	}
}

// answerData writes an accepted data m-line.
func (x *exchange) answerData(m *Media, sec *section) ownSection {
	m.Send, m.Recv = true, true
	m.RemoteSCTPPort = m.SCTPPort
	s := ownSection{media: sec.media, proto: sec.proto, formats: sec.formats, mid: m.MID}
	if m.MID != "" {
		s.attrs = append(s.attrs, "mid:"+m.MID)
	}
	s.attrs = append(s.attrs, "sctp-port:"+strconv.Itoa(int(m.SCTPPort)))
	if setup, ok := x.answerSetup(m.Index); ok {
		s.attrs = append(s.attrs, setup)
	}
	s.attrs = append(s.attrs, x.transportAttrs()...)
	return s
}

// answerAttrs is what an answer repeats of the offer's session part: all of it,
// as Kurento does, except groups (rebuilt) and what speaks of the offerer's own
// transport, identity or codecs.
func answerAttrs(offer attributes) []string {
	var out []string
	for _, a := range offer {
		switch {
		case a.name == "setup":
			// Ours stands in each m-line, where it was decided.
		case a.name == "group", a.name == "fingerprint", a.name == "identity", a.name == "tls-id",
			a.name == "candidate", a.name == "end-of-candidates", a.name == "crypto", a.name == "key-mgmt",
			a.name == "extmap", strings.HasPrefix(a.name, "ice-"):
		case a.text == string(SendOnly), a.text == string(RecvOnly):
			out = append(out, string(Direction(a.text).reversed()))
		default:
			out = append(out, a.text)
		}
	}
	return out
}

// group names the accepted m-lines of the BUNDLE group that is carried, in the
// group's order (RFC 9143 §7.3).
func (x *exchange) group() (attr string, ok bool) {
	if x.carried < 0 || x.carried >= len(x.groups) {
		return "", false
	}
	attr = "group:BUNDLE"
	for _, mid := range x.groups[x.carried] {
		accepted := func(m Media) bool { return m.MID == mid && !m.Rejected }
		if slices.ContainsFunc(x.session.Media, accepted) {
			attr += " " + mid
		}
	}
	return attr, true
}

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
	return x.finish(), nil
}

// confirm narrows an offered m-line down to what the peer answered.
func (x *exchange) confirm(m *Media, sec *section) error {
	if sec.media != mediaName(m.Kind) {
		return fmt.Errorf("%w: m-line %d is %q, %s was offered", ErrProcessAnswer, m.Index, sec.media, mediaName(m.Kind))
	}
	if m.Kind == media.Data {
		port, ok := sec.sctpPort()
		m.RemoteSCTPPort = port
		m.Rejected = !ok || sec.port == 0 || !x.carry(m.Index, m.Kind)
	} else {
		m.Codecs = sec.answered(m.Codecs)
		m.Rejected = len(m.Codecs) == 0 || sec.port == 0 || !x.config.Profile.accepts(sec.proto) || !x.carry(m.Index, m.Kind)
	}
	if m.Rejected {
		return nil
	}
	direction := x.direction(m.Index)
	m.Send = m.Send && direction.receives()
	m.Recv = m.Recv && direction.sends()
	if m.Kind != media.Data {
		m.Extensions = x.extensions(m.Index)
		m.RemoteSSRCs = sec.ssrcs()
	}
	return nil
}

// answered keeps the offered codecs that an answer names, in the answer's order.
// A payload type that the answer maps to something else was not offered.
func (s *section) answered(offered []Codec) []Codec {
	var out []Codec
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
			c.Format = f
		}
		c.Feedback = c.Feedback.and(s.feedback(text))
		out = append(out, c)
	}
	return out
}
