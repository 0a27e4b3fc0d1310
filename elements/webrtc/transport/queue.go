package transport

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// queued is one packet in a packetQueue.
type queued struct {
	data []byte
	from netip.AddrPort
}

// packetQueue hands packets from a read loop to a goroutine that may be slow:
// the ICE agent's reader or DTLS. It is bounded; what does not fit is dropped,
// as on a network. It has the reading half of a net.PacketConn: closing it and
// passing its deadline wake a blocked read at once.
type packetQueue struct {
	mu       sync.Mutex
	wake     sync.Cond
	packets  []queued
	limit    int
	closed   bool
	expired  bool
	deadline *time.Timer
}

func newPacketQueue(limit int) *packetQueue {
	q := &packetQueue{limit: limit}
	q.wake.L = &q.mu
	return q
}

// grow raises the number of packets that may wait.
func (q *packetQueue) grow(limit int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = limit
}

// put appends a copy of p; false when it was dropped.
func (q *packetQueue) put(p []byte, from netip.AddrPort) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.packets) >= q.limit {
		return false
	}
	q.packets = append(q.packets, queued{append([]byte(nil), p...), from})
	q.wake.Signal()
	return true
}

// get waits for a packet and copies it into p.
func (q *packetQueue) get(p []byte) (int, netip.AddrPort, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.closed:
			return 0, netip.AddrPort{}, net.ErrClosed
		case q.expired:
			return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
		case len(q.packets) > 0:
			first := q.packets[0]
			if q.packets = q.packets[1:]; len(q.packets) == 0 {
				q.packets = nil // the array goes with its last packet
			}
			return copy(p, first.data), first.from, nil
		}
		q.wake.Wait()
	}
}

// setDeadline is net.PacketConn's SetReadDeadline.
func (q *packetQueue) setDeadline(t time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deadline != nil {
		q.deadline.Stop()
		q.deadline = nil
	}
	left := time.Until(t)
	q.expired = !t.IsZero() && left <= 0
	if q.expired {
		q.wake.Broadcast()
		return
	}
	if t.IsZero() || q.closed {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(left, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.deadline == timer { // else another deadline was set meanwhile
			q.expired = true
			q.wake.Broadcast()
		}
	})
	q.deadline = timer
}

// close ends all reads, now and later. It may be called twice.
func (q *packetQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.packets = nil
	if q.deadline != nil {
		q.deadline.Stop()
		q.deadline = nil
	}
	q.wake.Broadcast()
}
