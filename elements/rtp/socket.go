package rtp

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	rtpBatch  = 16 // packets per read: a large key frame comes in two or three
	rtcpBatch = 2

	socketBuffer = 1 << 20 // bytes: 100 ms of 80 Mbit/s; the kernel cuts it to net.core.{r,w}mem_max
)

// socket is one port of a conn. One goroutine reads it; anybody may send.
type socket struct {
	udp  *udp.Conn
	conn *conn
	port uint16

	burst  media.Burst // of the read loop
	own    func(v any) // told of a panic outside any receiver, made once
	closed atomic.Bool
	done   chan struct{}
}

// newSocket takes over u and starts its read loop.
func newSocket(c *conn, u *net.UDPConn, batch int) (*socket, error) {
	_ = u.SetReadBuffer(socketBuffer)
	_ = u.SetWriteBuffer(socketBuffer)
	own, err := udp.New(u, batch)
	if err != nil {
		return nil, err
	}
	s := &socket{udp: own, conn: c, port: u.LocalAddr().(*net.UDPAddr).AddrPort().Port(), own: c.broken, done: make(chan struct{})}
	go s.readLoop()
	return s, nil
}

// close ends the read loop and waits for it.
func (s *socket) close() {
	s.closed.Store(true)
	s.udp.Close()
	<-s.done
}

// readLoop is the way in of everything. Nothing below blocks.
func (s *socket) readLoop() {
	defer close(s.done)
	failing := false
	for {
		n, err := s.udp.Read()
		if err != nil {
			if s.closed.Load() || errors.Is(err, net.ErrClosed) {
				return
			}
			if !failing {
				s.conn.log.Warn().Err(err).Uint16("port", s.port).Msg("udp read failed")
			}
			failing = true
			s.pause()
			continue
		}
		failing = false
		at := media.Now()
		for next := 0; next < n; {
			next = s.dispatch(next, n, at)
		}
		s.burst.Flush()
	}
}

// pause keeps a socket that fails to read from spinning.
func (s *socket) pause() {
	wait := time.NewTimer(20 * time.Millisecond)
	defer wait.Stop()
	<-wait.C
}

// dispatch hands on packets from number i on and returns the number of the one to go on with, which is before n only after
// a panic.
func (s *socket) dispatch(i, n int, at time.Duration) (next int) {
	defer s.burst.Rescue(s.own)
	for next = i; next < n; {
		p, from := s.udp.Packet(next)
		next++
		s.conn.receive(p, from, at, &s.burst)
	}
	return next
}
