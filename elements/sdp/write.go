package sdp

import (
	"fmt"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// ownDescription is an offer or answer of ours, without what changes while
// candidates are gathered.
type ownDescription struct {
	id       uint64   // session id and version of o= (RFC 8866 §5.2)
	attrs    []string // of the session
	sections []ownSection
}

type ownSection struct {
	media, proto string
	formats      []string
	mid          string
	refused      bool
	bandwidth    int // kbit/s, 0: none
	attrs        []string
}

// dataChannel is the only format of a data m-line (RFC 8841 §4.3).
const dataChannel = "webrtc-datachannel"

// rtcpAttribute stands for RTCP's address until there is a default candidate
// (RFC 8829 §5.2.1).
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

// transportAttrs end every m-line that is carried.
func (a *Agent) transportAttrs() []string {
	return []string{
		"ice-ufrag:" + a.local.Ufrag,
		"ice-pwd:" + a.local.Pwd,
		"fingerprint:" + a.local.Fingerprint.String(),
	}
}

// writeOwn writes our description. Called locked.
func (a *Agent) writeOwn() string {
	address, port := a.config.Address, 1
	def, ok := Candidate{}, false
	if a.gatherEnd {
		if def, ok = defaultCandidate(a.gathered); ok {
			address, port = def.Address, def.Port
		}
	}
	allHaveAddress := ok && len(a.own.sections) > 0
	for _, s := range a.own.sections {
		allHaveAddress = allHaveAddress && !s.refused
	}

	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d %d IN %s %s", a.own.id, a.own.id, addressType(a.config.Address), a.config.Address)
	line("s=Kurento Media Server")
	if !allHaveAddress { // RFC 8866 §5.7: here or in every m-line
		line("c=IN %s %s", addressType(a.config.Address), a.config.Address)
	}
	line("t=0 0")
	for _, text := range a.own.attrs {
		line("a=%s", text)
	}
	for _, s := range a.own.sections {
		if s.refused {
			line("m=%s 0 %s %s", s.media, s.proto, strings.Join(s.formats, " "))
		} else {
			line("m=%s %d %s %s", s.media, port, s.proto, strings.Join(s.formats, " "))
			if ok {
				line("c=IN %s %s", addressType(address), address)
			}
		}
		if s.bandwidth > 0 {
			line("b=AS:%d", s.bandwidth)
		}
		for _, text := range s.attrs {
			if ok && text == rtcpAttribute {
				text = fmt.Sprintf("rtcp:%d IN %s %s", port, addressType(address), address)
			}
			line("a=%s", text)
		}
		if s.refused {
			continue
		}
		for _, c := range a.gathered {
			line("a=%s", c)
		}
	}
	return b.String()
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
