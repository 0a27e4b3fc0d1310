package transport

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
)

const (
	highPriority = 2130706431 // a host candidate's
	lowPriority  = 100
)

func TestAPeerThatSignalsNoCandidateIsFoundByItsChecks(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	at := begin(t, s)
	p := newHandPeer(t, at.Addr())
	until(t, "selected pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	s.waitFor("ice READY")
	if got := s.heard("ice"); !slices.Equal(got, []string{"ice GATHERING", "ice CONNECTING", "ice CONNECTED", "ice READY"}) {
		t.Errorf("states %v", got)
	}
}

func TestANominatedPairOfLowerPriorityIsFollowedOnceItAnswered(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	at := begin(t, s)
	wifi, mobile := newHandPeer(t, at.Addr()), newHandPeer(t, at.Addr())
	until(t, "first pair", func() { wifi.check(s, at, true, highPriority) }, func() bool { return destined(s) == wifi.addr() })
	until(t, "move to the other network", func() { mobile.check(s, at, true, lowPriority) }, func() bool { return destined(s) == mobile.addr() })
	until(t, "move back", func() { wifi.check(s, at, true, highPriority) }, func() bool { return destined(s) == wifi.addr() })
}

func TestANominatedPairThatNeverAnsweredGetsNoMedia(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	at := begin(t, s)
	p, victim := newHandPeer(t, at.Addr()), newHandPeer(t, at.Addr())
	victim.silent = true
	until(t, "first pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	for range 5 {
		asked := 0
		victim.mu.Lock()
		asked = victim.asked
		victim.mu.Unlock()
		victim.check(s, at, true, lowPriority)
		victim.wait("check", func() bool { return victim.asked > asked })
	}
	if got := destined(s); got != p.addr() {
		t.Errorf("media goes to %v, which has answered nothing", got)
	}
	// Answers with another password do not count either.
	victim.record(func() { victim.silent, victim.pwd = false, "guessed-guessed-guessed-guess" })
	for range 5 {
		victim.mu.Lock()
		asked := victim.asked
		victim.mu.Unlock()
		victim.check(s, at, true, lowPriority)
		victim.wait("check", func() bool { return victim.asked > asked })
	}
	if got := destined(s); got != p.addr() {
		t.Errorf("media goes to %v, which has answered nothing valid", got)
	}
}

// owner is the connection that has the peer's address on s's first socket.
func owner(s *side, p *handPeer) *Conn {
	sock := s.now.sockets[0]
	sock.mu.RLock()
	defer sock.mu.RUnlock()
	if h := sock.byPeer[udp.KeyOf(p.addr())]; h != nil {
		return h.conn
	}
	return nil
}

func TestAnAddressOfAClosedOrLostConnectionGoesToTheNextOne(t *testing.T) {
	for _, how := range []string{"closed", "lost"} {
		t.Run(how, func(t *testing.T) {
			pool := newTestPool(t, PoolConfig{Sockets: 1})
			old, fresh := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
			at := begin(t, old)
			begin(t, fresh)
			p := newHandPeer(t, at.Addr())
			until(t, "first connection", func() { p.check(old, at, true, highPriority) }, func() bool { return destined(old) == p.addr() })
			if how == "closed" {
				old.Close()
			} else {
				old.now.agentState(ice.ConnectionStateDisconnected)
			}
			until(t, "second connection", func() { p.check(fresh, at, true, highPriority) }, func() bool { return destined(fresh) == p.addr() })
			if owner(fresh, p) != fresh.Conn {
				t.Error("media of a reused address does not reach the new connection")
			}
			old.Close()
			if owner(fresh, p) != fresh.Conn {
				t.Error("closing the old connection took the address from the new one")
			}
			fresh.Close()
			sock := fresh.now.sockets[0]
			sock.mu.RLock()
			defer sock.mu.RUnlock()
			if len(sock.byPeer)+len(sock.byUfrag) > 0 {
				t.Errorf("closed connections left %v %v", sock.byPeer, sock.byUfrag)
			}
		})
	}
}

func TestAnAddressInUseIsNotTakenAway(t *testing.T) {
	pool := newTestPool(t, PoolConfig{Sockets: 1})
	s, other := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	at := begin(t, s)
	begin(t, other)
	p := newHandPeer(t, at.Addr())
	until(t, "pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	p.mu.Lock()
	asked := p.asked
	p.mu.Unlock()
	if err := other.AddRemoteCandidate("candidate:1 1 UDP 2130706431 " + p.addr().Addr().String() + " " + portText(p.addr()) + " typ host"); err != nil {
		t.Fatal(err)
	}
	p.wait("check of the other connection", func() bool { return p.asked > asked })
	if owner(s, p) != s.Conn {
		t.Error("a check took an address from the connection that has it")
	}
	// The other one reaches the same address from a socket of its own.
	h := other.host(other.now.sockets[0])
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.private == nil || h.peers[p.addr()].sock != h.private {
		t.Error("two connections share a socket and a peer address")
	}
}

func TestMediaOfTheSelectedPairGoesOnThroughAnICERestart(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	at := begin(t, s)
	p := newHandPeer(t, at.Addr())
	until(t, "pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	old := s.LocalUfrag()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	sock, host := s.now.sockets[0], s.host(s.now.sockets[0])
	until(t, "new candidate", func() {}, func() bool {
		host.mu.Lock()
		defer host.mu.Unlock()
		return len(host.agents) == 2
	})
	if destined(s) != p.addr() {
		t.Error("nothing is sent while ICE restarts")
	}
	p.mu.Lock()
	asked := p.asked
	p.mu.Unlock()
	p.wait("consent check of the old pair", func() bool { return p.asked > asked })
	sock.mu.RLock()
	defer sock.mu.RUnlock()
	if h := sock.byPeer[udp.KeyOf(p.addr())]; h != host {
		t.Error("nothing is received while ICE restarts")
	}
	if s.LocalUfrag() == old || sock.byUfrag[old] != host || sock.byUfrag[s.LocalUfrag()] != host {
		t.Error("checks do not go to both user names")
	}
}

func TestASilentPeerIsLostAndThenGivenUp(t *testing.T) {
	if disconnectAfter < 3*keepalive || disconnectAfter+failAfter > 30*time.Second {
		t.Errorf("lost after %v, given up after %v more, with a check every %v", disconnectAfter, failAfter, keepalive)
	}
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	at := begin(t, s)
	p := newHandPeer(t, at.Addr())
	until(t, "pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	s.waitFor("ice READY")
	for _, state := range []ice.ConnectionState{ice.ConnectionStateDisconnected, ice.ConnectionStateConnected, ice.ConnectionStateDisconnected} {
		s.now.agentState(state)
		if destined(s) != p.addr() {
			t.Errorf("%v: nothing is sent any more", state)
		}
	}
	s.now.agentState(ice.ConnectionStateFailed)
	if destined(s).IsValid() {
		t.Error("a peer that has been given up still gets media")
	}
	s.waitFor("ice FAILED")
	want := []string{"GATHERING", "CONNECTING", "CONNECTED", "READY", "DISCONNECTED", "CONNECTED", "READY", "DISCONNECTED", "FAILED"}
	if got := strings.ReplaceAll(strings.Join(s.heard("ice"), " "), "ice ", ""); got != strings.Join(want, " ") {
		t.Errorf("states %v, want %v", got, want)
	}
}

func TestAClosedPacketConnWakesItsReader(t *testing.T) {
	for name, wake := range map[string]func(h *stunConn){
		"close":         func(h *stunConn) { h.Close() },
		"deadline":      func(h *stunConn) { h.SetDeadline(time.Now()) },
		"late deadline": func(h *stunConn) { h.SetDeadline(time.Now().Add(time.Millisecond)) },
	} {
		h := &stunConn{queue: newPacketQueue(1)}
		ended := make(chan error)
		go func() {
			_, _, err := h.ReadFromAddrPort(make([]byte, 10))
			ended <- err
		}()
		wake(h)
		select {
		case err := <-ended:
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(patience):
			t.Fatalf("%s does not wake a reader", name)
		}
	}
}

func TestPacketQueueIsBoundedAndKeepsOrder(t *testing.T) {
	q := newPacketQueue(2)
	for i, want := range []bool{true, true, false} {
		if q.put([]byte{byte(i)}, netip.AddrPort{}) != want {
			t.Errorf("packet %d: taken is not %v", i, want)
		}
	}
	q.setDeadline(time.Now().Add(-time.Second))
	buf := make([]byte, 4)
	if _, _, err := q.get(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past deadline: %v", err)
	}
	q.setDeadline(time.Time{})
	for i := range 2 {
		if n, _, err := q.get(buf); err != nil || n != 1 || buf[0] != byte(i) {
			t.Errorf("packet %d: %d %v %v", i, n, buf[0], err)
		}
	}
	q.close()
	q.close()
	if _, _, err := q.get(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestEarlyDTLSIsKeptUntilThePairIsSelected(t *testing.T) {
	pool := newTestPool(t, PoolConfig{Sockets: 1})
	s := newSide(t, ConnConfig{Pool: pool})
	at := begin(t, s)
	p, stranger := newHandPeer(t, at.Addr()), newHandPeer(t, at.Addr())
	until(t, "our check", func() { p.check(s, at, false, highPriority) }, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.asked > 0
	})
	lost := pool.Stats().Lost
	hello := []byte{22, 254, 253, 1, 2, 3}
	for _, from := range []*handPeer{stranger, p} {
		if _, err := from.conn.WriteToUDPAddrPort(hello, at); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "queued DTLS", func() {}, func() bool {
		s.dtls.queue.mu.Lock()
		defer s.dtls.queue.mu.Unlock()
		return len(s.dtls.queue.packets) == 1
	})
	until(t, "count of a stranger's DTLS", func() {}, func() bool { return pool.Stats().Lost == lost+1 })
	if destined(s).IsValid() {
		t.Error("the pair was selected without nomination")
	}
}

func portText(a netip.AddrPort) string { return strconv.Itoa(int(a.Port())) }
