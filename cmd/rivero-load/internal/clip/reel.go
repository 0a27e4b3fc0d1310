package clip

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// Packet is what one RTP packet carries, without RTP header and VP8 payload descriptor. Slot numbers the packets of a
// reel from 0.
type Packet struct {
	Payload []byte
	Slot    int
}

// Unit is the packets of one frame, which share a timestamp.
type Unit struct {
	Time    time.Duration // from the stream's first unit
	Key     bool
	Packets []Packet
}

// Stream is a Track cut into packets.
type Stream struct {
	Units  []Unit
	Period time.Duration
}

// Reel is a clip ready to be sent by any number of publishers at once: it never changes after Cut. It recognises its
// packets by their last bytes, because servers rewrite RTP headers and may rewrite VP8 payload descriptors.
type Reel struct {
	Name  string
	Video Stream
	Audio Stream
	Slots int // number of packets

	byTail map[uint64]slotRef
}

type slotRef struct {
	slot   int
	unique bool
}

// Cut splits the clip's frames into packets of at most maxPayload bytes. The packets of a frame are of about equal
// size, as libwebrtc makes them.
func Cut(c *Clip, maxPayload int) *Reel {
	r := &Reel{Name: c.Name, byTail: make(map[uint64]slotRef)}
	r.Video = r.cut(c.Video, maxPayload)
	r.Audio = r.cut(c.Audio, maxPayload)
	return r
}

func (r *Reel) cut(t Track, maxPayload int) Stream {
	s := Stream{Period: t.Period, Units: make([]Unit, 0, len(t.Frames))}
	for _, f := range t.Frames {
		u := Unit{Time: f.Time, Key: f.Key}
		data := f.Data
		for n := (len(data) + maxPayload - 1) / maxPayload; n > 0; n-- {
			size := (len(data) + n - 1) / n
			u.Packets = append(u.Packets, Packet{Payload: data[:size], Slot: r.Slots})
			r.register(data[:size])
			data = data[size:]
		}
		s.Units = append(s.Units, u)
	}
	return s
}

func (r *Reel) register(payload []byte) {
	key := tail(payload)
	if first, known := r.byTail[key]; known {
		r.byTail[key] = slotRef{slot: first.slot}
	} else {
		r.byTail[key] = slotRef{slot: r.Slots, unique: true}
	}
	r.Slots++
}

// Find tells which packet of the reel has this payload (without VP8 payload descriptor). Of several that end alike it
// names the first, and unique is false. It allocates nothing and may be called by many goroutines.
func (r *Reel) Find(payload []byte) (slot int, unique, ok bool) {
	ref, ok := r.byTail[tail(payload)]
	return ref.slot, ref.unique, ok
}

// tail condenses the last 16 bytes of a payload, or all of a shorter one.
func tail(payload []byte) uint64 {
	const k1, k2 = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F // odd constants of xxHash
	n := len(payload)
	if n < 16 {
		h := uint64(n)
		for _, b := range payload {
			h = (h ^ uint64(b)) * k1
		}
		return h
	}
	a := binary.LittleEndian.Uint64(payload[n-16:])
	b := binary.LittleEndian.Uint64(payload[n-8:])
	return (a ^ bits.RotateLeft64(b*k1, 31)) * k2
}
