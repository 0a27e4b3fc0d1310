package stream

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// departures numbers the packets of a session for transport-wide congestion control and remembers
// when each one left and how large it was. Producers write it side by side, the connection's read
// goroutine reads it; nobody waits for anybody.
type departures struct {
	count atomic.Uint32
	log   atomic.Pointer[[departureWindow]atomic.Uint64] // made by the first packet
}

const (
	// departureWindow is how many packets back feedback is understood, a power of two: a second of
	// 10 Mbit/s and its audio.
	departureWindow = 2048
	// departureTick is the unit of the time of departure, 38 hours in 32 bits.
	departureTick = 32 * time.Microsecond
	// packetOverhead is what a path carries of a packet besides its payload: RTP header with extensions,
	// SRTP's tag, UDP and IP.
	packetOverhead = 12 + 12 + 10 + 8 + 20
)

// mostSize is the largest size that a departure can say, far above any packet of a path.
const mostSize = 0x1fff

// departure packs what is known of one packet; 0: nothing.
//
//	bits 63-32 time, in departureTicks
//	bits 31-16 number
//	bits 15-3  size
//	bit  2     it was sent to probe the path
//	bit  1     it was reported lost
//	bit  0     it was sent again under its number: when it arrives says nothing
type departure uint64

const (
	sentTwice    departure = 1
	reportedLost departure = 2
	sentToProbe  departure = 4
)

func (d departure) number() uint16 { return uint16(d >> 16) }
func (d departure) size() int      { return int(d>>3) & mostSize }
func (d departure) probe() bool    { return d&sentToProbe != 0 }
func (d departure) ticks() uint32  { return uint32(d >> 32) }

// add gives the number of a packet that leaves now, of size bytes. mark is 0 or sentToProbe.
func (l *departures) add(size int, now time.Duration, mark departure) uint16 {
	log := l.log.Load()
	if log == nil {
		l.log.CompareAndSwap(nil, new([departureWindow]atomic.Uint64))
		log = l.log.Load()
	}
	number := uint16(l.count.Add(1))
	d := departure(uint32(now/departureTick))<<32 | departure(number)<<16 | departure(min(size, mostSize))<<3 | mark
	log[number%departureWindow].Store(uint64(d))
	return number
}

// repeated notes that a packet was sent again under its number.
func (l *departures) repeated(number uint16) {
	if log := l.log.Load(); log != nil {
		at := &log[number%departureWindow]
		if d := departure(at.Load()); d != 0 && d.number() == number {
			at.CompareAndSwap(uint64(d), uint64(d|sentTwice))
		}
	}
}

// arrived finds the packet that the peer says has come; false when that says nothing new.
func (l *departures) arrived(number uint16) (d departure, ok bool) {
	log := l.log.Load()
	if log == nil {
		return 0, false
	}
	at := &log[number%departureWindow]
	d = departure(at.Load())
	if d == 0 || d.number() != number || !at.CompareAndSwap(uint64(d), 0) {
		return 0, false
	}
	return d, d&sentTwice == 0
}

// lost finds the packet that the peer says has not come, once.
func (l *departures) lost(number uint16) (d departure, ok bool) {
	log := l.log.Load()
	if log == nil {
		return 0, false
	}
	at := &log[number%departureWindow]
	d = departure(at.Load())
	if d == 0 || d.number() != number || d&reportedLost != 0 {
		return 0, false
	}
	return d, at.CompareAndSwap(uint64(d), uint64(d|reportedLost))
}

var errFeedback = errors.New("bad transport-wide feedback")

// readWide reads a feedback message (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1) and
// calls f for each packet in it, in order: received or not, and when, counted from an instant that
// the 24 bits of the reference time give, in wideTicks.
func readWide(raw []byte, f func(number uint16, received bool, at int64)) error {
	const header = 20
	if len(raw) < header {
		return errFeedback
	}
	if raw[0]&(1<<5) != 0 {
		padding := int(raw[len(raw)-1])
		if padding == 0 || padding > len(raw)-header {
			return errFeedback
		}
		raw = raw[:len(raw)-padding]
	}
	number, count := binary.BigEndian.Uint16(raw[12:]), int(binary.BigEndian.Uint16(raw[14:]))
	at := int64(binary.BigEndian.Uint32(raw[16:])>>8) * int64(wideRef)
	chunks := raw[header:]
	size := 0
	for n := 0; n < count; size += 2 {
		if len(chunks) < size+2 {
			return errFeedback
		}
		n += chunk(binary.BigEndian.Uint16(chunks[size:])).packets()
	}
	chunks, deltas := chunks[:size], chunks[size:]
	for ; len(chunks) > 0; chunks = chunks[2:] {
		c := chunk(binary.BigEndian.Uint16(chunks))
		for i := range min(c.packets(), count) {
			switch c.symbol(i) {
			case 0:
				f(number, false, 0)
			case 1:
				if len(deltas) < 1 {
					return errFeedback
				}
				at += int64(deltas[0])
				deltas = deltas[1:]
				f(number, true, at)
			case 2:
				if len(deltas) < 2 {
					return errFeedback
				}
				at += int64(int16(binary.BigEndian.Uint16(deltas)))
				deltas = deltas[2:]
				f(number, true, at)
			}
			number++
		}
		count -= min(c.packets(), count)
	}
	return nil
}

// chunk is the status of some packets (sections 3.1.2 to 3.1.4).
type chunk uint16

// packets is how many it describes.
func (c chunk) packets() int {
	switch c >> 14 {
	case 0, 1:
		return int(c & mostRun)
	case 2:
		return oneBitChunk
	default:
		return twoBitChunk
	}
}

// symbol is the status of packet i: 0 did not come, 1 and 2 came, 3 came at a time that is not told.
func (c chunk) symbol(i int) int {
	switch c >> 14 {
	case 0, 1:
		return int(c>>13) & 3
	case 2:
		return int(c>>(oneBitChunk-1-i)) & 1
	default:
		return int(c>>(2*(twoBitChunk-1-i))) & 3
	}
}

// isWide tells transport-wide feedback from other transport layer feedback.
func isWide(h rtcp.Header) bool {
	return h.Type == rtcp.TypeTransportSpecificFeedback && h.Count == rtcp.FormatTCC
}
