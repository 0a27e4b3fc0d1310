package media

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

var ringFormat = Format{Kind: Video, Codec: VP8, Packed: true, ClockRate: 90000}

// ringPacket is a packet whose every field follows from its sequence number.
func ringPacket(seq uint16, size int) *Packet {
	p := &Packet{Format: &ringFormat, PTS: time.Duration(seq) * time.Millisecond, Key: seq%3 == 0}
	p.RTP.SequenceNumber = seq
	p.RTP.Timestamp = uint32(seq) * 90
	p.RTP.SSRC = 7
	p.RTP.PayloadType = 96
	p.RTP.Marker = seq%2 == 0
	p.Data = bytes.Repeat([]byte{byte(seq)}, size)
	return p
}

func resent(t *testing.T, r *Ring, seq uint16, size int) {
	t.Helper()
	want := ringPacket(seq, size)
	found := r.Resend(seq, func(p *Packet) {
		if p.Format != want.Format || p.PTS != want.PTS || p.Key != want.Key ||
			p.RTP.SequenceNumber != seq || p.RTP.Timestamp != want.RTP.Timestamp || p.RTP.SSRC != want.RTP.SSRC ||
			p.RTP.PayloadType != want.RTP.PayloadType || p.RTP.Marker != want.RTP.Marker || p.RTP.Version != 2 {
			t.Errorf("packet %d came back as %+v", seq, p)
		}
		if !bytes.Equal(p.Data, want.Data) {
			t.Errorf("packet %d: %d bytes came back, want %d of value %d", seq, len(p.Data), size, byte(seq))
		}
	})
	if !found {
		t.Errorf("packet %d is not kept", seq)
	}
}

func TestRingKeepsTheLastPackets(t *testing.T) {
	r := NewRing(RingSlots, 0)
	first := uint16(65000) // wraps on the way
	for i := range uint16(1000) {
		r.Put(ringPacket(first+i, 100))
	}
	for i := uint16(1000 - RingSlots); i < 1000; i++ {
		resent(t, r, first+i, 100)
	}
	for _, seq := range []uint16{first, first + 1000 - RingSlots - 1, first + 1000, first - 1} {
		if r.Resend(seq, func(p *Packet) { t.Errorf("packet %d given for %d", p.RTP.SequenceNumber, seq) }) {
			t.Errorf("packet %d still kept", seq)
		}
	}
}

func TestRingForgetsOldPackets(t *testing.T) {
	const keep = 50 // packets are a millisecond apart
	r := NewRing(RingSlots, keep*time.Millisecond)
	const n = 3*RingSlots + 7
	for i := range uint16(n) {
		if i%10 != 3 { // some never come, and one late
			r.Put(ringPacket(i, 1100))
		}
		if i%100 == 55 {
			r.Put(ringPacket(i-2, 1100))
		}
	}
	const last = n - 1
	for i := range uint16(keep) {
		if seq := last - i; seq%10 != 3 {
			resent(t, r, seq, 1100)
		}
	}
	if r.Resend(last-keep-1, func(*Packet) {}) {
		t.Error("an old packet is still kept")
	}
	held := 0
	for i := range r.slots {
		if r.slots[i].data != nil {
			held++
		}
	}
	if total := held + len(r.free[1]); total > keep+2*ringSlabBuffers {
		t.Errorf("%d buffers for %d packets", total, keep)
	}
}

func TestRingSizes(t *testing.T) {
	r := NewRing(RingSlots, 0)
	for _, size := range []int{0, 1, 256, 257, 1200, 1536, 3} {
		r.Put(ringPacket(5, size))
		resent(t, r, 5, size)
	}
	r.Put(ringPacket(5, 1537))
	if r.Resend(5, func(*Packet) {}) {
		t.Error("a packet above the limit is kept")
	}
	r.Put(ringPacket(5, 20))
	resent(t, r, 5, 20)
}

func TestRingUsesABufferAgain(t *testing.T) {
	r := NewRing(RingSlots, 0)
	r.Put(ringPacket(1, 10))
	small := len(r.free[0])
	r.Put(ringPacket(1, 1000))
	if got := len(r.free[0]); got != small+1 {
		t.Errorf("%d small buffers free after one was outgrown, want %d", got, small+1)
	}
}

func TestRingEmptyPacketIsKept(t *testing.T) {
	r := NewRing(RingSlots, 0)
	r.Put(ringPacket(9, 0))
	resent(t, r, 9, 0)
}

func TestRingRace(t *testing.T) {
	r := NewRing(RingSlots, 0)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 5000 {
				r.Resend(uint16(rand.Uint32()), func(p *Packet) {
					for _, b := range p.Data {
						if b != byte(p.RTP.SequenceNumber) {
							t.Errorf("packet %d torn", p.RTP.SequenceNumber)
							return
						}
					}
				})
			}
		})
	}
	for i := range uint16(10000) {
		r.Put(ringPacket(i, int(i)%1400))
	}
	wg.Wait()
}

func TestRingPutDoesNotAllocate(t *testing.T) {
	r := NewRing(RingSlots, RepairTime)
	p := ringPacket(0, 1100)
	for range RingSlots {
		p.RTP.SequenceNumber++
		p.PTS += 4 * time.Millisecond
		r.Put(p)
	}
	if n := testing.AllocsPerRun(2000, func() {
		p.RTP.SequenceNumber++
		p.PTS += 4 * time.Millisecond
		r.Put(p)
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

func BenchmarkRingPut(b *testing.B) {
	r := NewRing(RingSlots, RepairTime)
	p := ringPacket(0, 1100)
	b.ReportAllocs()
	for b.Loop() {
		p.RTP.SequenceNumber++
		p.PTS += 4 * time.Millisecond
		r.Put(p)
	}
}
