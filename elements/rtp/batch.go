package rtp

import (
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// maxPacket bounds what is sent: an Ethernet frame's worth and some room.
	maxPacket = 1600

	// A batch begins small, because every producer has one, and grows as soon as a turn fills it.
	firstMessages = 8
	maxMessages   = 64
)

// batch collects one producer's packets for all conns. It is one for all because it stays for as long as the producer,
// which may see many endpoints come and go.
type batch struct {
	arena   []byte // packets lie in it one behind the other
	used    int
	packets []outgoing
	out     *udp.Outbox
}

type outgoing struct {
	from *conn // nil: already handed to the system
	to   *udp.Address
	data []byte
}

// batchOwner is under what a burst keeps the batch.
var batchOwner = new(batch)

// batchOf returns the batch that b keeps. Called by b's producer.
func batchOf(b *media.Burst) *batch {
	if own, ok := b.Batch(batchOwner).(*batch); ok {
		return own
	}
	own := new(batch)
	own.grow(firstMessages)
	b.Add(batchOwner, own)
	return own
}

func (b *batch) grow(messages int) {
	b.arena, b.packets, b.out = make([]byte, messages*maxPacket), make([]outgoing, 0, messages), udp.NewOutbox(messages)
}

// room returns maxPacket bytes for the next packet, sending what was collected if there is no room left.
func (b *batch) room() []byte {
	if messages := cap(b.packets); len(b.packets) == messages {
		b.Flush()
		if messages < maxMessages {
			b.grow(2 * messages)
		}
	}
	return b.arena[b.used : b.used+maxPacket]
}

// commit takes the first n bytes of the room as a packet.
func (b *batch) commit(n int, from *conn, to *udp.Address) {
	b.packets = append(b.packets, outgoing{from, to, b.arena[b.used : b.used+n]})
	b.used += n
}

// Flush sends what was collected, with one call for each conn.
func (b *batch) Flush() {
	for i := range b.packets {
		from := b.packets[i].from
		if from == nil {
			continue
		}
		for j := i; j < len(b.packets); j++ {
			if p := &b.packets[j]; p.from == from {
				b.out.Add(p.data, p.to)
				*p = outgoing{}
			}
		}
		if failed := b.out.Send(from.rtp.udp); failed > 0 {
			from.unsent.Add(uint64(failed))
		}
	}
	b.packets, b.used = b.packets[:0], 0
}
