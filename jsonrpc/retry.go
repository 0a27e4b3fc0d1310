package jsonrpc

import (
	"sync"
	"time"
)

// Limits of the answers kept for retries (protocol.md §2, "Request cache").
const (
	retryWindow   = 20 * time.Second
	maxRetryBytes = 64 << 20
	maxRetryID    = 256 // bytes; a request with a longer id is not kept
	entryOverhead = 300 // bytes of an entry besides its texts, about
)

// retryKey identifies a request to its client: the same id in the same session is the same request, whatever it
// asks. The number 77 and the text "77" are the same id.
type retryKey struct{ session, id string }

// exchange is one request and its answer, which every retry of the request gets too.
type exchange struct {
	mu      sync.Mutex
	answer  *answer
	waiting []func(*answer)
}

// finish sets the answer and hands it to all who wait. Called once.
func (x *exchange) finish(a *answer) {
	x.mu.Lock()
	x.answer = a
	waiting := x.waiting
	x.waiting = nil
	x.mu.Unlock()
	for _, f := range waiting {
		f(a)
	}
}

// then calls f with the answer, now or when it is there.
func (x *exchange) then(f func(*answer)) {
	x.mu.Lock()
	if x.answer == nil {
		x.waiting = append(x.waiting, f)
		x.mu.Unlock()
		return
	}
	x.mu.Unlock()
	f(x.answer)
}

// wait returns the answer when it is there. Requests wait only for earlier ones, so this ends.
func (x *exchange) wait() *answer {
	ready := make(chan *answer, 1)
	x.then(func(a *answer) { ready <- a })
	return <-ready
}

// retries finds the exchange that a retried request belongs to, while it goes on and for 20 s after.
type retries struct {
	disabled bool

	mu       sync.Mutex
	byKey    map[retryKey]*exchange
	finished []finishedExchange // oldest first
	bytes    int                // of finished
}

type finishedExchange struct {
	key  retryKey
	x    *exchange
	at   time.Time
	size int
}

func newRetries(disabled bool) *retries {
	return &retries{disabled: disabled, byKey: make(map[retryKey]*exchange)}
}

// keyOf names a request of a session; false when its retries cannot be recognised.
func (c *retries) keyOf(session string, r *request) (retryKey, bool) {
	id, ok := scalarText(r.id)
	if !ok || c.disabled || len(id) > maxRetryID {
		return retryKey{}, false
	}
	return retryKey{session, id}, true
}

// begin returns the exchange of a request, and whether the caller is the first and has to finish it.
func (c *retries) begin(key retryKey) (x *exchange, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire(time.Now())
	if x, ok := c.byKey[key]; ok {
		return x, false
	}
	x = &exchange{}
	c.byKey[key] = x
	return x, true
}

// keep remembers a finished exchange for retries.
func (c *retries) keep(key retryKey, x *exchange, a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	f := finishedExchange{key, x, now, len(a.text) + len(key.id) + len(key.session) + entryOverhead}
	c.byKey[key] = x
	c.finished = append(c.finished, f)
	c.bytes += f.size
	c.expire(now)
}

// expire forgets what is too old or too much. Called locked.
func (c *retries) expire(now time.Time) {
	for len(c.finished) > 0 {
		f := c.finished[0]
		if now.Sub(f.at) < retryWindow && c.bytes <= maxRetryBytes {
			return
		}
		if c.byKey[f.key] == f.x {
			delete(c.byKey, f.key)
		}
		c.bytes -= f.size
		c.finished[0] = finishedExchange{}
		c.finished = c.finished[1:]
	}
}
