package measure

import (
	"sync/atomic"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
)

// Ledger is one publisher's book of when it sent each packet of its reel last. The publisher writes, any number of
// viewers read.
type Ledger struct {
	reel     *clip.Reel
	window   *Window
	sent     []atomic.Int64 // by slot
	expected atomic.Int64
}

// NewLedger makes the book of a publisher that plays reel.
func NewLedger(reel *clip.Reel, window *Window) *Ledger {
	return &Ledger{reel: reel, window: window, sent: make([]atomic.Int64, reel.Slots)}
}

// Send is called by the publisher just before it sends the packet of that slot.
func (l *Ledger) Send(slot int) {
	now := l.window.Now()
	l.sent[slot].Store(now)
	if l.window.Contains(now) {
		l.expected.Add(1)
	}
}

// Expected is the number of packets sent inside the window, which each viewer should get.
func (l *Ledger) Expected() int64 { return l.expected.Load() }

// sentAt tells when the packet with this payload was sent. exact is false if other packets of the reel end in the same
// bytes, so that the time is good for counting but not for measuring. A loop of the clip is taken to be longer than any
// packet's journey.
func (l *Ledger) sentAt(payload []byte) (at int64, exact, ok bool) {
	slot, unique, ok := l.reel.Find(payload)
	if !ok {
		return 0, false, false
	}
	at = l.sent[slot].Load()
	return at, unique, at != 0
}
