package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

const multicastName = "0b2bf8e1-1cc0-4b0f-8f13-2f0b7d3b3f3d.local"

func TestACandidateWithAMulticastNameIsLookedUp(t *testing.T) {
	for _, early := range []bool{true, false} {
		pool, asked := named(t, map[string]string{multicastName: "127.0.0.1"})
		a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Sockets: 1, Interfaces: []string{loopbackName(t)}})})
		gather(t, b)
		hide := func() {
			for _, text := range b.candidates {
				fields := strings.Fields(text)
				fields[4] = multicastName
				if err := a.AddRemoteCandidate(strings.Join(fields, " ")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if early {
			hide()
		}
		gather(t, a)
		// b knows nothing of a and so cannot find it by its own checks.
		if err := errors.Join(a.Start(remoteOf(b, false, true)), b.Start(remoteOf(a, true, false))); err != nil {
			t.Fatal(err)
		}
		if !early {
			hide()
		}
		a.waitFor("dtls CONNECTED")
		b.waitFor("dtls CONNECTED")
		exchange(t, a, b, 3)
		if asked.Load() != 1 {
			t.Errorf("%d questions", asked.Load())
		}
	}
}

func TestAMulticastNameThatNobodyKnowsIsIgnored(t *testing.T) {
	pool, _ := named(t, nil)
	s := newSide(t, ConnConfig{Pool: pool})
	at := begin(t, s)
	for _, name := range []string{multicastName, "slow.local"} {
		if err := s.AddRemoteCandidate("candidate:1 1 udp 2113937151 " + name + " 54580 typ host"); err != nil {
			t.Error(err)
		}
	}
	p := newHandPeer(t, at.Addr()) // found by its checks
	until(t, "selected pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	s.waitFor("ice READY")
	if got := s.heard("ice"); !slices.Equal(got, restartStates) {
		t.Errorf("states %v", got)
	}
}

// Only multicast names are looked up: else a peer's description could make us ask anybody's name server.
func TestOtherNamesAreNotLookedUp(t *testing.T) {
	pool, asked := named(t, nil)
	s := newSide(t, ConnConfig{Pool: pool})
	for _, name := range []string{"example.org", "a.b.local", ".local", "local", "x.locale", "x%lo.local"} {
		_ = s.AddRemoteCandidate("candidate:1 1 udp 2113937151 " + name + " 54580 typ host")
	}
	s.Close()
	if asked.Load() != 0 {
		t.Errorf("%d questions", asked.Load())
	}
}

func TestTheSystemsResolverIsAsked(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	addrs, err := pool.names.lookUp(t.Context(), "localhost")
	if err != nil || !slices.ContainsFunc(addrs, netip.Addr.IsLoopback) {
		t.Errorf("localhost is %v, %v", addrs, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool.names.lookUp(ctx, "192.0.2.1"); err != nil {
		t.Errorf("an address needs no question: %v", err)
	}
	pool.Close()
	var dns *net.DNSError
	if _, err := pool.names.lookUp(t.Context(), "other.local"); !errors.Is(err, ErrClosed) && !errors.As(err, &dns) {
		t.Errorf("closed: %v", err)
	}
}
