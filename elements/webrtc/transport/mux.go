package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// stunQueue is how many STUN messages wait for the agent's reader.
	stunQueue = 32

	// maxPeers bounds the addresses that one connection checks from one socket.
	maxPeers = 128
)

var errTooManyPeers = errors.New("too many peer addresses")

// mux is the ice.UDPMux of one generation: it gives the agent a PacketConn per
// socket. The sockets stay open, so closing it does nothing.
type mux struct{ of *generation }

// GetListenAddresses lists the host candidates. The agent does not filter them.
func (m mux) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for _, s := range m.of.sockets {
		list = append(list, net.UDPAddrFromAddrPort(s.local))
	}
	return list
}

// GetConn returns a new PacketConn every time.
func (m mux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, fmt.Errorf("%v is not a UDP address", addr)
	}
	local := netip.AddrPortFrom(udp.AddrPort().Addr().Unmap(), udp.AddrPort().Port())
	for _, s := range m.of.sockets {
		if s.local == local {
			return m.of.conn.host(s).join(m.of, ufrag)
		}
	}
	return nil, fmt.Errorf("%w: no socket on %v", ErrNoAddress, addr)
}

// RemoveConnByUfrag is called by the agent at its birth, when it fails and when
// it closes. Media of the selected pair goes on until the connection closes.
func (m mux) RemoveConnByUfrag(ufrag string) {
	for _, h := range m.of.conn.hostList() {
		h.sock.removeUfrag(ufrag, h)
	}
}

// Close does nothing: the sockets are shared.
func (mux) Close() error { return nil }

// stunConn is the PacketConn of one host candidate: what one generation reads
// and writes on one socket. Only STUN goes through it, and anything on a private
// socket or within the server.
type stunConn struct {
	host  *hostConn
	of    *generation
	ufrag string
	queue *packetQueue // STUN for the agent

	to *Conn   // see handOver
	in *reader // of what is handed over
}

// ReadFromAddrPort gives the agent its next STUN message.
func (s *stunConn) ReadFromAddrPort(p []byte) (int, netip.AddrPort, error) { return s.queue.get(p) }

// WriteToAddrPort sends a STUN message, or anything on a private socket or within the server.
func (s *stunConn) WriteToAddrPort(p []byte, peer netip.AddrPort) (int, error) {
	peer = netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
	if to := s.of.within(peer); to != nil {
		s.handOver(p, to)
		return len(p), nil
	}
	d, err := s.host.destination(peer, s.of)
	if err != nil {
		return 0, err
	}
	if err := d.sock.send(p, &d.name); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadFrom is ReadFromAddrPort in its older form.
func (s *stunConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := s.queue.get(p)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort in its older form.
func (s *stunConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("%v is not a UDP address", addr)
	}
	return s.WriteToAddrPort(p, udp.AddrPort())
}

// Close ends reading. The way of media stays: it is the host's.
func (s *stunConn) Close() error {
	s.queue.close()
	return nil
}

// LocalAddr is the candidate's address.
func (s *stunConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.host.sock.local) }

// SetDeadline is for reading; writes never wait.
func (s *stunConn) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline wakes a blocked read when t has passed.
func (s *stunConn) SetReadDeadline(t time.Time) error {
	s.queue.setDeadline(t)
	return nil
}

// SetWriteDeadline does nothing: writes never wait.
func (s *stunConn) SetWriteDeadline(time.Time) error { return nil }
