package stream

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// Transport-wide congestion control, the receiving side
// (draft-holmer-rmcat-transport-wide-cc-extensions-01): all packets of a session share one counter,
// and the peer is told when each one came.
const (
	wideWindow = 1024 // numbers back that are remembered, a power of two
	// wideInterval is the time from a packet to the feedback about it: several of them in the time that
	// a congested queue takes to fill.
	wideInterval = 60 * time.Millisecond
	// wideMost is how many packets one message reports, to stay below 1200 bytes.
	wideMost = 400
	wideTick = 250 * time.Microsecond // unit of arrival times
	wideRef  = 64 * time.Millisecond / wideTick
)

// arrivalLog records when the packets of a session came. The read goroutine writes it, the session's
// goroutine reports it.
type arrivalLog struct {
	mu    sync.Mutex
	at    []int64 // in wideTicks, 0: did not come; made by the first packet
	top   int64   // highest extended number
	next  int64   // the first to report
	due   bool    // something is to report
	dueAt time.Duration
	local uint32 // SSRC the report comes from
	ssrc  uint32 // of the last packet
	count uint8  // of messages, so that the peer notices lost ones
}

// add takes the packet with number seq of ssrc and tells whether a report became due because of it.
func (l *arrivalLog) add(seq uint16, local, ssrc uint32, at time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = make([]int64, wideWindow)
		l.begin(seq)
	}
	ext := l.top + int64(int16(seq-uint16(l.top)))
	switch {
	case ext-l.top >= wideWindow || l.top-ext >= wideWindow:
		clear(l.at)
		l.begin(seq)
		ext = l.top
	case ext > l.top:
		for e := l.top + 1; e < ext; e++ {
			l.at[e%wideWindow] = 0
		}
		l.top = ext
		l.next = max(l.next, ext-wideWindow+1)
	case l.at[ext%wideWindow] != 0:
		return false // sent again under its number: when it came first is what counts
	default:
		l.next = min(l.next, ext) // what follows it is reported a second time, which does no harm
	}
	l.at[ext%wideWindow] = max(int64(at/wideTick), 1)
	l.local, l.ssrc = local, ssrc
	if l.due {
		return false
	}
	l.due, l.dueAt = true, at+wideInterval
	return true
}

// begin takes seq for the first packet.
func (l *arrivalLog) begin(seq uint16) {
	l.top = 1<<16 + int64(seq)
	l.next = l.top
}

// report gives the messages that are due now and tells when to look again.
func (l *arrivalLog) report(now time.Duration) (messages []rtcp.Packet, local uint32, next time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.due {
		return nil, 0, never
	}
	if now < l.dueAt {
		return nil, 0, l.dueAt
	}
	l.due = false
	for l.next <= l.top {
		messages = append(messages, l.message())
	}
	return messages, l.local, never
}

// message is the feedback about the packets from next on, as many as fit. Called locked.
func (l *arrivalLog) message() rtcp.Packet {
	var symbols [wideMost]uint8 // how many bytes tell when each one came (section 3.1.1)
	first, n := l.next, 0
	ref := l.firstArrival() / int64(wideRef)
	last := ref * int64(wideRef)
	deltas := make([]byte, 0, 2*wideMost)
	for ; l.next <= l.top && n < wideMost; l.next++ {
		if at := l.at[l.next%wideWindow]; at != 0 {
			d := at - last
			switch {
			case d >= 0 && d <= math.MaxUint8:
				symbols[n] = 1
				deltas = append(deltas, byte(d))
			case d >= math.MinInt16 && d <= math.MaxInt16:
				symbols[n] = 2
				deltas = binary.BigEndian.AppendUint16(deltas, uint16(d))
			default: // out of reach: the next message has another reference
				return l.marshal(first, symbols[:n], ref, deltas)
			}
			last = at
		}
		n++
	}
	return l.marshal(first, symbols[:n], ref, deltas)
}

// firstArrival is when the first came of those that are to report; the highest has in any case.
func (l *arrivalLog) firstArrival() int64 {
	ext := l.next
	for l.at[ext%wideWindow] == 0 {
		ext++
	}
	return l.at[ext%wideWindow]
}

// marshal makes the packet of section 3.1.
func (l *arrivalLog) marshal(first int64, symbols []uint8, ref int64, deltas []byte) rtcp.Packet {
	b := make([]byte, 4, 24+2*len(symbols)+len(deltas))
	b = binary.BigEndian.AppendUint32(b, l.local)
	b = binary.BigEndian.AppendUint32(b, l.ssrc)
	b = binary.BigEndian.AppendUint16(b, uint16(first))
	b = binary.BigEndian.AppendUint16(b, uint16(len(symbols)))
	b = binary.BigEndian.AppendUint32(b, uint32(ref)<<8|uint32(l.count))
	l.count++
	b = append(appendChunks(b, symbols), deltas...)
	padding := -len(b) & 3
	b[0] = 2<<6 | rtcp.FormatTCC
	if padding > 0 {
		b[0] |= 1 << 5
		b = append(b, make([]byte, padding)...)
		b[len(b)-1] = byte(padding)
	}
	b[1] = byte(rtcp.TypeTransportSpecificFeedback)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	raw := rtcp.RawPacket(b)
	return &raw
}

// How many packets one chunk describes (section 3.1.2 to 3.1.4).
const (
	mostRun     = 1<<13 - 1
	oneBitChunk = 14
	twoBitChunk = 7
)

// appendChunks writes the status of the packets in order.
func appendChunks(b []byte, symbols []uint8) []byte {
	for len(symbols) > 0 {
		run := 1
		for run < min(len(symbols), mostRun) && symbols[run] == symbols[0] {
			run++
		}
		var chunk uint16
		n := run
		switch {
		case run >= oneBitChunk || run == len(symbols):
			chunk = uint16(symbols[0])<<13 | uint16(run)
		case slices.Contains(symbols[:min(len(symbols), oneBitChunk)], 2):
			n = min(len(symbols), twoBitChunk)
			chunk = vector(symbols[:n], 2)
		default:
			n = min(len(symbols), oneBitChunk)
			chunk = vector(symbols[:n], 1)
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
		symbols = symbols[n:]
	}
	return b
}

// vector is the chunk that gives each packet its own symbol of the given size in bits.
func vector(symbols []uint8, bits int) uint16 {
	chunk := uint16(1)<<15 | uint16(bits-1)<<14
	at := 14
	for _, symbol := range symbols {
		at -= bits
		chunk |= uint16(symbol) << at
	}
	return chunk
}
