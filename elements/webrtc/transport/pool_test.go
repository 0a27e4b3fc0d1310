package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// freeRange returns the first of n successive UDP ports that were free a moment ago.
func freeRange(t *testing.T, n int) uint16 {
	t.Helper()
	for first := 42000; first < 60000; first += n {
		free := true
		for port := first; port < first+n && free; port++ {
			c, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
			if free = err == nil; free {
				c.Close()
			}
		}
		if free {
			return uint16(first)
		}
	}
	t.Fatal("no free ports")
	return 0
}

func gather(t *testing.T, s *side) {
	t.Helper()
	if err := s.Gather(); err != nil {
		t.Fatal(err)
	}
	s.waitFor("done")
}

func TestSocketsStayInThePortRange(t *testing.T) {
	first := freeRange(t, 6)
	taken, err := net.ListenUDP("udp", &net.UDPAddr{Port: int(first) + 1})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	pool := newTestPool(t, PoolConfig{MinPort: first, MaxPort: first + 5, Sockets: 3})
	for range 7 {
		s := newSide(t, ConnConfig{Pool: pool})
		gather(t, s)
		for _, c := range s.candidates {
			addr := netip.MustParseAddrPort(net.JoinHostPort(strings.Fields(c)[4], strings.Fields(c)[5]))
			if addr.Port() < first || addr.Port() > first+5 || addr.Port() == first+1 || addr.Addr().IsUnspecified() {
				t.Errorf("candidate %q", c)
			}
		}
	}
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if len(pool.ports) != 3 {
		t.Errorf("%d ports are open", len(pool.ports))
	}
	for _, one := range pool.ports {
		if one.conns < 2 || one.conns > 3 {
			t.Errorf("port %d has %d of 7 connections", one.number, one.conns)
		}
	}
}

func TestAPrivateSocketIsInThePortRangeToo(t *testing.T) {
	first := freeRange(t, 4)
	pool := newTestPool(t, PoolConfig{MinPort: first, MaxPort: first + 3, Sockets: 1})
	other := newTestPool(t, PoolConfig{Sockets: 1}) // the second connection meets the first one's address
	private := 0
	for range 2 { // their ports are given back
		var sides []*side
		for range 2 {
			a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: other})
			connect(t, a, b)
			exchange(t, a, b, 3)
			exchange(t, b, a, 3)
			sides = append(sides, a, b)
		}
		for i, s := range sides {
			h := s.host(s.now.sockets[0])
			h.mu.Lock()
			if h.private != nil {
				private++
				if port := h.private.local.Port(); i%2 == 0 && (port < first || port > first+3) {
					t.Errorf("private socket on %v", h.private.local)
				}
			}
			h.mu.Unlock()
			s.Close()
		}
	}
	if private == 0 {
		t.Error("two connections between the same sockets")
	}
}

func TestARangeWithoutFreePortIsAnError(t *testing.T) {
	first := freeRange(t, 1)
	addr := netip.IPv4Unspecified()
	taken, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, first)))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{MinPort: first, MaxPort: first})})
	if err := s.Gather(); !errors.Is(err, ErrNoPort) || !strings.Contains(err.Error(), portText(netip.AddrPortFrom(addr, first))) {
		t.Errorf("no free port: %v", err)
	}
}

func TestSmallRanges(t *testing.T) {
	for n := range uint16(2) {
		first := freeRange(t, 2)
		pool := newTestPool(t, PoolConfig{MinPort: first, MaxPort: first + n, Sockets: 4})
		var sides []*side
		for range 3 {
			a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
			connect(t, a, b)
			sides = append(sides, a, b)
		}
		for i := 0; i < len(sides); i += 2 {
			exchange(t, sides[i], sides[i+1], 5)
			exchange(t, sides[i+1], sides[i], 5)
		}
		for _, one := range pool.ports {
			if one.number < first || one.number > first+n {
				t.Errorf("port %d is open", one.number)
			}
		}
	}
}

func TestOnePortForEverything(t *testing.T) {
	number := freeRange(t, 1)
	pool := newTestPool(t, PoolConfig{MuxPort: number, MinPort: 50000, MaxPort: 50010, Sockets: 3, Interfaces: []string{loopbackName(t)}})
	outside := newTestPool(t, PoolConfig{Sockets: 1, Interfaces: []string{loopbackName(t)}})
	ours := ConnConfig{Pool: pool, ICETCP: true}
	var pairs [][2]*side
	for i := range 6 {
		a, b := newSide(t, ours), newSide(t, ours)
		if i%3 == 2 {
			b = newSide(t, ConnConfig{Pool: outside}) // which finds our address taken, but has more ports
		}
		connect(t, a, b)
		pairs = append(pairs, [2]*side{a, b})
	}
	overTCP := newSide(t, ours)
	browser := newBrowserTCP(t)
	browser.offer(overTCP)
	overTCP.waitFor("dtls CONNECTED")
	for _, p := range pairs {
		exchange(t, p[0], p[1], 20)
		exchange(t, p[1], p[0], 20)
	}
	testMediaWith(t, overTCP, browser)
	restart(t, pairs[0][0], pairs[0][1], false)
	exchange(t, pairs[0][0], pairs[0][1], 20)
	for _, p := range append(pairs, [2]*side{overTCP}) {
		for _, c := range p[0].candidates {
			if want := fmt.Sprint(number); strings.Fields(c)[5] != want {
				t.Errorf("candidate %q, want port %s", c, want)
			}
		}
	}
	if got := pool.Stats().Sockets; got != 1 {
		t.Errorf("%d sockets", got)
	}
}

