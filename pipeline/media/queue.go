package media

import (
	"sync"
	"sync/atomic"
)

// QueueOptions says how much a Queue holds and who takes what is in it.
type QueueOptions struct {
	Packets int // most packets waiting; 0: 1024
	Bytes   int // most bytes waiting; 0: 8 MiB

	// Handle gets the packets in order, on the queue's own goroutine. As for every
	// Sink they are valid during the call only, but Data is the queue's own copy and
	// may be changed. Their Burst is the queue's, flushed after each call.
	Handle func(p *Packet)
	// Overflow is called when the queue starts to drop video; the consumer's only hope
	// is a key frame, so ask for one. It is called by the producer and must not block; may be nil.
	Overflow func()
	// Fail is told the value of a panic in Handle or in a function given to Do. Nothing
	// is handled afterwards. It is called on the queue's goroutine; may be nil.
	Fail func(v any)
}

// Queue is the bounded queue and the one goroutine in front of what is slow:
// disk, encoder, network. Write copies the packet and never blocks. When the
// queue is full, what is written is dropped and counted: audio packet by
// packet, video up to the next key frame, because nothing before that can be
// decoded.
type Queue struct {
	opts    QueueOptions
	dropped atomic.Uint64

	mu       sync.Mutex
	filled   sync.Cond // an item was added, or the queue closed
	items    fifo[item]
	slab     slab
	packets  int  // waiting, of items
	skipping bool // dropping video up to the next key frame
	closed   bool
	discard  bool // at the end, do not handle what still waits
	ended    chan struct{}

	current item // being handled; belongs to the queue's goroutine
}

// item is a packet that waits, or a function given to Do.
type item struct {
	packet Packet
	do     func()
}

// NewQueue returns a running queue. Close ends it.
func NewQueue(opts QueueOptions) *Queue {
	if opts.Packets <= 0 {
		opts.Packets = 1024
	}
	if opts.Bytes <= 0 {
		opts.Bytes = 8 << 20
	}
	q := &Queue{opts: opts, ended: make(chan struct{})}
	q.filled.L = &q.mu
	q.slab.limit = opts.Bytes
	go q.run()
	return q
}

// Write puts a copy of p in the queue. It may be called from several producers
// at a time.
func (q *Queue) Write(p *Packet) {
	q.mu.Lock()
	overflow := q.add(p)
	q.mu.Unlock()
	if overflow && q.opts.Overflow != nil {
		q.opts.Overflow()
	}
}

// add takes p in or drops it, and tells whether dropping video began with it. Called locked.
func (q *Queue) add(p *Packet) (overflow bool) {
	if q.closed {
		return false
	}
	video := p.Format.Kind == Video
	if video && q.skipping && !p.Key {
		q.dropped.Add(1)
		return false
	}
	var data []byte
	fits := q.packets < q.opts.Packets
	if fits {
		data, fits = q.slab.take(len(p.Data))
	}
	if !fits {
		q.dropped.Add(1)
		overflow = video && !q.skipping
		q.skipping = q.skipping || video
		return overflow
	}
	if video {
		q.skipping = false
	}
	copy(data, p.Data)
	it := item{packet: *p}
	it.packet.Data = data
	it.packet.RTP.CSRC, it.packet.RTP.Extensions = nil, nil // they point into the producer's memory
	it.packet.RTP.Extension = false
	q.items.push(it)
	q.packets++
	q.filled.Signal()
	return false
}

// Do has f called on the queue's goroutine after everything written before has
// been handled. It never waits and is never dropped; false when the queue is closed.
func (q *Queue) Do(f func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.items.push(item{do: f})
	q.filled.Signal()
	return true
}

// Dropped is the number of packets dropped so far because the queue was full.
func (q *Queue) Dropped() uint64 { return q.dropped.Load() }

// Close takes no more packets, has those that wait handled (drain) or thrown
// away, and returns when the queue's goroutine has ended. Functions given to Do
// are called in either case, unless Handle has panicked. It may be called
// twice, but not from Handle.
func (q *Queue) Close(drain bool) {
	q.mu.Lock()
	q.closed = true
	q.discard = q.discard || !drain
	q.filled.Signal()
	q.mu.Unlock()
	<-q.ended
}

// run is the queue's goroutine.
func (q *Queue) run() {
	defer close(q.ended)
	defer func() {
		if v := recover(); v != nil {
			q.breakDown(v)
		}
	}()
	burst := &Burst{}
	for q.next() {
		if q.current.do != nil {
			q.current.do()
			continue
		}
		q.current.packet.Burst = burst
		q.opts.Handle(&q.current.packet)
		burst.Flush()
	}
}

// next frees the item that was handled and waits for the oldest one that
// waits; false when the queue is closed and empty.
func (q *Queue) next() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.current.do == nil && q.current.packet.Format != nil {
		q.slab.give(len(q.current.packet.Data))
	}
	for {
		for q.items.len() == 0 && !q.closed {
			q.current = item{}
			q.filled.Wait()
		}
		if q.items.len() == 0 {
			return false
		}
		q.current = q.items.pop()
		if q.current.do != nil {
			return true
		}
		q.packets--
		if !q.discard {
			return true
		}
		q.slab.give(len(q.current.packet.Data))
	}
}

// breakDown ends the queue after a panic; what is written from now on goes nowhere.
func (q *Queue) breakDown(v any) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	if q.opts.Fail != nil {
		q.opts.Fail(v)
	}
}
