//go:build !linux || portable

package udp

import (
	"errors"
	"net"
	"net/netip"
)

// Address is an address in the form in which this system's sockets take it.
type Address struct{ addr netip.AddrPort }

// NewAddress makes one.
func NewAddress(addr netip.AddrPort) Address {
	return Address{netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())}
}

// Mark does nothing: a DSCP per packet of a shared socket is not portable.
func (s *Address) Mark(uint8) {}

// Conn is one UDP socket: one packet in or out per call. Reading belongs to
// one goroutine, sending may be done by any.
type Conn struct {
	conn *net.UDPConn
	buf  [MaxSize]byte
	n    int
	from netip.AddrPort
}

// New takes a socket over.
func New(conn *net.UDPConn, _ int) (*Conn, error) { return &Conn{conn: conn}, nil }

// Read waits for packets and returns how many there are.
func (c *Conn) Read() (int, error) {
	n, from, err := c.conn.ReadFromUDPAddrPort(c.buf[:])
	if err != nil {
		return 0, err
	}
	c.n, c.from = n, from
	return 1, nil
}

// Packet returns packet i of the last read and where it came from; the bytes
// are valid until the next read. A packet that was too long is empty.
func (c *Conn) Packet(int) ([]byte, Key) {
	if c.n == MaxSize {
		return nil, Key{}
	}
	return c.buf[:c.n], KeyOf(c.from)
}

// Send sends one packet now.
func (c *Conn) Send(p []byte, to *Address) error {
	_, err := c.conn.WriteToUDPAddrPort(p, to.addr)
	return err
}

// Outbox is packets on their way out.
type Outbox struct {
	packets [][]byte
	to      []*Address
}

// NewOutbox makes one for size packets.
func NewOutbox(size int) *Outbox {
	return &Outbox{packets: make([][]byte, 0, size), to: make([]*Address, 0, size)}
}

// Full tells whether there is no room for another packet.
func (o *Outbox) Full() bool { return len(o.packets) == cap(o.packets) }

// Add appends packet p, which must stay where it is until send.
func (o *Outbox) Add(p []byte, to *Address) {
	o.packets = append(o.packets, p)
	o.to = append(o.to, to)
}

// Send sends everything through c and returns how many packets the system did not take.
func (o *Outbox) Send(c *Conn) (failed int) {
	for i, p := range o.packets {
		switch err := c.Send(p, o.to[i]); {
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
