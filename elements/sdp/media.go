package sdp

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// kindOf is the kind of an m-line; ok is false for those we know nothing of.
func kindOf(name string) (kind media.Kind, ok bool) {
	switch name {
	case "audio":
		return media.Audio, true
	case "video":
		return media.Video, true
	case "application":
		return media.Data, true
	default:
		return media.Data, false
	}
}

// sctpPort reads a data m-line in the form of RFC 8841; ok is false for any
// other, the old a=sctpmap form too.
func (s *section) sctpPort() (port uint16, ok bool) {
	if s.proto != "UDP/DTLS/SCTP" && s.proto != "DTLS/SCTP" || !slices.Equal(s.formats, []string{dataChannel}) {
		return 0, false
	}
	text, _ := s.attrs.get("sctp-port")
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err == nil && n > 0
}

// maxMessageSize is how many bytes a data channel of the peer takes in one message (RFC 8841 §6.1), 0: any number.
func (s *section) maxMessageSize() int {
	const unsaid = 64 << 10
	text, ok := s.attrs.get("max-message-size")
	if !ok {
		return unsaid
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return unsaid
	}
	return int(n)
}

// encodingOf reads what a payload type stands for, from its rtpmap or, without
// one, from RFC 3551 §6.
func (s *section) encodingOf(pt string) (encoding, bool) {
	text, ok := s.attrs.ofFormat("rtpmap", pt)
	if !ok {
		switch pt {
		case "0":
			return encoding{name: media.PCMU, clock: 8000}, true
		case "8":
			return encoding{name: media.PCMA, clock: 8000}, true
		}
		return encoding{}, false
	}
	e, err := parseEncoding(text)
	return e, err == nil
}

// codecs picks the payload types of an m-line that stand for one of known, in
// the m-line's order. RTX, red and ulpfec are never known.
func (s *section) codecs(kind media.Kind, known []encoding, classic bool) []Codec {
	var out []Codec
	repairs := s.repairs()
	for _, text := range s.formats {
		pt, ok := payloadType(text)
		if !ok || slices.ContainsFunc(out, func(c Codec) bool { return c.PayloadType == pt }) {
			continue
		}
		e, ok := s.encodingOf(text)
		if !ok {
			continue
		}
		i := slices.IndexFunc(known, e.equal)
		if i < 0 {
			continue
		}
		fmtp, _ := s.attrs.ofFormat("fmtp", text)
		f, ok := known[i].format(kind, fmtp)
		if !ok {
			continue
		}
		c := Codec{PayloadType: pt, Format: f, Feedback: s.feedback(text), Sprop: fmtpValue(fmtp, "sprop-parameter-sets")}
		if classic {
			c.Feedback.TWCC = false
		} else if c.Feedback.NACK {
			c.RTX = repairs[text]
		}
		out = append(out, c)
	}
	return out
}

// repairs gives for each payload type the one of its retransmissions (RFC 4588 §8), of those that have any.
func (s *section) repairs() map[string]uint8 {
	var out map[string]uint8
	for _, text := range s.formats {
		n, ok := payloadType(text)
		name, mapped := s.attrs.ofFormat("rtpmap", text)
		if !ok || !mapped || !strings.HasPrefix(strings.ToLower(name), "rtx/") {
			continue
		}
		fmtp, _ := s.attrs.ofFormat("fmtp", text)
		if apt := fmtpValue(fmtp, "apt"); out[apt] == 0 {
			if out == nil {
				out = make(map[string]uint8)
			}
			out[apt] = n
		}
	}
	return out
}

// payloadType reads a format of an RTP m-line; ok is false for what is no
// payload type, as "096" or "128".
func payloadType(text string) (pt uint8, ok bool) {
	n, err := strconv.ParseUint(text, 10, 7)
	return uint8(n), err == nil && strconv.FormatUint(n, 10) == text
}

