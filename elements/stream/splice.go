package stream

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// keptEpochs is how many changes of the source stream are remembered for
	// packets that are asked for again.
	keptEpochs = 4
	// maxJump is the largest step in a source's sequence numbers that is still the
	// same stream.
	maxJump = maxDropout
	// leastAdvance is how far timestamps go on at least when the source changes.
	leastAdvance = time.Millisecond
)

// splice numbers the packets of changing sources as one RTP stream without a
// seam. Within an epoch, one stretch of one source stream, numbers and
// timestamps keep their distances, so that gaps and reordering at the source
// stay visible to the peer.
type splice struct {
	epochs [keptEpochs]epoch // the current one first
	open   bool              // the current epoch goes on
	used   bool              // a packet was ever placed
	top    int64             // highest own extended sequence number
	oldest int64             // the lowest that can be sent again

	timestamp uint32 // own timestamp of the top packet
	pts       time.Duration
	rate      uint32
}

// epoch says how source numbers become own ones.
type epoch struct {
	ssrc      uint32 // of the source
	first     int64  // own extended sequence number it begins with
	seqShift  uint16 // own minus source
	timeShift uint32 // own minus source
	pictures  pictureShift
	layer     uint8 // of the source's simulcast
	valid     bool
}

// begin gives the numbers that the very first packet will follow.
func (s *splice) begin(seq uint16, timestamp uint32) {
	*s = splice{top: 1<<16 + int64(seq), timestamp: timestamp}
}

// cut ends the current epoch and forgets how to find packets of the past: they
// belong to another source.
func (s *splice) cut() {
	s.open = false
	s.epochs = [keptEpochs]epoch{}
}

// forget has the packets of the past not found any more, but goes on.
func (s *splice) forget() { s.oldest = s.top + 1 }

// continues tells whether p belongs to the current epoch.
func (s *splice) continues(p *media.Packet) bool {
	e := &s.epochs[0]
	if !s.open || p.RTP.SSRC != e.ssrc {
		return false
	}
	step := int16(p.RTP.SequenceNumber + e.seqShift - uint16(s.top))
	return step < maxJump && step > -maxJump
}

// anchor begins an epoch with p: the next number, and a timestamp as much later
// as p is presented later than the packet before.
func (s *splice) anchor(p *media.Packet, rate uint32) {
	copy(s.epochs[1:], s.epochs[:keptEpochs-1])
	timestamp := s.timestamp
	if s.used {
		timestamp += uint32(ticks(max(p.PTS-s.pts, leastAdvance), rate))
	}
	s.top++
	s.epochs[0] = epoch{
		ssrc: p.RTP.SSRC, first: s.top, valid: true, layer: p.Layer,
		seqShift:  uint16(s.top) - p.RTP.SequenceNumber,
		timeShift: timestamp - p.RTP.Timestamp,
	}
	s.open, s.used, s.rate = true, true, rate
	s.timestamp, s.pts = timestamp, p.PTS
}

// place numbers a packet of the current epoch; false when it is from before the
// epoch, whose numbers are taken.
func (s *splice) place(p *media.Packet) (ext int64, timestamp uint32, ok bool) {
	e := &s.epochs[0]
	timestamp = p.RTP.Timestamp + e.timeShift
	step := int16(p.RTP.SequenceNumber + e.seqShift - uint16(s.top))
	ext = s.top + int64(step)
	if step > 0 {
		s.top, s.timestamp, s.pts = ext, timestamp, p.PTS
	}
	return ext, timestamp, ext >= e.first
}

// origin finds the source packet that was, or will be, sent as number seq.
func (s *splice) origin(seq uint16) (source uint16, ext int64, e epoch, ok bool) {
	ext = s.top - int64(uint16(s.top)-seq)
	if s.top-ext >= media.RingSlots || ext < s.oldest {
		return 0, 0, e, false
	}
	for _, e := range s.epochs {
		if e.valid && ext >= e.first {
			return seq - e.seqShift, ext, e, true
		}
	}
	return 0, 0, e, false
}

// at is the own timestamp that belongs to a time of the pipeline clock.
func (s *splice) at(now time.Duration) uint32 {
	return s.timestamp + uint32(ticks(now-s.pts, s.rate))
}
