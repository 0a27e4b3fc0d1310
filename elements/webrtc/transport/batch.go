package transport

import (
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// maxPacket bounds what is sent: an Ethernet frame's worth and some room.
	maxPacket = 1600

	// A batch begins small, because every producer has one per socket, and grows
	// as soon as a turn fills it.
	firstMessages = 8
	maxMessages   = 64
)

// batch collects one producer's packets for one socket. Packets lie one behind
// the other in the arena.
type batch struct {
	sock  *Socket
	arena []byte
	used  int
	out   *udp.Outbox
}

// batch returns the batch that b keeps for s. Called by b's producer.
func (s *Socket) batch(b *media.Burst) *batch {
	if own, ok := b.Batch(s).(*batch); ok {
		return own
	}
	own := newBatch(s, firstMessages)
	b.Add(s, own)
	return own
}

func newBatch(s *Socket, messages int) *batch {
	return &batch{sock: s, arena: make([]byte, messages*maxPacket), out: udp.NewOutbox(messages)}
}

// room returns maxPacket bytes for the next packet, sending what was collected
// if there is no room left.
func (b *batch) room() []byte {
	if b.out.Full() {
		messages := len(b.arena) / maxPacket
		b.Flush()
		if messages < maxMessages {
			bigger := newBatch(b.sock, 2*messages)
			b.arena, b.out = bigger.arena, bigger.out
		}
	}
	return b.arena[b.used : b.used+maxPacket]
}

// commit takes the first n bytes of the room as a packet.
func (b *batch) commit(n int, to *udp.Address) {
	b.out.Add(b.arena[b.used:b.used+n], to)
	b.used += n
}

// Flush sends what was collected.
func (b *batch) Flush() {
	if b.used == 0 {
		return
	}
	b.used = 0
	if failed := b.out.Send(b.sock.udp); failed > 0 {
		b.sock.unsent.Add(uint64(failed))
	}
}
