package transport

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

const (
	tcpFirstCheck   = 5 * time.Second // until a connection has sent a valid check
	maxTCPCheck     = 1 << 10         // bytes of it
	maxTCPStrangers = 256             // connections that have not; the oldest go first
	maxTCPConns     = 4096            // connections of all peers together
	maxTCPPerRun    = 16              // of one peer
)

var errStranger = errors.New("no connectivity check for a connection of ours")

// tcpGate is the listener for ICE over TCP. A connection comes through when its first packet is a
// connectivity check that one of our connections' passwords signs. What anybody else can make us keep is
// one goroutine and 1 KiB for some seconds, for a bounded number of connections.
type tcpGate struct {
	net.Listener
	runs     *runs
	admitted chan net.Conn
	done     chan struct{}
	work     sync.WaitGroup // accepting, and one for each stranger
	once     sync.Once

	mu        sync.Mutex
	closed    bool
	strangers []net.Conn // oldest first
	conns     int        // admitted and open
}

func newTCPGate(l net.Listener, runs *runs) *tcpGate {
	g := &tcpGate{Listener: l, runs: runs, admitted: make(chan net.Conn), done: make(chan struct{})}
	g.work.Go(g.run)
	return g
}

// run accepts connections until the listener is closed.
func (t *tcpGate) run() {
	for {
		conn, err := t.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of file descriptors
			select {
			case <-time.After(20 * time.Millisecond):
			case <-t.done:
				return
			}
		case t.receive(conn):
			t.work.Go(func() { t.admit(conn) })
		}
	}
}

// receive makes conn a stranger. When there are too many, the one that has kept silent for longest goes.
func (t *tcpGate) receive(conn net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		conn.Close()
		return false
	}
	if len(t.strangers) >= maxTCPStrangers {
		t.strangers[0].Close()
		t.strangers = t.strangers[1:]
	}
	t.strangers = append(t.strangers, conn)
	return true
}

// admit lets conn through or closes it.
func (t *tcpGate) admit(conn net.Conn) {
	first, run, err := t.firstCheck(conn)
	t.mu.Lock()
	t.strangers = slices.DeleteFunc(t.strangers, func(c net.Conn) bool { return c == conn })
	if err == nil && (t.closed || t.conns >= maxTCPConns || run.tcpConns.Load() >= maxTCPPerRun) {
		err = errStranger
	}
	if err == nil {
		t.conns++
		run.tcpConns.Add(1)
	}
	t.mu.Unlock()
	if err != nil {
		conn.Close()
		return
	}
	markStream(conn, run.conn.cfg.DSCP)
	own := &tcpConn{Conn: conn, first: first, gate: t, run: run}
	select {
	case t.admitted <- own:
	case <-t.done:
		own.Close()
	}
}

// firstCheck reads the first packet (RFC 4571 §2) and finds out whom it is for.
func (t *tcpGate) firstCheck(conn net.Conn) (first []byte, run *generation, err error) {
	if err := conn.SetReadDeadline(time.Now().Add(tcpFirstCheck)); err != nil {
		return nil, nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, nil, err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n < stunHeader || n > maxTCPCheck {
		return nil, nil, errStranger
	}
	first = append(length[:], make([]byte, n)...)
	if _, err := io.ReadFull(conn, first[len(length):]); err != nil {
		return nil, nil, err
	}
	if run = t.runs.signed(first[len(length):]); run == nil || !run.hasAddress(conn.LocalAddr()) {
		return nil, nil, errStranger
	}
	return first, run, conn.SetReadDeadline(time.Time{})
}

// signed returns the generation that connectivity check p is for, if it has its password.
func (r *runs) signed(p []byte) *generation {
	if !isSTUN(p) {
		return nil
	}
	ufrag := localUfrag(p)
	r.mu.Lock()
	g := r.byName[string(ufrag)]
	r.mu.Unlock()
	m := stun.Message{Raw: p}
	if g == nil || !g.conn.cfg.ICETCP || m.Decode() != nil || m.Type != stun.BindingRequest ||
		stun.NewShortTermIntegrity(g.pwd).Check(&m) != nil {
		return nil
	}
	return g
}

// hasAddress tells whether a TCP connection came to an address of g's candidates.
func (g *generation) hasAddress(local net.Addr) bool {
	addr, err := netip.ParseAddrPort(local.String())
	return err == nil && slices.ContainsFunc(g.sockets, func(s *Socket) bool { return s.local.Addr() == addr.Addr().Unmap() })
}

// Accept returns the next connection that was admitted.
func (t *tcpGate) Accept() (net.Conn, error) {
	select {
	case conn := <-t.admitted:
		return conn, nil
	case <-t.done:
		return nil, net.ErrClosed
	}
}

// Close closes the listener and the strangers and waits for their goroutines.
func (t *tcpGate) Close() (err error) {
	t.once.Do(func() {
		t.mu.Lock()
		t.closed = true
		for _, conn := range t.strangers {
			conn.Close()
		}
		t.mu.Unlock()
		close(t.done)
		err = t.Listener.Close()
		t.work.Wait()
	})
	return err
}

// tcpConn is an admitted connection.
type tcpConn struct {
	net.Conn
	first []byte // read already
	gate  *tcpGate
	run   *generation
	once  sync.Once
}

// Read begins with what the gate has read.
func (c *tcpConn) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Close may be called twice.
func (c *tcpConn) Close() (err error) {
	err = net.ErrClosed
	c.once.Do(func() {
		c.run.tcpConns.Add(-1)
		c.gate.mu.Lock()
		c.gate.conns--
		c.gate.mu.Unlock()
		err = c.Conn.Close()
	})
	return err
}
