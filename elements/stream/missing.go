package stream

import "time"

const (
	maxMissing  = 256                    // packets waited for at a time; a larger loss needs a key frame
	maxTries    = 10                     // times a packet is asked for
	maxWait     = time.Second            // how long a packet is asked for
	leastRetry  = 20 * time.Millisecond  // between two tries, however short the round trip
	mostRetry   = 250 * time.Millisecond // however long
	assumedTrip = 100 * time.Millisecond // round trip time while unknown
)

// missing lists the packets of one stream that are asked for again, in order of
// their extended sequence numbers.
type missing struct {
	list []gapPacket
}

type gapPacket struct {
	ext   int64
	tries int
	since time.Duration
	asked time.Duration
}

// add enters the numbers from first up to, not including, end, which are asked
// for now. It forgets everything and says no when that is too much.
func (m *missing) add(first, end int64, now time.Duration) bool {
	if len(m.list)+int(end-first) > maxMissing {
		m.list = m.list[:0]
		return false
	}
	for ext := first; ext < end; ext++ {
		m.list = append(m.list, gapPacket{ext: ext, tries: 1, since: now, asked: now})
	}
	return true
}

// arrived takes a packet off the list. The time since it was asked for is a
// measure of the round trip if it was asked for once (Karn's rule).
func (m *missing) arrived(ext int64, now time.Duration) (trip time.Duration, measured bool) {
	for i := range m.list {
		if p := &m.list[i]; p.ext == ext {
			trip, measured = now-p.asked, p.tries == 1
			m.list = append(m.list[:i], m.list[i+1:]...)
			return trip, measured
		}
	}
	return 0, false
}

// due appends to seqs what has to be asked for again now, gives up what was
// asked for long enough, and tells when to look again.
func (m *missing) due(now, trip time.Duration, seqs []uint16) ([]uint16, time.Duration) {
	if trip == 0 {
		trip = assumedTrip
	}
	retry := min(max(trip, leastRetry), mostRetry)
	next := never
	kept := m.list[:0]
	for _, p := range m.list {
		if p.asked+retry <= now {
			if p.tries >= maxTries || now-p.since >= maxWait {
				continue
			}
			p.tries++
			p.asked = now
			seqs = append(seqs, uint16(p.ext))
		}
		next = min(next, p.asked+retry)
		kept = append(kept, p)
	}
	m.list = kept
	return seqs, next
}

// forget empties the list.
func (m *missing) forget() { m.list = m.list[:0] }
