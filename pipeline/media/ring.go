package media

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// How many packets a Ring keeps at most. They are powers of two, so that 16-bit
// sequence numbers wrap without a seam.
const (
	// RingSlots is enough to answer for losses: Kurento keeps as many.
	RingSlots = 512
	// LongRingSlots is for sources that make no key frame when asked for one, as
	// files: about half a minute of video for those who come late.
	LongRingSlots = 4096
)

// The buffers of a ring come in two sizes: one for audio and the short tail of
// a frame, one for whatever fits into an Ethernet frame. They are cut from
// slabs, so that a source that sends little keeps little.
var ringBufferSizes = [...]int{256, 1536}

const ringSlabBuffers = 16

// Ring keeps the last packets of one packed source, so that every receiver of
// it can have a lost packet again. Put is called by the producer's goroutine
// only, Resend by anyone. A packet larger than an Ethernet frame is not kept.
type Ring struct {
	slots []ringSlot
	keep  time.Duration // 0: as long as there are slots
	tail  uint16        // the oldest that may be kept; only Put touches it, as begun
	begun bool
	free  [len(ringBufferSizes)][][]byte // buffers without a slot; only Put touches them
}

// ringSlot holds what a receiver needs to send the packet again, nothing else:
// an rtp.Header alone would be larger than all of it.
type ringSlot struct {
	mu        sync.Mutex
	format    *Format // nil: empty
	pts       time.Duration
	data      []byte
	timestamp uint32
	ssrc      uint32
	seq       uint16
	pt        uint8
	layer     uint8
	level     uint8
	marker    bool
	key       bool
}

// RepairTime is how long a live source's packets are of use to those who have lost them: a few of the longest round trips.
const RepairTime = time.Second

// NewRing returns an empty ring for RingSlots or LongRingSlots packets, which keeps each for the time keep of presentation,
// 0: for as long as there is a slot. It takes memory for packet data as packets come.
func NewRing(slots int, keep time.Duration) *Ring {
	return &Ring{slots: make([]ringSlot, slots), keep: keep}
}

func (r *Ring) slot(seq uint16) *ringSlot { return &r.slots[int(seq)%len(r.slots)] }

// Put copies p into the ring, in place of the packet as many before it as the
// ring has slots.
func (r *Ring) Put(p *Packet) {
	if r.keep > 0 {
		r.forget(p)
	}
	s := r.slot(p.RTP.SequenceNumber)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.fit(s, len(p.Data)) {
		s.format = nil
		return
	}
	copy(s.data, p.Data)
	s.format, s.pts, s.key = p.Format, p.PTS, p.Key
	s.seq, s.timestamp, s.ssrc = p.RTP.SequenceNumber, p.RTP.Timestamp, p.RTP.SSRC
	s.pt, s.layer, s.level, s.marker = p.RTP.PayloadType, p.Layer, p.Level, p.RTP.Marker
}

// forget takes the memory of packets back that are too old when p comes: a source that sends little would keep them for long.
func (r *Ring) forget(p *Packet) {
	seq := p.RTP.SequenceNumber
	switch {
	case !r.begun:
		r.tail, r.begun = seq, true
	case int16(seq-r.tail) < 0:
		return // a late one
	case int(seq-r.tail) > len(r.slots):
		r.tail = seq - uint16(len(r.slots))
	}
	for ; r.tail != seq; r.tail++ {
		s := r.slot(r.tail)
		s.mu.Lock()
		kept := s.format != nil && s.seq == r.tail
		young := kept && p.PTS-s.pts <= r.keep
		if kept && !young {
			r.release(s.data)
			s.format, s.data = nil, nil
		}
		s.mu.Unlock()
		if young {
			return
		}
	}
}

// fit gives the slot, called locked, a buffer of n bytes.
func (r *Ring) fit(s *ringSlot, n int) bool {
	if n <= cap(s.data) && s.data != nil {
		s.data = s.data[:n]
		return true
	}
	for class, size := range ringBufferSizes {
		if n > size {
			continue
		}
		if s.data != nil {
			r.release(s.data)
		}
		s.data = r.buffer(class)[:n]
		return true
	}
	return false
}

// buffer takes a free buffer, out of a new slab when there is none.
func (r *Ring) buffer(class int) []byte {
	if len(r.free[class]) == 0 {
		size := ringBufferSizes[class]
		slab := make([]byte, ringSlabBuffers*size)
		for i := 0; i < len(slab); i += size {
			r.free[class] = append(r.free[class], slab[i:i+size:i+size])
		}
	}
	last := len(r.free[class]) - 1
	b := r.free[class][last]
	r.free[class] = r.free[class][:last]
	return b
}

// release keeps the buffer of a slot that has outgrown it for another slot.
func (r *Ring) release(b []byte) {
	for class, size := range ringBufferSizes {
		if cap(b) == size {
			r.free[class] = append(r.free[class], b)
		}
	}
}

// Resend hands the packet with the source's sequence number seq to f; false
// when it is not kept any more. The packet is valid during f, has neither
// extensions nor contributing sources, and no Burst: f knows its own. After a
// change of the source's SSRC packets of the old one may still be found, so f
// looks at it. f must not call the ring.
func (r *Ring) Resend(seq uint16, f func(*Packet)) bool {
	s := r.slot(seq)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.format == nil || s.seq != seq {
		return false
	}
	f(&Packet{
		Format: s.format,
		RTP: rtp.Header{
			Version: 2, Marker: s.marker, PayloadType: s.pt,
			SequenceNumber: s.seq, Timestamp: s.timestamp, SSRC: s.ssrc,
		},
		PTS: s.pts, Key: s.key, Layer: s.layer, Level: s.level, Data: s.data,
	})
	return true
}