// agreedTypes are the payload types of an m-line that were agreed upon, in its order.
func (s *section) agreedTypes(codecs []Codec) []string {
	var out []string
	for _, text := range s.formats {
		pt, ok := payloadType(text)
		agreed := func(c Codec) bool { return c.PayloadType == pt || c.RTX == pt && pt != 0 }
		if ok && slices.ContainsFunc(codecs, agreed) && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// feedbackFor reads a value of a=rtcp-fb (RFC 4585 §4.2); ok is false for other
// payload types and for feedback this server does not give and does not act on. RTP/AVP has none (RFC 3551); the other old
// profile, RTP/SAVP, should have none either, but who asks for it there gets it, as from Kurento.
func (s *section) feedbackFor(value, pt string) (kind string, ok bool) {
	for_, kind, _ := strings.Cut(value, " ")
	if for_ != pt && for_ != "*" || s.proto == "RTP/AVP" {
		return "", false
	}
	switch kind = strings.TrimSpace(kind); kind {
	case "nack", "nack pli", "ccm fir", "goog-remb", transportCC:
		return kind, true
	default:
		return "", false
	}
}

func (s *section) feedback(pt string) Feedback {
	var kinds []string
	for _, a := range s.attrs {
		if a.name != "rtcp-fb" {
			continue
		}
		if kind, ok := s.feedbackFor(a.value, pt); ok {
			kinds = append(kinds, kind)
		}
	}
	return parseFeedback(kinds)
}

func parseFeedback(kinds []string) Feedback {
	return Feedback{
		NACK: slices.Contains(kinds, "nack"),
		PLI:  slices.Contains(kinds, "nack pli"),
		FIR:  slices.Contains(kinds, "ccm fir"),
		REMB: slices.Contains(kinds, "goog-remb"),
		TWCC: slices.Contains(kinds, transportCC),
	}
}

// transportCC is feedback about the arrival of each packet.
const transportCC = "transport-cc"

// and is the feedback that both sides named.
func (f Feedback) and(o Feedback) Feedback {
	return Feedback{NACK: f.NACK && o.NACK, PLI: f.PLI && o.PLI, FIR: f.FIR && o.FIR, REMB: f.REMB && o.REMB, TWCC: f.TWCC && o.TWCC}
}

// extensions picks those of the wanted header extensions that m-line i has, in its
// order. One with a direction (RFC 8285 §8) is left alone, unless it names the peer's layers, which nobody but the peer sends,
// and so is an id that needs two-byte headers.
func (l *layout) extensions(i int, wanted []string) []Extension {
	var out []Extension
	for _, as := range []attributes{l.sections[i].attrs, l.attrs} {
		for _, a := range as {
			f := strings.Fields(a.value)
			if a.name != "extmap" || len(f) < 2 || !slices.Contains(wanted, f[1]) {
				continue
			}
			number, direction, _ := strings.Cut(f[0], "/")
			received := direction == string(SendOnly) && (f[1] == RID || f[1] == RepairedRID || f[1] == MID)
			if direction != "" && !received {
				continue
			}
			id, err := strconv.ParseUint(number, 10, 8)
			known := func(e Extension) bool { return e.URI == f[1] || e.ID == uint8(id) }
			if err == nil && 1 <= id && id <= 14 && !slices.ContainsFunc(out, known) {
				out = append(out, Extension{ID: uint8(id), URI: f[1], RecvOnly: received})
			}
		}
	}
	return out
}

func uris(extensions []Extension) []string {
	var out []string
	for _, e := range extensions {
		out = append(out, e.URI)
	}
	return out
}

// settle takes back what needs something that was not agreed upon.
func (m *Media) settle() {
	repaired := false
	for i := range m.Codecs {
		c := &m.Codecs[i]
		c.Feedback.TWCC = c.Feedback.TWCC && m.ExtensionID(TransportCC) != 0
		repaired = repaired || c.RTX != 0
	}
	if !repaired || !m.Send {
		m.RTXSSRC = 0
	}
}

// ssrcs lists the sources an m-line announces (RFC 5576 §4.1), without those
// that repeat or protect another (the second of a group FID or FEC-FR).
func (s *section) ssrcs() []uint32 {
	var out, secondary []uint32
	for _, a := range s.attrs {
		if a.name != "ssrc-group" {
			continue
		}
		f := strings.Fields(a.value)
		if len(f) == 3 && (f[0] == "FID" || f[0] == "FEC-FR") && len(secondary) < maxSSRCs {
			if n, err := strconv.ParseUint(f[2], 10, 32); err == nil {
				secondary = append(secondary, uint32(n))
			}
		}
	}
	for _, a := range s.attrs {
		if a.name != "ssrc" {
			continue
		}
		text, _, _ := strings.Cut(a.value, " ")
		n, err := strconv.ParseUint(text, 10, 32)
		id := uint32(n)
		if err == nil && len(out) < maxSSRCs && !slices.Contains(secondary, id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
