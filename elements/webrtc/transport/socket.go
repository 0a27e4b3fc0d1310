package transport

import (
	"errors"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// readBatch is how many packets a read takes at most, for overload: normal load brings two.
const readBatch = 64

// Socket is one bound UDP address that many connections share. One goroutine
// reads it; anybody may send.
type Socket struct {
	udp   *udp.Conn
	local netip.AddrPort
	iface string
	log   zerolog.Logger

	// sole makes the socket private: whatever arrives is for this one (see hostConn.destination).
	sole *hostConn

	mu      sync.RWMutex
	byUfrag map[string]*hostConn  // local user name fragment → who is asked
	byPeer  map[udp.Key]*hostConn // peer address → who talks to it

	queries stunQueries

	in      reader // of the read loop
	targets [readBatch]*hostConn
	closed  atomic.Bool
	done    chan struct{}

	lost, unsent atomic.Uint64 // packets nobody wanted; packets the kernel did not take
}

// listen opens a socket on local and starts its read loop.
func listen(local netip.AddrPort, iface string, log zerolog.Logger) (*Socket, error) {
	network := "udp4"
	if local.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(local))
	if err != nil {
		return nil, err
	}
	// Best effort: the kernel cuts it to net.core.{r,w}mem_max.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	own, err := udp.New(conn, readBatch)
	if err != nil {
		conn.Close()
		return nil, err
	}
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s := &Socket{
		udp:     own,
		local:   netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()),
		iface:   iface,
		log:     log.With().Stringer("socket", bound).Logger(),
		byUfrag: make(map[string]*hostConn),
		byPeer:  make(map[udp.Key]*hostConn),
		done:    make(chan struct{}),
	}
	return s, nil
}

// socketBuffer holds 50 ms of 500 Mbit/s.
const socketBuffer = 4 << 20

// close ends the read loop and waits for it.
func (s *Socket) close() {
	s.closed.Store(true)
	s.udp.Close()
	<-s.done
}

// send sends one packet now, without waiting.
func (s *Socket) send(p []byte, to *udp.Address) error {
	err := s.udp.Send(p, to)
	if err != nil {
		s.unsent.Add(1)
	}
	return err
}

// readLoop is the way in of everything. No lock is held while packets are
// handed on, and nothing below blocks.
func (s *Socket) readLoop() {
	defer close(s.done)
	s.in.own = s.panicked
	failing := false
	for {
		n, err := s.udp.Read()
		if err != nil {
			if s.closed.Load() || errors.Is(err, net.ErrClosed) {
				return
			}
			if !failing {
				s.log.Warn().Err(err).Msg("udp read failed")
			}
			failing = true
			s.pause()
			continue
		}
		failing = false
		at := media.Now()
		s.lookUp(n)
		for next := 0; next < n; {
			next = s.dispatch(next, n, at)
		}
		s.in.burst.Flush()
	}
}

// pause keeps a socket that fails to read (its interface went down) from
// spinning.
func (s *Socket) pause() {
	wait := time.NewTimer(20 * time.Millisecond)
	defer wait.Stop()
	<-wait.C
}

// lookUp finds out whose the n packets are, under one lock.
func (s *Socket) lookUp(n int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.targets[:n] {
		p, from := s.udp.Packet(i)
		s.targets[i] = s.find(p, from)
	}
}

// find is called locked.
func (s *Socket) find(p []byte, from udp.Key) *hostConn {
	if s.sole != nil {
		return s.sole
	}
	if isSTUN(p) {
		// A check names whom it is for; its address may be or have been somebody else's.
		if ufrag := localUfrag(p); ufrag != nil {
			return s.byUfrag[string(ufrag)]
		}
	}
	return s.byPeer[from]
}

// dispatch hands on packets from number i on and returns the number of the one
// to go on with, which is before n only after a panic.
func (s *Socket) dispatch(i, n int, at time.Duration) (next int) {
	defer s.in.burst.Rescue(s.in.own)
	for next = i; next < n; {
		p, from := s.udp.Packet(next)
		to := s.targets[next]
		next++
		s.handle(p, from, to, at)
	}
	return next
}

// handle hands on one packet by its first byte (RFC 7983 §7).
func (s *Socket) handle(p []byte, from udp.Key, to *hostConn, at time.Duration) {
	switch {
	case len(p) == 0:
		s.lost.Add(1)
	case isSTUN(p) && isResponse(p) && s.queries.answer(p, from):
	case to == nil:
		s.lost.Add(1)
	case isSTUN(p):
		to.stun(p, from.AddrPort())
	case p[0] >= 128 && p[0] <= 191:
		to.conn.receive(p, at, &s.in)
	case p[0] >= 20 && p[0] <= 63:
		to.conn.dtls.queue.put(p, netip.AddrPort{})
	default:
		s.lost.Add(1)
	}
}

// addUfrag makes h the one that checks for ufrag go to.
func (s *Socket) addUfrag(ufrag string, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byUfrag[ufrag] = h
}

// removeUfrag takes that back, unless somebody else has it meanwhile.
func (s *Socket) removeUfrag(ufrag string, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byUfrag[ufrag] == h {
		delete(s.byUfrag, ufrag)
	}
}

// addPeer makes peer's responses, DTLS and media come to h. It fails when another
// connection has that address and has not lost it.
func (s *Socket) addPeer(peer udp.Key, h *hostConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byPeer[peer]; old != nil && old.conn != h.conn && !old.conn.lost.Load() {
		return false
	}
	s.byPeer[peer] = h
	return true
}

// removePeer takes that back, unless somebody else has the address meanwhile.
func (s *Socket) removePeer(peer udp.Key, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPeer[peer] == h {
		delete(s.byPeer, peer)
	}
}

// panicked ends the connection whose Handler panicked.
func (s *Socket) panicked(v any) {
	if c := s.in.current; c != nil {
		c.broken(v)
		return
	}
	s.log.Error().Interface("panic", v).Bytes("stack", debug.Stack()).Msg("read loop panicked")
}

// reader is what a goroutine that reads packets needs for handing them on.
type reader struct {
	burst   media.Burst
	header  rtp.Header
	rtcp    []byte      // scratch for decrypted RTCP
	current *Conn       // whose packet is being handled
	own     func(v any) // told of a panic outside any receiver, made once
}
