package rtp

import (
	"encoding/base64"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/sdp"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// parameterSets puts those that a peer's description alone has in front of its key frames. The numbers of the packets
// behind move; where the peer is sent NACKs nothing is put in, for they would name other packets than it sent.
type parameterSets struct {
	agreed atomic.Pointer[map[uint8]*codecrtp.ParameterSets] // of H264, by payload type; nil: none

	// Owned by who reads.
	added  uint16 // packets put into the stream
	header rtp.Header
}

// agree takes them from what was agreed upon.
func (p *parameterSets) agree(m *sdp.Media) {
	all := map[uint8]*codecrtp.ParameterSets{}
	for _, c := range m.Codecs {
		if c.Format.Codec != media.H264 || c.Sprop == "" || c.Feedback.NACK {
			continue
		}
		var sets [][]byte
		for text := range strings.SplitSeq(c.Sprop, ",") {
			if set, err := base64.StdEncoding.DecodeString(text); err == nil {
				sets = append(sets, set)
			}
		}
		all[c.PayloadType] = codecrtp.NewParameterSets(sets...)
	}
	if len(all) > 0 {
		p.agreed.Store(&all)
	} else {
		p.agreed.Store(nil)
	}
}

// HandleRTP is part of handler.
func (l *leg) HandleRTP(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst) {
	p := &l.sets
	if all := p.agreed.Load(); all != nil {
		if sets := (*all)[h.PayloadType]; sets != nil {
			for _, nal := range sets.Before(h.Timestamp, payload) {
				p.header = *h
				p.header.Marker = false
				p.header.SequenceNumber += p.added
				p.added++
				l.RTPLeg.HandleRTP(&p.header, nal, at, b)
			}
		}
	}
	h.SequenceNumber += p.added
	l.RTPLeg.HandleRTP(h, payload, at, b)
}
