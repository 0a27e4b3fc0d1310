package transport

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"github.com/rivero-media/rivero/pipeline/media"
)

// newTURN runs a TURN server for "user" with "pass" on 127.0.0.1, UDP and TCP.
func newTURN(t *testing.T) (udp, tcp string, server *turn.Server) {
	t.Helper()
	return newTURNWith(t, nil)
}

// newTURNWith speaks TLS on its TCP port, if secure is not nil.
func newTURNWith(t *testing.T, secure *tls.Config) (udp, tcp string, server *turn.Server) {
	t.Helper()
	packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	relays := func() *turn.RelayAddressGeneratorStatic {
		return &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	}
	server, err = turn.NewServer(turn.ServerConfig{
		Realm: "test",
		AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
			return ra.Username, turn.GenerateAuthKey(ra.Username, ra.Realm, "pass"), ra.Username == "user"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: packets, RelayAddressGenerator: relays()}},
		ListenerConfigs:   []turn.ListenerConfig{{Listener: listener, RelayAddressGenerator: relays()}},
		LoggerFactory:     quiet{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return packets.LocalAddr().String(), listener.Addr().String(), server
}

func TestMediaThroughATURNServer(t *testing.T) {
	udp, tcp, server := newTURN(t)
	for transport, address := range map[string]string{"udp": udp, "tcp": tcp} {
		t.Run(transport, func(t *testing.T) {
			pool := newTestPool(t, PoolConfig{Loopback: true})
			relayed := newSide(t, ConnConfig{Pool: pool, RelayOnly: true, TURN: []TURN{{address, "user", "pass", transport}}})
			direct := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}})})
			connect(t, relayed, direct)
			for _, c := range relayed.candidates {
				if !strings.Contains(c, "typ relay") {
					t.Errorf("candidate %q of a relay-only connection", c)
				}
			}
			if got := relayed.Stats().Local; !strings.Contains(got, "typ relay") {
				t.Errorf("selected %q", got)
			}
			exchange(t, relayed, direct, 20)
			exchange(t, direct, relayed, 20)
			relayed.WriteRTCP([]byte{0x80, 201, 0, 1, 0, 0, 0, 7})
			direct.wait("RTCP", func() bool { return len(direct.rtcp) == 1 })
			direct.WriteRTCP([]byte{0x80, 201, 0, 1, 0, 0, 0, 7})
			relayed.wait("RTCP", func() bool { return len(relayed.rtcp) == 1 })
			relayed.Close()
			until(t, "end of the allocation", func() {}, func() bool { return server.AllocationCount() == 0 })
		})
	}
}

func TestBothSidesThroughATURNServer(t *testing.T) {
	udp, _, _ := newTURN(t)
	pool := newTestPool(t, PoolConfig{Loopback: true})
	cfg := ConnConfig{Pool: pool, RelayOnly: true, TURN: []TURN{{udp, "user", "pass", ""}}}
	a, b := newSide(t, cfg), newSide(t, cfg)
	connect(t, a, b)
	exchange(t, a, b, 10)
	exchange(t, b, a, 10)
}

func TestARelayThatCannotKeepUpDropsAndDoesNotBlock(t *testing.T) {
	r := &relay{packets: make(chan []byte, 4), free: make(chan []byte, 4), done: make(chan struct{}), dropped: new(atomic.Uint64)}
	for i := range 10 {
		p := r.buffer()
		p[0] = byte(i)
		r.push(p[:1])
	}
	if got := r.dropped.Load(); got != 6 {
		t.Errorf("%d dropped, want 6", got)
	}
	if p := <-r.packets; p[0] != 0 {
		t.Errorf("first packet is number %d", p[0])
	}
}

