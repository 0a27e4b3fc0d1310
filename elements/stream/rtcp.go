package stream

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// maxRTCPSize bounds a compound packet: no path carries larger datagrams unfragmented.
const maxRTCPSize = 2048

// HandleRTCP takes one compound packet of the peer. It runs on the connection's
// read goroutine, which owns b: packets that the peer asks for again go there.
// What cannot be read is counted and dropped. at is as for HandleRTP.
func (s *Session) HandleRTCP(packet []byte, at time.Duration, b *media.Burst) {
	if len(packet) > maxRTCPSize {
		s.malformed.Add(1)
		return
	}
	for len(packet) > 0 {
		var h rtcp.Header
		if h.Unmarshal(packet) != nil {
			s.malformed.Add(1)
			return
		}
		size := 4 * (int(h.Length) + 1)
		if size > len(packet) {
			s.malformed.Add(1)
			return
		}
		// A part that cannot be read does not spoil the others (RFC 3550 section 6.1).
		if s.handlePart(h, packet[:size], at, b) != nil {
			s.malformed.Add(1)
		}
		packet = packet[size:]
	}
}

// handlePart takes one packet of a compound. Types that nobody negotiated are
// skipped unread.
func (s *Session) handlePart(h rtcp.Header, raw []byte, at time.Duration, b *media.Burst) error {
	switch {
	case h.Type == rtcp.TypeSenderReport:
		var p rtcp.SenderReport
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		s.heardFrom(p.SSRC, at)
		s.senderReport(&p, at)
		s.receptionReports(p.Reports, at)
	case h.Type == rtcp.TypeReceiverReport:
		var p rtcp.ReceiverReport
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		s.heardFrom(p.SSRC, at)
		s.receptionReports(p.Reports, at)
	case h.Type == rtcp.TypeGoodbye:
		var p rtcp.Goodbye
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		s.left(p.Sources, at)
	case h.Type == rtcp.TypeTransportSpecificFeedback && h.Count == rtcp.FormatTLN:
		var p rtcp.TransportLayerNack
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		if snd := s.sender(p.MediaSSRC); snd != nil {
			snd.resend(p.Nacks, at, b)
		}
	case isWide(h):
		return s.wideFeedback(raw, at)
	case h.Type == rtcp.TypePayloadSpecificFeedback:
		return s.payloadFeedback(h, raw)
	}
	return nil
}

// payloadFeedback takes key frame requests and bitrate limits.
func (s *Session) payloadFeedback(h rtcp.Header, raw []byte) error {
	switch h.Count {
	case rtcp.FormatPLI:
		var p rtcp.PictureLossIndication
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		if snd := s.sender(p.MediaSSRC); snd != nil {
			snd.keyFrameWanted(false)
		}
	case rtcp.FormatFIR:
		var p rtcp.FullIntraRequest
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		for _, e := range p.FIR {
			if snd := s.sender(e.SSRC); snd != nil {
				snd.keyFrameWanted(true)
			}
		}
	case rtcp.FormatREMB:
		if !isREMB(raw) {
			return nil // another application's message (RFC 4585 section 6.4)
		}
		var p rtcp.ReceiverEstimatedMaximumBitrate
		if err := p.Unmarshal(raw); err != nil {
			return err
		}
		for _, ssrc := range p.SSRCs {
			if snd := s.sender(ssrc); snd != nil {
				snd.limit(float64(p.Bitrate))
			}
		}
	}
	return nil
}

// isREMB tells a REMB message from other application layer feedback
// (draft-alvestrand-rmcat-remb-03 section 2.2).
func isREMB(raw []byte) bool { return len(raw) >= 16 && string(raw[12:16]) == "REMB" }

// sender is the one of our senders with the given SSRC.
func (s *Session) sender(ssrc uint32) *Sender {
	lines := s.lines()
	for i := range lines {
		if l := &lines[i]; l.SSRC == ssrc {
			return l.Sender
		}
	}
	return nil
}

// senderReport takes the peer's report about a stream it sends.
func (s *Session) senderReport(p *rtcp.SenderReport, at time.Duration) {
	lines := s.lines()
	for i := range lines {
		r := lines[i].Receiver
		if r == nil {
			continue
		}
		r.mu.Lock()
		for _, t := range r.tracks {
			if r.session != nil && t.running && t.ssrc == p.SSRC {
				t.senderReport, t.senderReportAt = ntpMiddle(p.NTPTime), at
				t.clock.report(p.NTPTime, p.RTPTime, at)
			}
		}
		r.mu.Unlock()
	}
}

// receptionReports takes what the peer says about the streams it gets from us.
func (s *Session) receptionReports(reports []rtcp.ReceptionReport, at time.Duration) {
	for i := range reports {
		r := &reports[i]
		snd := s.sender(r.SSRC)
		if snd == nil {
			continue
		}
		snd.reported(r)
		if r.LastSenderReport == 0 {
			continue
		}
		// RFC 3550 section 6.4.1: arrival minus our report's time minus the peer's delay.
		trip := int32(ntpMiddle(ntpTime(at)) - r.LastSenderReport - r.Delay)
		if trip > 0 {
			s.measureTrip(fromMiddle(uint32(trip)))
		}
	}
}
