package rtp

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// reorderSlots is how many packets wait for one that is missing: half a second at 8 Mbit/s.
	reorderSlots = 512
	// maxMisorder is how far back a packet is late or a duplicate; further back the sequence
	// has begun anew (RFC 3550 §A.1).
	maxMisorder = 2048
)

// rtpPacket is what the depacketiser needs of a packet.
type rtpPacket struct {
	seq       uint16
	timestamp uint32
	ssrc      uint32
	marker    bool
	pts, at   time.Duration
	payload   []byte
	event     *media.Format // of a telephone event, nil: it is what the depacketiser is for
}

// reorder hands packets on in the order of their sequence numbers. While one is missing those
// behind it are kept, until it comes or the newest packet's time is hold after theirs. It has
// no timer: what is kept at the end of the media stays there until flush.
type reorder struct {
	hold time.Duration
	// deliver gets the packets in order, each valid during the call. gap: some before it are
	// missing.
	deliver func(p *rtpPacket, gap bool)

	started bool
	ssrc    uint32
	next    uint16        // what is to be delivered now
	newest  time.Duration // highest time of all packets
	gap     bool          // before next
	slots   []rtpPacket   // by sequence number; no payload: empty
	held    int
	current rtpPacket // taken out of its slot
	free    [][]byte  // payload buffers
}

// push takes the next packet as it came.
func (r *reorder) push(p *rtpPacket) {
	switch ahead := int16(p.seq - r.next); {
	case !r.started:
		r.restart(p)
	case p.ssrc != r.ssrc, ahead < -maxMisorder, ahead >= reorderSlots:
		r.flush()
		r.restart(p)
		r.gap = true
	case ahead < 0:
		return // too late, or a duplicate
	}
	r.newest = max(r.newest, p.pts)
	if p.seq == r.next {
		r.advance(p)
	} else {
		r.keep(p)
	}
	r.drain()
	for r.held > 0 && r.newest-r.slot(r.firstHeld()).pts > r.hold {
		r.next = r.firstHeld()
		r.gap = true
		r.drain()
	}
}

// restart begins a sequence with p.
func (r *reorder) restart(p *rtpPacket) {
	r.started, r.ssrc, r.next, r.newest, r.gap = true, p.ssrc, p.seq, p.pts, false
}

// flush delivers everything that is kept.
func (r *reorder) flush() {
	for r.held > 0 {
		r.next = r.firstHeld()
		r.gap = true
		r.drain()
	}
}

// advance delivers the packet whose turn it is.
func (r *reorder) advance(p *rtpPacket) {
	gap := r.gap
	r.gap = false
	r.next++
	r.deliver(p, gap)
}

// drain delivers the packets that follow without a gap.
func (r *reorder) drain() {
	for r.held > 0 {
		s := r.slot(r.next)
		if s.payload == nil {
			return
		}
		r.current = *s
		s.payload = nil
		r.held--
		r.advance(&r.current)
		r.free = append(r.free, r.current.payload)
	}
}

func (r *reorder) slot(seq uint16) *rtpPacket { return &r.slots[seq%reorderSlots] }

// firstHeld is the sequence number of the first packet that is kept; there must be one.
func (r *reorder) firstHeld() uint16 {
	seq := r.next
	for r.slot(seq).payload == nil {
		seq++
	}
	return seq
}

// keep copies a packet that came before its turn.
func (r *reorder) keep(p *rtpPacket) {
	if r.slots == nil {
		r.slots = make([]rtpPacket, reorderSlots)
	}
	s := r.slot(p.seq)
	if s.payload != nil {
		return
	}
	buf := []byte{}
	if n := len(r.free); n > 0 {
		buf, r.free = r.free[n-1], r.free[:n-1]
	}
	*s = *p
	s.payload = append(buf[:0], p.payload...)
	r.held++
}
