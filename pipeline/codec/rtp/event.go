package rtp

import (
	"encoding/binary"
	"math"

	"github.com/rivero-media/rivero/pipeline/media"
)

// events gives telephone events (RFC 4733) a place in a stream that is packetised here. The packets of one event have one
// timestamp, that of its beginning, and say how long it lasts so far in units of the clock (§2.3); so both follow the
// clock of the stream.
type events struct {
	packet media.Packet
	format media.Format
	data   [eventSize]byte

	ssrc, timestamp uint32 // of the newest event at its source
	begun           bool
}

// eventSize is that of a payload: event, end and volume, duration.
const eventSize = 4

// place makes a packet of a stream of one that came. The stream's own has the number for it already; base is the timestamp
// of the zero of the pipeline clock.
func (e *events) place(p *media.Packet, stream *media.Packet, base uint32) *media.Packet {
	rate, out := stream.Format.ClockRate, &e.packet
	if out.Format == nil {
		e.format = media.EventFormat(rate)
		out.Format = &e.format
	}
	if !e.begun || p.RTP.SSRC != e.ssrc || p.RTP.Timestamp != e.timestamp {
		e.begun, e.ssrc, e.timestamp = true, p.RTP.SSRC, p.RTP.Timestamp
		out.RTP.Timestamp = base + ticks(p.PTS, rate)
	}
	copy(e.data[:], p.Data)
	duration := uint64(binary.BigEndian.Uint16(p.Data[2:])) * uint64(rate) / uint64(p.Format.ClockRate)
	binary.BigEndian.PutUint16(e.data[2:], uint16(min(duration, math.MaxUint16)))
	out.RTP.Version, out.RTP.SSRC, out.RTP.SequenceNumber = 2, stream.RTP.SSRC, stream.RTP.SequenceNumber
	out.RTP.Marker = p.RTP.Marker
	out.PTS, out.At, out.Key, out.Data, out.Burst = p.PTS, p.At, true, e.data[:], p.Burst
	return out
}
