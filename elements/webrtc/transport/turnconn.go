package transport

import (
	"crypto/x509"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// turnRoots are the authorities that TURN servers over TLS are verified with; nil: the system's.
var turnRoots *x509.CertPool

// turnConn is the way to one TURN server over UDP. Which server that is it learns from
// the first write.
type turnConn struct {
	net   *turnNet
	ready chan struct{} // closed when udp is set
	ended chan struct{} // closed by Close
	once  sync.Once

	mu     sync.Mutex
	udp    net.Conn
	server *turnServer
	from   net.Addr // the stand-in
	closed bool
}

// open connects to the server behind the stand-in address to.
func (c *turnConn) open(to net.Addr) (net.Conn, *turnServer, error) {
	c.mu.Lock()
	udp, server := c.udp, c.server
	c.mu.Unlock()
	if udp != nil {
		return udp, server, nil
	}
	stand, ok := to.(*net.UDPAddr)
	if !ok {
		return nil, nil, net.InvalidAddrError("not a UDP address")
	}
	server, err := c.net.server(stand.IP)
	if err != nil {
		return nil, nil, err
	}
	if udp, err = c.net.dial(server, "udp"); err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		udp.Close()
		return nil, nil, net.ErrClosed
	}
	c.udp, c.server, c.from = udp, server, to
	close(c.ready)
	return udp, server, nil
}

// WriteTo is first called by one goroutine, which allocates.
func (c *turnConn) WriteTo(p []byte, to net.Addr) (int, error) {
	udp, server, err := c.open(to)
	if err != nil {
		return 0, err
	}
	server.sent(p)
	if _, err := udp.Write(p); err != nil && server.watching() {
		return 0, server.suspect(err)
	}
	return len(p), nil // what does not get away later is lost, as on a network
}

// ReadFrom waits until the server is known. An ICMP error is no reason to stop reading, but may
// tell why there is no answer.
func (c *turnConn) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case <-c.ready:
	case <-c.ended:
		return 0, nil, net.ErrClosed
	}
	for {
		n, err := c.udp.Read(p)
		switch {
		case err == nil:
			c.server.received(p[:n])
			return n, c.from, nil
		case !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.EHOSTUNREACH) && !errors.Is(err, syscall.ENETUNREACH):
			return 0, nil, err
		}
		_ = c.server.suspect(err)
	}
}

// Close may be called twice.
func (c *turnConn) Close() (err error) {
	c.once.Do(func() {
		c.net.mu.Lock()
		delete(c.net.conns, c)
		c.net.mu.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.closed = true
		close(c.ended)
		if c.udp != nil {
			err = c.udp.Close()
		}
	})
	return err
}

// LocalAddr is told as the related address of the candidate, which is nobody's business (RFC 8839 §5.1).
func (c *turnConn) LocalAddr() net.Addr { return &net.UDPAddr{IP: net.IPv4zero.To4(), Port: 9} }

// The agent sets no deadlines towards servers.

func (c *turnConn) SetDeadline(time.Time) error      { return nil }
func (c *turnConn) SetReadDeadline(time.Time) error  { return nil }
func (c *turnConn) SetWriteDeadline(time.Time) error { return nil }

// turnStream is the way to one TURN server over TCP, with or without TLS.
type turnStream struct {
	*net.TCPConn
	secure net.Conn // above it
	server *turnServer
	seen   []byte // of the server, until there is an allocation
}

// maxSeen is more than the answers to two Allocate requests.
const maxSeen = 16 << 10

func (s *turnStream) Read(p []byte) (int, error) {
	n, err := s.secure.Read(p)
	if err != nil {
		return n, s.server.suspect(err)
	}
	if s.server.watching() && len(s.seen)+n <= maxSeen {
		s.seen = append(s.seen, p[:n]...)
		for len(s.seen) >= stunHeader {
			end := stunHeader + int(binary.BigEndian.Uint16(s.seen[2:]))
			if len(s.seen) < end {
				break
			}
			s.server.received(s.seen[:end])
			s.seen = s.seen[end:]
		}
	} else {
		s.seen = nil
	}
	return n, nil
}

// Write gets one message at a time.
func (s *turnStream) Write(p []byte) (int, error) {
	s.server.sent(p)
	return s.secure.Write(p)
}

func (s *turnStream) Close() error {
	if s.secure == net.Conn(s.TCPConn) {
		return s.TCPConn.Close()
	}
	return s.secure.Close()
}

func (s *turnStream) SetDeadline(t time.Time) error      { return s.secure.SetDeadline(t) }
func (s *turnStream) SetReadDeadline(t time.Time) error  { return s.secure.SetReadDeadline(t) }
func (s *turnStream) SetWriteDeadline(t time.Time) error { return s.secure.SetWriteDeadline(t) }
