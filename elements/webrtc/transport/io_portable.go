//go:build !linux || portable

package transport

import (
	"errors"
	"net"
	"net/netip"
)

// sockaddr is an address in the form in which this system's sockets take it.
type sockaddr struct{ addr netip.AddrPort }

func newSockaddr(addr netip.AddrPort) sockaddr {
	return sockaddr{netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())}
}

// mark does nothing: a DSCP per packet of a shared socket is not portable.
func (s *sockaddr) mark(uint8) {}

// udpConn is one UDP socket: one packet in or out per call. Reading belongs to
// one goroutine, sending may be done by any.
type udpConn struct {
	conn *net.UDPConn
	buf  [readSize]byte
	n    int
	from netip.AddrPort
}

func newUDPConn(conn *net.UDPConn) (*udpConn, error) { return &udpConn{conn: conn}, nil }

// read waits for packets and returns how many there are.
func (c *udpConn) read() (int, error) {
	n, from, err := c.conn.ReadFromUDPAddrPort(c.buf[:])
	if err != nil {
		return 0, err
	}
	c.n, c.from = n, from
	return 1, nil
}

// packet returns packet i of the last read and where it came from; the bytes
// are valid until the next read. A packet that was too long is empty.
func (c *udpConn) packet(int) ([]byte, endpoint) {
	if c.n == readSize {
		return nil, endpoint{}
	}
	return c.buf[:c.n], newEndpoint(c.from)
}

// send sends one packet now.
func (c *udpConn) send(p []byte, to *sockaddr) error {
	_, err := c.conn.WriteToUDPAddrPort(p, to.addr)
	return err
}

// outbox is packets on their way out.
type outbox struct {
	conn    *udpConn
	packets [][]byte
	to      []*sockaddr
}

func newOutbox(c *udpConn, size int) *outbox {
	return &outbox{conn: c, packets: make([][]byte, 0, size), to: make([]*sockaddr, 0, size)}
}

func (o *outbox) full() bool { return len(o.packets) == cap(o.packets) }

// add appends packet p, which must stay where it is until send.
func (o *outbox) add(p []byte, to *sockaddr) {
	o.packets = append(o.packets, p)
	o.to = append(o.to, to)
}

// send sends everything and returns how many packets the system did not take.
func (o *outbox) send() (failed int) {
	for i, p := range o.packets {
		switch err := o.conn.send(p, o.to[i]); {
		case errors.Is(err, net.ErrClosed):
			failed += len(o.packets) - i
			o.packets, o.to = o.packets[:0], o.to[:0]
			return failed
		case err != nil:
			failed++
		}
	}
	o.packets, o.to = o.packets[:0], o.to[:0]
	return failed
}
