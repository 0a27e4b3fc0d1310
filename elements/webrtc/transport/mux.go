package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// stunQueue is how many STUN messages wait for the agent's reader.
	stunQueue = 32

	// maxPeers bounds the addresses that one connection checks from one socket.
	maxPeers = 128
)

var errTooManyPeers = errors.New("too many peer addresses")

// mux is the ice.UDPMux of one connection: it gives the agent a PacketConn per
// socket. The sockets stay open, so closing it does nothing.
type mux struct {
	conn *Conn

	mu    sync.Mutex
	hosts map[netip.AddrPort]*hostConn // by local address
}

// GetListenAddresses lists the host candidates. The agent does not filter them.
func (m *mux) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for _, s := range m.conn.sockets {
		list = append(list, net.UDPAddrFromAddrPort(s.local))
	}
	return list
}

// GetConn returns a new PacketConn every time: after a restart the old one is
// closed with its candidate.
func (m *mux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, fmt.Errorf("%v is not a UDP address", addr)
	}
	local := udp.AddrPort()
	for _, s := range m.conn.sockets {
		if s.local == netip.AddrPortFrom(local.Addr().Unmap(), local.Port()) {
			h := newHostConn(m.conn, s, ufrag)
			m.mu.Lock()
			old := m.hosts[s.local]
			m.hosts[s.local] = h
			m.mu.Unlock()
			if old != nil {
				m.conn.retire(old)
			}
			s.addUfrag(ufrag, h)
			return h, nil
		}
	}
	return nil, fmt.Errorf("%w: no socket on %v", ErrNoAddress, addr)
}

// RemoveConnByUfrag is called by the agent at its birth, at a restart, when it
// fails and when it closes. Media of the selected pair goes on until another
// pair is selected or the connection closes.
func (m *mux) RemoveConnByUfrag(ufrag string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.hosts {
		if h.ufrag == ufrag {
			h.sock.removeUfrag(ufrag, h)
		}
	}
}

// Close does nothing: the sockets are shared.
func (m *mux) Close() error { return nil }

// host returns the PacketConn at local address addr, nil if there is none.
func (m *mux) host(addr netip.AddrPort) *hostConn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hosts[addr]
}

// hostConn is one connection on one socket: the PacketConn of one host
// candidate. Only STUN goes through it; it becomes known to the socket's
// tables by what the agent writes.
type hostConn struct {
	conn  *Conn
	sock  *Socket
	ufrag string
	queue *packetQueue // STUN for the agent

	mu      sync.Mutex
	peers   map[netip.AddrPort]*destination
	private *Socket // see destination
	closed  bool
}

func newHostConn(c *Conn, s *Socket, ufrag string) *hostConn {
	return &hostConn{conn: c, sock: s, ufrag: ufrag, queue: newPacketQueue(stunQueue), peers: make(map[netip.AddrPort]*destination)}
}

// destination is where packets to one peer address go: through which socket,
// and the address encoded once.
type destination struct {
	sock *Socket
	addr netip.AddrPort
	name sockaddr
}

// destination finds or makes the way to peer. What comes back is told apart by
// its address alone, so two connections that share a socket cannot share a
// peer address. They would when the peer shares sockets too: another
// connection of this server, or another server. The later one talks to that
// address through a socket that its candidate has for itself, and the peer
// meets it under a new address (peer-reflexive).
func (h *hostConn) destination(peer netip.AddrPort) (*destination, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d := h.peers[peer]; d != nil {
		return d, nil
	}
	switch {
	case h.closed:
		return nil, net.ErrClosed
	case len(h.peers) >= maxPeers:
		return nil, errTooManyPeers
	}
	d := &destination{sock: h.sock, addr: peer, name: newSockaddr(peer)}
	if !h.sock.addPeer(newEndpoint(peer), h) {
		if h.private == nil {
			s, err := h.conn.pool.openPrivate(h.sock.local.Addr(), h)
			if err != nil {
				return nil, err
			}
			h.private = s
		}
		d.sock = h.private
	}
	h.peers[peer] = d
	return d, nil
}

// ReadFromAddrPort gives the agent its next STUN message.
func (h *hostConn) ReadFromAddrPort(p []byte) (int, netip.AddrPort, error) { return h.queue.get(p) }

// WriteToAddrPort sends a STUN message, or anything on a private socket.
func (h *hostConn) WriteToAddrPort(p []byte, peer netip.AddrPort) (int, error) {
	d, err := h.destination(netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()))
	if err != nil {
		return 0, err
	}
	if err := d.sock.send(p, &d.name); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadFrom is ReadFromAddrPort in its older form.
func (h *hostConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := h.queue.get(p)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort in its older form.
func (h *hostConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("%v is not a UDP address", addr)
	}
	return h.WriteToAddrPort(p, udp.AddrPort())
}

// Close ends reading. The way of media stays (see mux.RemoveConnByUfrag);
// remove takes it away.
func (h *hostConn) Close() error {
	h.queue.close()
	return nil
}

// remove takes h off its socket for good.
func (h *hostConn) remove() {
	h.queue.close()
	h.sock.removeUfrag(h.ufrag, h)
	h.mu.Lock()
	peers, private := h.peers, h.private
	h.peers, h.private, h.closed = nil, nil, true
	h.mu.Unlock()
	for peer := range peers {
		h.sock.removePeer(newEndpoint(peer), h)
	}
	if private != nil {
		private.close()
	}
}

// LocalAddr is the candidate's address.
func (h *hostConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(h.sock.local) }

// SetDeadline is for reading; writes never wait.
func (h *hostConn) SetDeadline(t time.Time) error { return h.SetReadDeadline(t) }

// SetReadDeadline wakes a blocked read when t has passed.
func (h *hostConn) SetReadDeadline(t time.Time) error {
	h.queue.setDeadline(t)
	return nil
}

// SetWriteDeadline does nothing: writes never wait.
func (h *hostConn) SetWriteDeadline(time.Time) error { return nil }
