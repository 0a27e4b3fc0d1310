package codec

import (
	"sync"
	"sync/atomic"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Link is a node's connection to its source, to be embedded. It passes on what the node's
// receivers want. They may be bound before the node is, so it remembers that.
type Link struct {
	format atomic.Pointer[media.Format] // of the packets to come, nil: unbound

	mu      sync.Mutex
	source  media.Source
	wantKey bool // asked for while there was no source
	limit   int
}

// Takes tells whether a packet is of the format that the node is bound to; others are dropped.
func (l *Link) Takes(p *media.Packet) bool { return p.Format == l.format.Load() }

// Passes tells whether a packet is a telephone event next to what the node is bound to, and so goes on as it is.
func (l *Link) Passes(p *media.Packet) bool { return p.IsEvent() && l.format.Load() != nil }

// Bind is part of Node.
func (l *Link) Bind(f *media.Format, from media.Source) {
	l.format.Store(f)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.source = from
	if from == nil {
		return
	}
	if l.limit > 0 {
		from.SetMaxBitrate(l.limit)
	}
	if l.wantKey {
		l.wantKey = false
		from.RequestKeyFrame()
	}
}

// From is the way to the source, nil while unbound.
func (l *Link) From() media.Source {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source
}

// RequestKeyFrame is part of media.Upstream.
func (l *Link) RequestKeyFrame() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil {
		l.wantKey = true
		return
	}
	l.source.RequestKeyFrame()
}

// SetMaxBitrate is part of media.Upstream.
func (l *Link) SetMaxBitrate(bps int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = bps
	if l.source != nil {
		l.source.SetMaxBitrate(bps)
	}
}
