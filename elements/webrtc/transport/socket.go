package transport

import (
	"errors"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	readBatch = 64   // packets per read, for overload: normal load brings two
	readSize  = 2048 // bytes; longer packets are dropped
)

// Socket is one bound UDP address that many connections share. One goroutine
// reads it; anybody may send.
type Socket struct {
	udp   *udpConn
	local netip.AddrPort
	iface string
	log   zerolog.Logger

	// sole makes the socket private: whatever arrives is for this one (see hostConn.private).
	sole *hostConn

	mu      sync.RWMutex
	byUfrag map[string]*hostConn // local user name fragment → who is asked
	byAddr  map[endpoint]*route  // peer → who talks to it

	queries stunQueries

	in      reader // of the read loop
	targets [readBatch]*route
	closed  atomic.Bool
	done    chan struct{}

	lost, unsent atomic.Uint64 // packets nobody wanted; packets the kernel did not take
}

// route says whose packets come from one address. It is replaced, never
// changed. Usually there is one connection; more when one is being checked
// from an address that another one had or has.
type route struct {
	conns   []*hostConn // the first one owns media
	settled bool        // the first one has selected this address: it answered our checks
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
	udp, err := newUDPConn(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s := &Socket{
		udp:     udp,
		local:   netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()),
		iface:   iface,
		log:     log.With().Stringer("socket", bound).Logger(),
		byUfrag: make(map[string]*hostConn),
		byAddr:  make(map[endpoint]*route),
		done:    make(chan struct{}),
	}
	return s, nil
}

// socketBuffer holds 50 ms of 500 Mbit/s.
const socketBuffer = 4 << 20

// close ends the read loop and waits for it.
func (s *Socket) close() {
	s.closed.Store(true)
	s.udp.conn.Close()
	<-s.done
}

// send sends one packet now, without waiting.
func (s *Socket) send(p []byte, to *sockaddr) error {
	err := s.udp.send(p, to)
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
	for {
		n, err := s.udp.read()
		if err != nil {
			if s.closed.Load() || errors.Is(err, net.ErrClosed) {
				return
			}
			s.log.Warn().Err(err).Msg("udp read failed")
			s.pause()
			continue
		}
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
		p, from := s.udp.packet(i)
		s.targets[i] = s.find(p, from)
	}
}

// find is called locked.
func (s *Socket) find(p []byte, from endpoint) *route {
	if s.sole != nil {
		return s.sole.self
	}
	if isSTUN(p) {
		// A check names whom it is for; an address may have belonged to somebody else.
		if ufrag := localUfrag(p); ufrag != nil {
			if h := s.byUfrag[string(ufrag)]; h != nil {
				return h.self
			}
			return nil
		}
	}
	return s.byAddr[from]
}

// dispatch hands on packets from number i on and returns the number of the one
// to go on with, which is before n only after a panic.
func (s *Socket) dispatch(i, n int, at time.Duration) (next int) {
	defer s.in.burst.Rescue(s.in.own)
	for next = i; next < n; {
		p, from := s.udp.packet(next)
		to := s.targets[next]
		next++
		s.handle(p, from, to, at)
	}
	return next
}

// handle hands on one packet by its first byte (RFC 7983 §7).
func (s *Socket) handle(p []byte, from endpoint, to *route, at time.Duration) {
	switch {
	case len(p) == 0:
		s.lost.Add(1)
	case isSTUN(p):
		s.handleSTUN(p, from, to)
	case to == nil:
		s.lost.Add(1)
	case p[0] >= 128 && p[0] <= 191:
		to.conns[0].conn.receive(p, at, &s.in)
	case p[0] >= 20 && p[0] <= 63:
		to.dtls().conn.dtls.queue.put(p, netip.AddrPort{})
	default:
		s.lost.Add(1)
	}
}

func (s *Socket) handleSTUN(p []byte, from endpoint, to *route) {
	if isResponse(p) && s.queries.answer(p, from) {
		return
	}
	if to == nil {
		s.lost.Add(1)
		return
	}
	addr := from.addrPort()
	for _, h := range to.conns { // of a response, each agent knows whether it is its own
		h.queue.put(p, addr)
	}
}

// dtls is who a DTLS packet is for: who is still shaking hands, if anybody.
func (r *route) dtls() *hostConn {
	for _, h := range r.conns {
		if !h.conn.dtls.queue.isClosed() {
			return h
		}
	}
	return r.conns[0]
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

// addPeer sends responses and early DTLS from peer to h too: h has sent a check there.
// Nobody loses an address by that.
func (s *Socket) addPeer(peer endpoint, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byAddr[peer]
	switch {
	case old == nil:
		s.byAddr[peer] = h.self
	case slices.Contains(old.conns, h):
	case old.settled:
		s.byAddr[peer] = &route{conns: append(slices.Clone(old.conns), h), settled: true}
	default:
		s.byAddr[peer] = &route{conns: append([]*hostConn{h}, old.conns...)}
	}
}

// settle makes h the owner of peer, which has answered its checks.
func (s *Socket) settle(peer endpoint, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := []*hostConn{h}
	if old := s.byAddr[peer]; old != nil {
		for _, other := range old.conns {
			if other != h {
				conns = append(conns, other)
			}
		}
	}
	s.byAddr[peer] = &route{conns: conns, settled: true}
}

// unsettle gives peer up for whoever wants it: h has moved on.
func (s *Socket) unsettle(peer endpoint, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byAddr[peer]; old != nil && old.settled && old.conns[0] == h {
		s.byAddr[peer] = &route{conns: old.conns}
	}
}

// removePeer takes h off peer's route.
func (s *Socket) removePeer(peer endpoint, h *hostConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byAddr[peer]
	if old == nil {
		return
	}
	at := slices.Index(old.conns, h)
	switch {
	case at < 0:
	case len(old.conns) == 1:
		delete(s.byAddr, peer)
	default:
		conns := slices.Delete(slices.Clone(old.conns), at, at+1)
		s.byAddr[peer] = &route{conns: conns, settled: old.settled && at > 0}
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