// Two servers with one port each have nothing to tell two connections apart by.
func TestTwoServersWithOnePortEachHaveOneConnectionOnly(t *testing.T) {
	lo := []string{loopbackName(t)}
	one := newTestPool(t, PoolConfig{MuxPort: freeRange(t, 2), Interfaces: lo})
	two := newTestPool(t, PoolConfig{MuxPort: freeRange(t, 2) + 1, Interfaces: lo})
	a, b := newSide(t, ConnConfig{Pool: one}), newSide(t, ConnConfig{Pool: two})
	connect(t, a, b)
	c, d := newSide(t, ConnConfig{Pool: one}), newSide(t, ConnConfig{Pool: two})
	join(t, c, d)
	until(t, "refusal", func() {}, func() bool {
		h := c.host(c.now.sockets[0])
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.refused
	})
	exchange(t, a, b, 5)
	exchange(t, b, a, 5)
}

func TestConnectionsWithinAServerThatHasAnExternalAddress(t *testing.T) {
	pool := newTestPool(t, PoolConfig{MuxPort: freeRange(t, 1)})
	cfg := ConnConfig{Pool: pool, ExternalIPv4: netip.MustParseAddr("203.0.113.7")}
	a, b := newSide(t, cfg), newSide(t, cfg)
	connect(t, a, b)
	exchange(t, a, b, 5)
	exchange(t, b, a, 5)
}

func TestPoolConfig(t *testing.T) {
	if _, err := NewPool(PoolConfig{MinPort: 5, MaxPort: 4}); err == nil {
		t.Error("range upside down accepted")
	}
	pool := newTestPool(t, PoolConfig{Interfaces: []string{"no-such-interface"}})
	s := newSide(t, ConnConfig{Pool: pool})
	if err := s.Gather(); !errors.Is(err, ErrNoAddress) {
		t.Errorf("no interface: %v", err)
	}
	pool.Close()
	pool.Close()
	if err := newSide(t, ConnConfig{Pool: pool}).Gather(); !errors.Is(err, ErrClosed) {
		t.Errorf("closed pool: %v", err)
	}
}

// loopbackName is "lo" on Linux.
func loopbackName(t testing.TB) string {
	t.Helper()
	ifaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range ifaces {
		if i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 {
			return i.Name
		}
	}
	t.Fatal("this machine has no loopback interface")
	return ""
}

func TestLoopbackIsUsedWhenNamedOrAskedFor(t *testing.T) {
	loop := loopbackName(t)
	pool := newTestPool(t, PoolConfig{Interfaces: []string{loop}})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, a, b)
	if got := strings.Fields(a.candidates[0])[4]; got != "127.0.0.1" {
		t.Errorf("candidate of %s is %s", loop, got)
	}
	with, err := localAddresses(nil, true, true)
	if err != nil {
		t.Fatal(err)
	}
	without, err := localAddresses(nil, true, false)
	if err != nil {
		t.Fatal(err)
	}
	loopbacks := func(list []localAddress) (n int) {
		for _, a := range list {
			if a.ip.IsLoopback() {
				n++
			}
		}
		return n
	}
	if loopbacks(with) == 0 {
		t.Errorf("no loopback address in %v", with)
	}
	if n := loopbacks(without); n != 0 && n != len(without) {
		t.Errorf("loopback beside other addresses: %v", without)
	}
}

func TestIPv6(t *testing.T) {
	pool := newTestPool(t, PoolConfig{IPv6: true, Loopback: true})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	only6 := func(to *side) func(string) {
		return func(text string) {
			if strings.Contains(strings.Fields(text)[4], ":") {
				_ = to.AddRemoteCandidate(text)
			}
		}
	}
	if err := a.Gather(); err != nil {
		t.Fatal(err)
	}
	a.waitFor("done")
	have := false
	for _, s := range a.now.sockets {
		have = have || s.local.Addr().Is6()
	}
	if !have {
		t.Skip("this machine has no IPv6 address")
	}
	b.onCand = only6(a)
	for _, c := range a.candidates {
		only6(b)(c)
	}
	for _, err := range []error{b.Start(remoteOf(a, true, false)), b.Gather(), a.Start(remoteOf(b, false, true))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	a.waitFor("dtls CONNECTED")
	b.waitFor("dtls CONNECTED")
	exchange(t, a, b, 5)
	exchange(t, b, a, 5)
	if pair := a.Stats(); !strings.Contains(strings.Fields(pair.Local)[4], ":") {
		t.Errorf("selected %v", pair)
	}
}
