package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	lookupTime  = 3 * time.Second // for one name
	lookupFresh = 5 * time.Second // an answer counts, also that there is none
	maxLookups  = 32              // at a time of those that peers ask for
)

var errTooManyLookups = errors.New("too many names are being looked up")

// resolver looks host names up, for all connections of a pool, and remembers the answers for a while.
type resolver struct {
	// ask is the system's resolver; tests have another.
	ask func(ctx context.Context, network, host string) ([]netip.Addr, error)

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	slots chan bool // of questions that peers ask for

	mu     sync.Mutex
	closed bool
	known  map[string]*answer
}

// answer is complete when done is closed.
type answer struct {
	done    chan struct{}
	addrs   []netip.Addr
	err     error
	expires time.Time
}

func newResolver() *resolver {
	r := &resolver{ask: net.DefaultResolver.LookupNetIP, slots: make(chan bool, maxLookups), known: make(map[string]*answer)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// lookUp returns the addresses of host, which may be one itself. It waits for them, not longer than ctx
// or lookupTime.
func (r *resolver) lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	a, err := r.answer(host)
	if err != nil {
		return nil, err
	}
	select {
	case <-a.done:
		return a.addrs, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lookUpForPeer is lookUp of a name that a peer has chosen: how many of those are asked at a time is bounded.
func (r *resolver) lookUpForPeer(ctx context.Context, host string) ([]netip.Addr, error) {
	select {
	case r.slots <- true:
		defer func() { <-r.slots }()
		return r.lookUp(ctx, host)
	default:
		return nil, errTooManyLookups
	}
}

// answer finds what is known or asks for it.
func (r *resolver) answer(host string) (*answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for name, a := range r.known {
		if !a.expires.IsZero() && now.After(a.expires) {
			delete(r.known, name)
		}
	}
	if a := r.known[host]; a != nil {
		return a, nil
	}
	if r.closed {
		return nil, ErrClosed
	}
	a := &answer{done: make(chan struct{})}
	r.known[host] = a
	r.work.Go(func() { r.search(host, a) })
	return a, nil
}

func (r *resolver) search(host string, a *answer) {
	ctx, cancel := context.WithTimeout(r.ctx, lookupTime)
	defer cancel()
	addrs, err := r.ask(ctx, "ip", host)
	if err == nil && len(addrs) == 0 {
		err = fmt.Errorf("%q has no address", host)
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a.addrs, a.err, a.expires = addrs, err, time.Now().Add(lookupFresh)
	close(a.done)
}

// close ends all searches and waits for them.
func (r *resolver) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.work.Wait()
}
