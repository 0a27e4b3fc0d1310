package jsonrpc

import "sync"

// What one client may have waiting: further requests are not read from its socket.
const (
	maxWaiting      = 256
	maxWaitingBytes = 64 << 20
)

// order sends the answers of one connection in the order of its requests, however they finish.
type order struct {
	box *mailbox

	mu     sync.Mutex
	change sync.Cond
	places []*place // of unfinished requests, and finished ones behind them
	bytes  int      // size of the requests in places
}

// place is the turn of one answer.
type place struct {
	answered bool
	text     []byte
	size     int
}

func newOrder(box *mailbox) *order {
	o := &order{box: box}
	o.change.L = &o.mu
	return o
}

// next takes the next place for the answer to a request of the given size in bytes, and waits while too many
// are taken. The function returned fills it, from any goroutine, once.
func (o *order) next(size int) func(text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.places) >= maxWaiting || len(o.places) > 0 && o.bytes+size > maxWaitingBytes {
		o.change.Wait()
	}
	p := &place{size: size}
	o.places = append(o.places, p)
	o.bytes += size
	return func(text []byte) { o.fill(p, text) }
}

func (o *order) fill(p *place, text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p.answered, p.text = true, text
	for len(o.places) > 0 && o.places[0].answered {
		o.box.put(o.places[0].text)
		o.bytes -= o.places[0].size
		o.places[0] = nil
		o.places = o.places[1:]
	}
	o.change.Broadcast()
}

// settle waits until every request has been answered.
func (o *order) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.places) > 0 {
		o.change.Wait()
	}
}