// A TURN server that never answers must not hold up Close.
func TestCloseWhileATURNServerDoesNotAnswer(t *testing.T) {
	packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for transport, address := range map[string]net.Addr{"udp": packets.LocalAddr(), "tcp": listener.Addr(), "tls": listener.Addr()} {
		pool := newTestPool(t, PoolConfig{})
		s := newSide(t, ConnConfig{Pool: pool, TURN: []TURN{{address.String(), "user", "pass", transport}}})
		if err := s.Gather(); err != nil {
			t.Fatal(err)
		}
		if transport == "udp" {
			if _, _, err := packets.ReadFrom(make([]byte, 1500)); err != nil {
				t.Fatal(err)
			}
		} else {
			c, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		begun := time.Now()
		s.Close()
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("%s: Close took %v", transport, took)
		}
	}
}

// newSTUN runs a STUN server that sees everybody at a port 1000 higher.
func newSTUN(t *testing.T, ip string) (addr netip.AddrPort, asked func() int) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	questions := make(chan int, 1)
	questions <- 0
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			questions <- <-questions + 1
			m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if m.Decode() != nil {
				continue
			}
			answer, err := stun.Build(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(203, 0, 113, 9), Port: int(from.Port()) - 1000}, stun.Fingerprint)
			if err == nil {
				_, _ = conn.WriteToUDPAddrPort(answer.Raw, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort(), func() int { n := <-questions; questions <- n; return n }
}

func TestTheSTUNServerIsAskedOncePerSocket(t *testing.T) {
	pool := newTestPool(t, PoolConfig{Sockets: 1, Interfaces: []string{loopbackName(t)}})
	server, asked := newSTUN(t, "127.0.0.1")
	for range 3 {
		s := newSide(t, ConnConfig{Pool: pool, STUNServers: []string{server.String()}})
		if err := s.Gather(); err != nil {
			t.Fatal(err)
		}
		s.waitFor("done")
		local := s.now.sockets[0].local
		want := fmt.Sprintf("203.0.113.9 %d typ srflx raddr %v rport %d", local.Port()-1000, local.Addr(), local.Port())
		if len(s.candidates) != 2 || !strings.HasSuffix(s.candidates[0], want) && !strings.HasSuffix(s.candidates[1], want) {
			t.Errorf("candidates %q, want one that ends in %q", s.candidates, want)
		}
		for _, c := range s.candidates {
			if _, err := parseCandidate(c); err != nil {
				t.Error(err)
			}
		}
	}
	if n := asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestASTUNServerThatDoesNotAnswerEndsGatheringAllTheSame(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := newSide(t, ConnConfig{
		Pool:        newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}}),
		STUNServers: []string{silent.LocalAddr().String()},
	})
	gather(t, s)
	if len(s.candidates) != 1 {
		t.Errorf("candidates %v", s.candidates)
	}
	other := newSide(t, ConnConfig{Pool: s.pool, STUNServers: s.cfg.STUNServers})
	if err := other.Gather(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	other.Close()
	if took := time.Since(begun); took > time.Second {
		t.Errorf("Close waited %v for the STUN server", took)
	}
}

func TestICEOverTCP(t *testing.T) {
	first := freeRange(t, 4)
	pool := newTestPool(t, PoolConfig{MinPort: first, MaxPort: first + 3, Interfaces: []string{loopbackName(t)}})
	s := newSide(t, ConnConfig{Pool: pool, ICETCP: true})
	b := newBrowserTCP(t)
	b.offer(s)
	s.waitFor("dtls CONNECTED")
	testMediaWith(t, s, b)
	if got := s.Stats().Local; !strings.Contains(got, " TCP ") || !strings.HasSuffix(got, "tcptype passive") {
		t.Errorf("selected %q", got)
	}
	for _, c := range s.candidates {
		if port := netip.MustParseAddrPort("127.0.0.1:" + strings.Fields(c)[5]).Port(); port < first || port > first+3 {
			t.Errorf("candidate %q is outside the port range", c)
		}
	}
	var burst media.Burst
	s.WriteRTP(&rtp.Header{Version: 2, SSRC: 5}, make([]byte, 1200), &burst)
	if n := burst.Batch(s.now.sockets[0]); n != nil {
		t.Error("a packet for TCP was put into a socket's batch")
	}
}
