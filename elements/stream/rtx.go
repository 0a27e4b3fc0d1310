package stream

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// osnSize is what a retransmission has before the original payload: the original sequence number
// (RFC 4588 section 4).
const osnSize = 2

// repeats is the stream of a sender's retransmissions (RFC 4588). The sender's mutex guards it.
type repeats struct {
	header rtp.Header // its SSRC is 0: not negotiated
	ssrc   uint32     // the last one, whose numbers go on when it comes back
	buf    []byte
}

// begin prepares the header of retransmissions by ssrc, 0: there are none.
func (r *repeats) begin(ssrc uint32, t *stamps) {
	next := r.header.SequenceNumber
	if ssrc != 0 && ssrc != r.ssrc {
		r.ssrc, next = ssrc, uint16(rand.Uint32()>>17) // in the lower half, as in attach
	}
	r.header = rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: next}
	if t != nil {
		t.prepare(&r.header)
	}
}

// wrap makes the retransmission of the packet that h and payload were. The results are valid until
// the next call.
func (r *repeats) wrap(h *rtp.Header, payload []byte, pt uint8) (*rtp.Header, []byte) {
	r.buf = append(binary.BigEndian.AppendUint16(r.buf[:0], h.SequenceNumber), payload...)
	r.header.SequenceNumber++
	r.header.PayloadType, r.header.Marker, r.header.Timestamp = pt, h.Marker, h.Timestamp
	return &r.header, r.buf
}

// handleRepeated takes a retransmission of a packet of c. It runs on the read goroutine.
func (r *Receiver) handleRepeated(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst, c *Codec) {
	if len(payload) < osnSize {
		return // it probes the path and carries nothing
	}
	r.mu.Lock()
	t := r.repairedTrack(h)
	if t == nil {
		r.mu.Unlock()
		return
	}
	original := rtp.Header{
		Version: h.Version, Marker: h.Marker, PayloadType: c.PayloadType,
		SequenceNumber: binary.BigEndian.Uint16(payload), Timestamp: h.Timestamp, SSRC: t.ssrc,
	}
	payload = payload[osnSize:]
	in, ok := t.repeated(&original, payload, at, c)
	r.mu.Unlock()
	if ok {
		t.deliver(&in, &original, payload, at, b, c)
	}
}

// repeated does the bookkeeping of a retransmission: it fills a hole or is dropped, and says nothing
// about a stream that has not begun. Called locked.
func (t *track) repeated(h *rtp.Header, payload []byte, at time.Duration, c *Codec) (in received, ok bool) {
	if t.session == nil || !t.running || !c.same(t.codec) {
		return in, false
	}
	if !t.arrivals.misses(h.SequenceNumber) {
		t.counters.spare++
		return in, false
	}
	ext, _, _ := t.arrivals.add(h.SequenceNumber)
	if trip, measured := t.missing.arrived(ext, at); measured {
		t.session.measureTrip(trip)
	}
	t.counters.repeated++
	t.countLoss(0, len(payload), at)
	t.take(&in, h, payload, at)
	return in, true
}
