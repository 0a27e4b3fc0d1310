package media

// TelephoneEvent is the codec of DTMF digits that are sent as events (RFC 4733). They travel next to the sound of the same
// source, in its order and on its clock, with a format of their own: who knows nothing of them drops them, as everything of
// a format that it is not bound to.
const TelephoneEvent = "telephone-event"

// EventFormat is the format of events next to sound of a clock rate.
func EventFormat(clockRate uint32) Format {
	return Format{Kind: Audio, Codec: TelephoneEvent, Packed: true, ClockRate: clockRate, Channels: 1}
}

// IsEvent tells whether p is a telephone event.
func (p *Packet) IsEvent() bool { return p.Format.Codec == TelephoneEvent }
