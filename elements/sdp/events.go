package sdp

import (
	"slices"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Telephone events (RFC 4733) are negotiated like codecs, but stand beside one. For each clock rate of the voice there should
// be a payload type of events; Firefox has one for all.

// ownEvents are the events that we send and take, DTMF: the default of RFC 4733 §2.4.1, but some peers want to read it.
const ownEvents = "0-15"

// events picks the payload types of an m-line that are events, the first of each clock rate.
func (s *section) events(codecs []Codec) []Codec {
	var out []Codec
	for _, text := range s.formats {
		pt, ok := payloadType(text)
		e, mapped := s.encodingOf(text)
		if !ok || !mapped || !strings.EqualFold(e.name, media.TelephoneEvent) || e.channels != 0 {
			continue
		}
		onClock := func(c Codec) bool { return c.Format.ClockRate == e.clock }
		sameType := func(c Codec) bool { return c.PayloadType == pt }
		if !slices.ContainsFunc(out, onClock) && !slices.ContainsFunc(codecs, sameType) {
			out = append(out, Codec{PayloadType: pt, Format: media.EventFormat(e.clock)})
		}
	}
	return out
}

// answeredEvents keeps the offered events that an answer names beside one of its codecs.
func (s *section) answeredEvents(offered, codecs []Codec) []Codec {
	var out []Codec
	for _, e := range s.events(codecs) {
		if slices.Contains(offered, e) {
			out = append(out, e)
		}
	}
	return out
}

// assignEvents gives each clock of new audio m-lines a payload type of events, as far as there are any: the last ones, as of
// all that Kurento does not know.
func (a *Agent) assignEvents(offered []Media, free *freeTypes) {
	if a.config.Classic {
		return
	}
	for i := range offered {
		m := &offered[i]
		if m.Kind != media.Audio || m.SSRC != 0 {
			continue // SSRC: described before
		}
		for _, c := range m.Codecs {
			format := media.EventFormat(c.Format.ClockRate)
			if slices.ContainsFunc(m.Events, func(e Codec) bool { return e.Format == format }) {
				continue
			}
			if pt, ok := free.take(); ok {
				m.Events = append(m.Events, Codec{PayloadType: pt, Format: format})
			}
		}
	}
}
