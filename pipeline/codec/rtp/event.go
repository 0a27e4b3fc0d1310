package rtp

import "github.com/rivero-media/rivero/pipeline/media"

// events gives telephone events (RFC 4733) a place in a stream that is packetised here. The packets of one event have one
// timestamp, that of its beginning, and say how long it lasts so far (§2.3); both follow the clock of the stream.
type events struct {
	packet media.Packet
	format media.Format
	data   media.Event

	ssrc, timestamp uint32 // of the newest event at its source
	begun           bool
}

// place makes a packet of a stream of one that came, nil if it is malformed. base is the timestamp of the zero of the pipeline
// clock.
func (e *events) place(p, stream *media.Packet, base uint32) *media.Packet {
	rate, out := stream.Format.ClockRate, &e.packet
	if !e.data.Read(p, rate) {
		return nil
	}
	if out.Format == nil {
		e.format = media.EventFormat(rate)
		out.Format = &e.format
	}
	if !e.begun || p.RTP.SSRC != e.ssrc || p.RTP.Timestamp != e.timestamp {
		e.begun, e.ssrc, e.timestamp = true, p.RTP.SSRC, p.RTP.Timestamp
		out.RTP.Timestamp = base + ticks(p.PTS, rate)
	}
	out.RTP.Version, out.RTP.SSRC, out.RTP.SequenceNumber = 2, stream.RTP.SSRC, stream.RTP.SequenceNumber+1
	out.RTP.Marker = p.RTP.Marker
	out.PTS, out.At, out.Key, out.Data, out.Burst = p.PTS, p.At, true, e.data[:], p.Burst
	return out
}
