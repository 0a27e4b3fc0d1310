package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// answer applies Kurento's rules to an offer.
func (a *Agent) answer(offer *description) (*ownDescription, *Session, error) {
	x, err := a.newExchange(offer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrProcessOffer, err)
	}
	if a.session != nil && len(offer.sections) < len(a.session.Media) {
		return nil, nil, fmt.Errorf("%w: %d m-lines, there were %d", ErrProcessOffer, len(offer.sections), len(a.session.Media))
	}
	own := a.ownDescription()
	own.attrs = append(own.attrs, answerAttrs(offer.attrs)...)
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
	own.attrs = append(own.attrs, x.carriedGroups()...)
	session, err := x.finish()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrProcessOffer, err)
	}
	for _, t := range x.restarted() {
		if err := a.restart(t); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrProcessOffer, err)
		}
	}
	return own, session, nil
}

// take decides on an offered m-line. The formats go into the answer either way:
// all that were offered when we know nothing of such an m-line or want no more
// of them, else those in common, else the first.
func (x *exchange) take(m *Media, sec *section) (formats []string, ok bool) {
	kind, known := kindOf(sec.media)
	m.Kind = kind
	encodings, limit := x.agent.encodings(kind)
	if !known || x.taken[kind] >= limit {
		return sec.formats, false
	}
	if kind == media.Data {
		if m.SCTPPort, ok = sec.sctpPort(); !ok {
			return sec.formats, false
		}
		formats = sec.formats
	} else {
		if !x.agent.rules.accept(sec.proto) {
			return sec.formats, false
		}
		if m.Codecs = sec.codecs(kind, encodings, !x.agent.modern()); len(m.Codecs) == 0 {
			return sec.formats[:1], false
		}
		if kind == media.Audio && !x.agent.config.Classic {
			m.Events = sec.events(m.Codecs)
		}
		formats = sec.agreedTypes(slices.Concat(m.Codecs, m.Events))
	}
	if x.closed(m.Index) || !x.carry(m) {
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
	x.extend(m, sec)
	m.RemoteSSRCs = sec.ssrcs()
	x.agent.identify(m, x.prior(m.Index, m.Kind))
	m.settle()

	s := ownSection{media: sec.media, proto: sec.proto, formats: formats, mid: m.MID, transport: m.Transport}
	add := func(text string) { s.attrs = append(s.attrs, text) }
	if x.agent.rules.keys {
		add(x.ownCrypto(m).attribute())
	}
	for _, e := range m.Extensions {
		add("extmap:" + e.String())
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
		if kind, ok := sec.feedbackFor(a.value, pt); ok && (kind != transportCC || m.ExtensionID(TransportCC) != 0) {
			add(a.text)
		}
	}
	s.attrs = append(s.attrs, x.mirror(m, sec, formats)...)
	s.attrs = append(s.attrs, x.agent.sourceAttrs(m)...)
	s.attrs = append(s.attrs, layerAttrs(m.RIDs)...)
	return s
}

// extend agrees on header extensions, and on simulcast if it has those that it needs.
func (x *exchange) extend(m *Media, sec *section) {
	wanted := []string{AbsSendTime}
	if x.agent.modern() {
		wanted = append(wanted, TransportCC)
		if m.Kind == media.Audio {
			wanted = append(wanted, AudioLevel)
		}
	}
	if m.RIDs = sec.layers(); !x.agent.modern() || m.Kind != media.Video || !m.Recv {
		m.RIDs = nil
	}
	if m.RIDs != nil {
		m.Extensions = x.extensions(m.Index, append(wanted, MID, RID, RepairedRID))
		if m.ExtensionID(RID) != 0 {
			return
		}
		m.RIDs = nil
	}
	m.Extensions = x.extensions(m.Index, wanted)
}

// mirror gives back what an answer repeats of an accepted m-line, in the offer's
// order, and what the m-line leaves to its group or session at the end.
func (x *exchange) mirror(m *Media, sec *section, formats []string) []string {
	var out []string
	setup, hasSetup := x.answerSetup(m)
	hasMux := x.agent.rules.ice // else RTCP has a port of its own
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
		case "direction":
			out = append(out, mirrorDirection(a.value))
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

// answerSetup is the answer to the DTLS role of an m-line; ok is false when the
// offer says nothing of it.
func (x *exchange) answerSetup(m *Media) (attr string, ok bool) {
	switch x.setup(m.Index) {
	case "actpass", "passive", "active":
		if x.dtlsClient(m) {
			return "setup:active", true
		}
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
	m.RemoteSCTPPort, m.MaxMessageSize = m.SCTPPort, sec.maxMessageSize()
	s := ownSection{media: sec.media, proto: sec.proto, formats: sec.formats, mid: m.MID, transport: m.Transport}
	if m.MID != "" {
		s.attrs = append(s.attrs, "mid:"+m.MID)
	}
	s.attrs = append(s.attrs, "sctp-port:"+strconv.Itoa(int(m.SCTPPort)))
	s.attrs = append(s.attrs, x.agent.messageSizeAttrs()...)
	if setup, ok := x.answerSetup(m); ok {
		s.attrs = append(s.attrs, setup)
	}
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
		case a.name == "direction":
			out = append(out, mirrorDirection(a.value))
		case a.text == string(SendOnly), a.text == string(RecvOnly):
			out = append(out, string(Direction(a.text).reversed()))
		default:
			out = append(out, a.text)
		}
	}
	return out
}

// carriedGroups name the accepted m-lines of each BUNDLE group that is carried, in the
// group's order (RFC 9143 §7.3).
func (x *exchange) carriedGroups() (attrs []string) {
	for g, mids := range x.groups {
		if _, carried := x.transports[g]; !carried {
			continue
		}
		attr := "group:BUNDLE"
		for _, mid := range mids {
			accepted := func(m Media) bool { return m.MID == mid && !m.Rejected }
			if slices.ContainsFunc(x.session.Media, accepted) {
				attr += " " + mid
			}
		}
		attrs = append(attrs, attr)
	}
	return attrs
}
