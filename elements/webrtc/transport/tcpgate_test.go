package transport

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// tcpSide is a side with ICE over TCP, and where it listens.
func tcpSide(t *testing.T) (s *side, address string) {
	t.Helper()
	s = newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}, MinPort: freeRange(t, 4)}), ICETCP: true})
	gather(t, s)
	for _, c := range s.candidates {
		if f := strings.Fields(c); f[2] == "TCP" {
			return s, net.JoinHostPort(f[4], f[5])
		}
	}
	t.Fatalf("no TCP candidate in %q", s.candidates)
	return nil, ""
}

// framed is p as it is sent over TCP.
func framed(p []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(p))), p...) }

func tcpCheck(t *testing.T, kind stun.MessageType, ufrag, pwd string) []byte {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, kind, stun.NewUsername(ufrag+":peer"), stun.NewShortTermIntegrity(pwd), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return framed(m.Raw)
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell its open files: ", err)
	}
	return len(list)
}

func TestAPortScannerCostsNothing(t *testing.T) {
	s, address := tcpSide(t)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	unsigned, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(s.LocalUfrag()+":peer"))
	if err != nil {
		t.Fatal(err)
	}
	garbage := [][]byte{
		[]byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"), {0, 0}, {255, 255, 1}, framed(make([]byte, 100)), framed(unsigned.Raw),
		tcpCheck(t, stun.BindingRequest, s.LocalUfrag(), "guessed"), tcpCheck(t, stun.BindingRequest, "nobody", s.LocalPwd()),
		tcpCheck(t, stun.BindingSuccess, s.LocalUfrag(), s.LocalPwd()), {22, 3, 1, 2, 0, 1},
		nil, // and says nothing
	}
	var scanners sync.WaitGroup
	for i := range 500 {
		scanners.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = conn.Write(garbage[i%len(garbage)])
			_ = conn.SetReadDeadline(time.Now().Add(tcpFirstCheck + limit))
			if n, err := conn.Read(make([]byte, 100)); n > 0 || os.IsTimeout(err) {
				t.Errorf("connection %d is kept: %d bytes, %v", i, n, err)
			}
		})
	}
	scanners.Wait()
	until(t, "the state of before", func() {}, func() bool { return runtime.NumGoroutine() <= goroutines && openFiles(t) <= files })
}

func TestStrangersAreBounded(t *testing.T) {
	s, address := tcpSide(t)
	var idle []net.Conn
	defer func() {
		for _, c := range idle {
			c.Close()
		}
	}()
	for range maxTCPStrangers + 20 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, conn)
	}
	// The oldest is closed long before its time.
	begun := time.Now()
	if _, err := idle[0].Read(make([]byte, 1)); err == nil || time.Since(begun) > tcpFirstCheck/2 {
		t.Errorf("the oldest was kept for %v: %v", time.Since(begun), err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(tcpCheck(t, stun.BindingRequest, s.LocalUfrag(), s.LocalPwd())); err != nil {
		t.Fatal(err)
	}
	until(t, "a peer to come through all the same", func() {}, func() bool { return s.now.tcpConns.Load() == 1 })
}

func TestOnePeersTCPConnectionsAreBounded(t *testing.T) {
	s, address := tcpSide(t)
	closed := make(chan error)
	var conns []net.Conn
	for range 2 * maxTCPPerRun {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		if _, err := conn.Write(tcpCheck(t, stun.BindingRequest, s.LocalUfrag(), s.LocalPwd())); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := io.Copy(io.Discard, conn)
			closed <- err
		}()
	}
	for range maxTCPPerRun {
		<-closed
	}
	if n := s.now.tcpConns.Load(); n != maxTCPPerRun {
		t.Errorf("%d connections, want %d", n, maxTCPPerRun)
	}
	s.Close()
	for range maxTCPPerRun {
		<-closed
	}
	for _, c := range conns {
		c.Close()
	}
	if got := fmt.Sprint(s.now.tcpConns.Load()); got != "0" {
		t.Errorf("%s connections after Close", got)
	}
}

// FuzzFirstCheck gives the gate any first bytes: none of them is signed.
func FuzzFirstCheck(f *testing.F) {
	pool, err := NewPool(PoolConfig{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(pool.Close)
	c := &Conn{cfg: ConnConfig{ICETCP: true}, pool: pool}
	pool.runs.add(&generation{conn: c, ufrag: "local", pwd: "a-password-that-nobody-knows"})
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("local:peer"), stun.NewShortTermIntegrity("guessed"), stun.Fingerprint)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(framed(m.Raw))
	f.Add([]byte("GET / HTTP/1.1"))
	gate := &tcpGate{runs: &pool.runs}
	f.Fuzz(func(t *testing.T, p []byte) {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Write(p)
			there.Close()
		}()
		if _, run, err := gate.firstCheck(here); err == nil || run != nil {
			t.Errorf("%x came through", p)
		}
		here.Close()
	})
}
