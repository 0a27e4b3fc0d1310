package sdp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// ownDescription is an offer or answer of ours, without what changes while
// candidates are gathered.
type ownDescription struct {
	id       uint64   // of the session, in o= (RFC 8866 §5.2)
	version  uint64   // likewise
	attrs    []string // of the session
	sections []ownSection
}

type ownSection struct {
	media, proto string
	formats      []string
	mid          string
	refused      bool
	transport    int
	bandwidth    int // kbit/s, 0: none
	attrs        []string
}

// dataChannel is the only format of a data m-line (RFC 8841 §4.3).
const dataChannel = "webrtc-datachannel"

// rtcpAttribute stands for RTCP's address until there is a default candidate
// (RFC 8829 §5.2.1), or a port.
const rtcpAttribute = "rtcp:9 IN IP4 0.0.0.0"

// refuse is the answer to an m-line that is not taken (RFC 3264 §6): port 0, at
// least one of its formats, and nothing that could be mistaken for an agreement.
func refuse(sec *section, formats []string) ownSection {
	s := ownSection{media: sec.media, proto: sec.proto, formats: formats, mid: sec.mid(), refused: true}
	s.attrs = []string{string(Inactive)}
	if s.mid != "" {
		s.attrs = append(s.attrs, "mid:"+s.mid)
	}
	return s
}

// ownTransport is our side of a transport.
type ownTransport struct {
	credentials Credentials
	gathered    []Candidate
	complete    bool // nothing more will be gathered
	used        bool // it was agreed upon, so the peer may have connected to it
	restarting  bool // its credentials are new since the last exchange
}

// defaultCandidate stands in m-line and c-line once gathering has ended.
func (t *ownTransport) defaultCandidate() (c Candidate, ok bool) {
	if !t.complete {
		return c, false
	}
	return defaultCandidate(t.gathered)
}

// ownDescription begins the next description of ours: the same session, a new version (RFC 3264 §8).
func (a *Agent) ownDescription() *ownDescription {
	d := &ownDescription{}
	if a.own != nil {
		d.id, d.version = a.own.id, a.own.version+1
	} else {
		d.id = ntpSeconds()
		d.version = d.id
	}
	if a.modern() {
		d.attrs = append(d.attrs, "ice-options:trickle")
	}
	return d
}

// transportAttrs end every m-line that is carried.
func (a *Agent) transportAttrs(t *ownTransport) []string {
	if !a.rules.ice {
		return nil
	}
	return []string{
		"ice-ufrag:" + t.credentials.Ufrag,
		"ice-pwd:" + t.credentials.Pwd,
		"fingerprint:" + a.local.Fingerprint.String(),
	}
}

// messageSizeAttrs say how large a message our data channels take.
func (a *Agent) messageSizeAttrs() []string {
	if a.config.Classic || a.local.MaxMessageSize == 0 {
		return nil
	}
	return []string{fmt.Sprintf("max-message-size:%d", a.local.MaxMessageSize)}
}

// identify names our streams of an m-line, as before if there is one.
func (a *Agent) identify(m, prior *Media) {
	if prior != nil {
		m.SSRC, m.RTXSSRC = prior.SSRC, prior.RTXSSRC
	}
	if m.SSRC == 0 {
		m.SSRC = a.local.SSRC()
	}
	if m.RTXSSRC == 0 && m.Send && slices.ContainsFunc(m.Codecs, func(c Codec) bool { return c.RTX != 0 }) {
		m.RTXSSRC = a.local.SSRC()
	}
}

// sourceAttrs announce our streams of an m-line (RFC 5576 §4.1, §4.2; RFC 8830).
func (a *Agent) sourceAttrs(m *Media) []string {
	var out []string
	if m.RTXSSRC != 0 {
		out = append(out, fmt.Sprintf("ssrc-group:FID %d %d", m.SSRC, m.RTXSSRC))
	}
	out = append(out, fmt.Sprintf("ssrc:%d cname:%s", m.SSRC, a.local.CNAME))
	if m.RTXSSRC != 0 {
		out = append(out, fmt.Sprintf("ssrc:%d cname:%s", m.RTXSSRC, a.local.CNAME))
	}
	if m.Send && a.modern() && a.local.StreamID != "" {
		out = append(out, fmt.Sprintf("msid:%s %s-%d", a.local.StreamID, mediaName(m.Kind), m.Index))
	}
	return out
}

// writeOwn writes our description. Called locked.
func (a *Agent) writeOwn() string {
	allHaveAddress := len(a.own.sections) > 0
	for _, s := range a.own.sections {
		if s.refused {
			allHaveAddress = false
		} else if _, ok := a.ice[s.transport].defaultCandidate(); !ok {
			allHaveAddress = false
		}
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d %d IN %s %s", a.own.id, a.own.version, addressType(a.config.Address), a.config.Address)
	line("s=Kurento Media Server")
	if !allHaveAddress { // RFC 8866 §5.7: here or in every m-line
		line("c=IN %s %s", addressType(a.config.Address), a.config.Address)
	}
	line("t=0 0")
	for _, text := range a.own.attrs {
		line("a=%s", text)
	}
	for i := range a.own.sections {
		a.writeSection(&a.own.sections[i], line)
	}
	return b.String()
}

func (a *Agent) writeSection(s *ownSection, line func(format string, args ...any)) {
	if s.refused {
		line("m=%s 0 %s %s", s.media, s.proto, strings.Join(s.formats, " "))
		for _, text := range s.attrs {
			line("a=%s", text)
		}
		return
	}
	t := &a.ice[s.transport]
	def, ok := t.defaultCandidate()
	port, rtcp := 1, rtcpAttribute
	switch ports := t.credentials.Ports; {
	case !a.rules.ice:
		port, rtcp = int(ports.RTP), fmt.Sprintf("rtcp:%d", ports.RTCP)
	case ok:
		port, rtcp = def.Port, fmt.Sprintf("rtcp:%d IN %s %s", def.Port, addressType(def.Address), def.Address)
	}
	line("m=%s %d %s %s", s.media, port, s.proto, strings.Join(s.formats, " "))
	if ok {
		line("c=IN %s %s", addressType(def.Address), def.Address)
	}
	if s.bandwidth > 0 {
		line("b=AS:%d", s.bandwidth)
	}
	for _, text := range s.attrs {
		if text == rtcpAttribute {
			text = rtcp
		}
		line("a=%s", text)
	}
	for _, text := range a.transportAttrs(t) {
		line("a=%s", text)
	}
	for _, c := range t.gathered {
		line("a=%s", c)
	}
}

func mediaName(kind media.Kind) string {
	switch kind {
	case media.Audio:
		return "audio"
	case media.Video:
		return "video"
	default:
		return "application"
	}
}
