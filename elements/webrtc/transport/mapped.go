package transport

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
)

const (
	// mappedFresh is how long an answer of the STUN server counts: well below the
	// 2 minutes that a NAT keeps an idle mapping at least (RFC 4787 §4.3).
	mappedFresh = 25 * time.Second

	// A question is repeated after stunRTO, then after twice that, and so on.
	stunRTO     = 200 * time.Millisecond
	stunTimeout = 3 * time.Second
)

// stunQueries asks STUN servers what a socket's address looks like from
// outside: once per socket and server, for all connections.
type stunQueries struct {
	mu      sync.Mutex
	known   map[netip.AddrPort]*mapping
	pending map[[stunTransaction]byte]*mapping
	waiting atomic.Int32 // len(pending), for the read loop
}

// mapping is what one server said, or will say when done is closed.
type mapping struct {
	server  netip.AddrPort
	reply   chan netip.AddrPort
	done    chan struct{}
	addr    netip.AddrPort
	err     error
	expires time.Time
}

// mapped returns how server sees s. It waits for an answer, not longer than ctx
// or stunTimeout.
func (s *Socket) mapped(ctx context.Context, server netip.AddrPort) (addr netip.AddrPort, err error) {
	for {
		addr, err = s.mappedOnce(ctx, server)
		if !errors.Is(err, context.Canceled) || ctx.Err() != nil {
			return addr, err
		}
		// The connection that asked was closed meanwhile.
	}
}

func (s *Socket) mappedOnce(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error) {
	q := &s.queries
	q.mu.Lock()
	if q.known == nil {
		q.known = make(map[netip.AddrPort]*mapping)
		q.pending = make(map[[stunTransaction]byte]*mapping)
	}
	m := q.known[server]
	if m == nil || !m.expires.IsZero() && time.Now().After(m.expires) {
		m = &mapping{server: server, reply: make(chan netip.AddrPort, 1), done: make(chan struct{})}
		q.known[server] = m
		q.mu.Unlock()
		s.ask(ctx, m)
	} else {
		q.mu.Unlock()
	}
	select {
	case <-m.done:
		return m.addr, m.err
	case <-ctx.Done():
		return netip.AddrPort{}, ctx.Err()
	}
}

// ask does the transaction (RFC 8489 §6.2.1).
func (s *Socket) ask(ctx context.Context, m *mapping) {
	q := &s.queries
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
	if err == nil {
		q.mu.Lock()
		q.pending[request.TransactionID] = m
		q.waiting.Add(1)
		q.mu.Unlock()
		m.addr, err = s.exchange(ctx, m, request.Raw)
		q.mu.Lock()
		delete(q.pending, request.TransactionID)
		q.waiting.Add(-1)
		q.mu.Unlock()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m.err = err
	m.expires = time.Now().Add(mappedFresh)
	if err != nil {
		delete(q.known, m.server) // the next connection asks again
	}
	close(m.done)
}

func (s *Socket) exchange(ctx context.Context, m *mapping, request []byte) (netip.AddrPort, error) {
	late := time.NewTimer(stunTimeout)
	defer late.Stop()
	to := udp.NewAddress(m.server)
	for wait := stunRTO; ; wait *= 2 {
		if err := s.send(request, &to); err != nil {
			return netip.AddrPort{}, err
		}
		again := time.NewTimer(wait)
		select {
		case addr := <-m.reply:
			again.Stop()
			return addr, nil
		case <-ctx.Done():
			again.Stop()
			return netip.AddrPort{}, ctx.Err()
		case <-late.C:
			again.Stop()
			return netip.AddrPort{}, errNoAnswer
		case <-again.C:
		}
	}
}

// answer takes a STUN response if it is to one of our questions. Called by the
// read loop.
func (q *stunQueries) answer(p []byte, from udp.Key) bool {
	if q.waiting.Load() == 0 {
		return false
	}
	q.mu.Lock()
	m := q.pending[transactionID(p)]
	q.mu.Unlock()
	if m == nil || udp.KeyOf(m.server) != from {
		return false
	}
	msg := stun.Message{Raw: append([]byte(nil), p...)}
	var seen stun.XORMappedAddress
	if msg.Decode() != nil || seen.GetFrom(&msg) != nil {
		return true
	}
	if ip, ok := netip.AddrFromSlice(seen.IP); ok {
		select {
		case m.reply <- netip.AddrPortFrom(ip.Unmap(), uint16(seen.Port)):
		default: // answered twice
		}
	}
	return true
}
