package media

import (
	"encoding/binary"
	"math"
)

// TelephoneEvent is the codec of DTMF digits that are sent as events (RFC 4733). They travel next to the sound of the same
// source, in its order and with its timestamps, with a format of their own: who knows nothing of them drops them, as
// everything of a format that it is not bound to.
const TelephoneEvent = "telephone-event"

// EventFormat is the format of events that count their duration in units of a clock.
func EventFormat(clockRate uint32) Format {
	return Format{Kind: Audio, Codec: TelephoneEvent, Packed: true, ClockRate: clockRate, Channels: 1}
}

// IsEvent tells whether p is a telephone event.
func (p *Packet) IsEvent() bool { return p.Format.Codec == TelephoneEvent }

// Event is the payload of a telephone event: the digit, whether it ends and how loud it is, how long it lasts so far (RFC 4733
// §2.3).
type Event [4]byte

// Read takes the event that p is, for another clock; false when it is malformed.
func (e *Event) Read(p *Packet, clockRate uint32) bool {
	if len(p.Data) != len(e) {
		return false
	}
	copy(e[:], p.Data)
	if clockRate != p.Format.ClockRate {
		duration := uint64(binary.BigEndian.Uint16(e[2:])) * uint64(clockRate) / uint64(p.Format.ClockRate)
		binary.BigEndian.PutUint16(e[2:], uint16(min(duration, math.MaxUint16)))
	}
	return true
}
