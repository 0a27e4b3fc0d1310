package transport

import "sync"

// eventQueue calls Events in order, outside of all locks. Its goroutine lives
// only while there is something to tell.
type eventQueue struct {
	events Events

	mu      sync.Mutex
	pending []func(Events)
	running bool
	closed  bool
	idle    sync.WaitGroup
}

// post queues one call. It never blocks.
func (q *eventQueue) post(call func(Events)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.pending = append(q.pending, call)
	if !q.running {
		q.running = true
		q.idle.Add(1)
		go q.run()
	}
}

func (q *eventQueue) run() {
	defer q.idle.Done()
	for {
		q.mu.Lock()
		if len(q.pending) == 0 {
			q.running = false
			q.mu.Unlock()
			return
		}
		call := q.pending[0]
		q.pending = q.pending[1:]
		q.mu.Unlock()
		call(q.events)
	}
}

// close drops what was not told yet and waits for a call that is being made.
func (q *eventQueue) close() {
	q.mu.Lock()
	q.closed, q.pending = true, nil
	q.mu.Unlock()
	q.idle.Wait()
}
