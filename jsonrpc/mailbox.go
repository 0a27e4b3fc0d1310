package jsonrpc

import "sync"

// Limits of what waits for one client that reads slowly, in bytes.
const (
	softBacklog = 1 << 20  // above it no more requests of the client are read
	hardBacklog = 32 << 20 // above it the client is disconnected
)

// mailbox holds what waits to be sent to one client, in order. Putting never blocks.
type mailbox struct {
	overflow func() // called once, without the lock, when the client has too much unread

	mu     sync.Mutex
	change sync.Cond
	queue  [][]byte
	bytes  int // in queue and in the batch being written
	closed bool
}

func newMailbox(overflow func()) *mailbox {
	m := &mailbox{overflow: overflow}
	m.change.L = &m.mu
	return m
}

// put queues one message; after close it is lost.
func (m *mailbox) put(text []byte) {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return
	}
	if m.bytes > 0 && m.bytes+len(text) > hardBacklog {
		m.shut()
		m.mu.Unlock()
		m.overflow()
		return
	}
	m.queue = append(m.queue, text)
	m.bytes += len(text)
	m.change.Broadcast()
	m.mu.Unlock()
}

// take waits for messages and returns them all; false when the mailbox is closed.
// Called by the connection's writer only, which says by sent when a message is out.
func (m *mailbox) take() ([][]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.queue) == 0 && !m.closed {
		m.change.Wait()
	}
	batch := m.queue
	m.queue = nil
	return batch, len(batch) > 0
}

// sent takes a written message off the account.
func (m *mailbox) sent(text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes -= len(text)
	m.change.Broadcast()
}

// settle waits until the client has read most of what was sent to it; false when the mailbox is closed.
func (m *mailbox) settle() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.bytes > softBacklog && !m.closed {
		m.change.Wait()
	}
	return !m.closed
}

// close ends take and settle. What is queued is lost. It may be called twice.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut()
}

// shut is called locked.
func (m *mailbox) shut() {
	m.closed = true
	m.queue = nil
	m.change.Broadcast()
}
