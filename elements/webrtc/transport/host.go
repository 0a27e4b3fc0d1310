package transport

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
)

// hostConn is one connection on one socket, for as long as the connection
// lives: ICE generations come and go, the ways of its media stay. It becomes known to
// the socket's tables by what the agents write.
type hostConn struct {
	conn *Conn
	sock *Socket

	mu      sync.Mutex
	agents  []*stunConn // of generations: one, more while ICE restarts
	peers   map[netip.AddrPort]*destination
	private *Socket // see destination
	refused bool    // and told
	closed  bool
}

func newHostConn(c *Conn, s *Socket) *hostConn {
	return &hostConn{conn: c, sock: s, peers: make(map[netip.AddrPort]*destination)}
}

// destination is where packets to one peer address go: through which socket,
// and the address encoded once.
type destination struct {
	sock *Socket
	addr netip.AddrPort
	name udp.Address
	user *generation // the last one that wrote there
}

// host returns the connection's place on s, made when first needed.
func (c *Conn) host(s *Socket) *hostConn {
	c.hosts.mu.Lock()
	defer c.hosts.mu.Unlock()
	for _, h := range c.hosts.list {
		if h.sock == s {
			return h
		}
	}
	h := newHostConn(c, s)
	h.closed = c.hosts.closed
	c.hosts.list = append(c.hosts.list, h)
	return h
}

func (c *Conn) hostList() []*hostConn {
	c.hosts.mu.Lock()
	defer c.hosts.mu.Unlock()
	return slices.Clone(c.hosts.list)
}

// join makes the PacketConn of g's candidate. Checks for ufrag come to it from now on.
func (h *hostConn) join(g *generation, ufrag string) (*stunConn, error) {
	s := &stunConn{host: h, of: g, ufrag: ufrag, queue: newPacketQueue(stunQueue)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, net.ErrClosed
	}
	h.agents = append(h.agents, s)
	h.sock.addUfrag(ufrag, h)
	return s, nil
}

// leave takes away what g alone has used. What it has used last may be the way of an older
// one that media still takes, when g was given up.
func (h *hostConn) leave(g *generation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.agents = slices.DeleteFunc(h.agents, func(s *stunConn) bool {
		if s.of == g {
			s.queue.close()
			h.sock.removeUfrag(s.ufrag, h)
		}
		return s.of == g
	})
	var older *generation
	for _, s := range h.agents {
		if s.of.before(g) && older.before(s.of) {
			older = s.of
		}
	}
	for peer, d := range h.peers {
		switch {
		case d.user != g:
		case older != nil:
			d.user = older
		default:
			delete(h.peers, peer)
			h.sock.removePeer(udp.KeyOf(peer), h)
		}
	}
}

// stun hands on a STUN message: a check to the generation that it names, a
// response to all, for only the one that asked knows its transaction.
func (h *hostConn) stun(p []byte, from netip.AddrPort) {
	ufrag := localUfrag(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.agents {
		if ufrag == nil || s.ufrag == string(ufrag) {
			s.queue.put(p, from)
		}
	}
}

// destination finds or makes the way to peer, for g. What comes back is told apart by
// its address alone, so two connections that share a socket cannot share a
// peer address. They would when the peer is another server that shares sockets
// too. The later one talks to that
// address through a socket that its candidate has for itself, and the peer
// meets it under a new address (peer-reflexive).
func (h *hostConn) destination(peer netip.AddrPort, g *generation) (*destination, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d := h.peers[peer]; d != nil {
		if d.user.before(g) {
			d.user = g
		}
		return d, nil
	}
	switch {
	case h.closed:
		return nil, net.ErrClosed
	case len(h.peers) >= maxPeers:
		return nil, errTooManyPeers
	}
	d := &destination{sock: h.sock, addr: peer, name: udp.NewAddress(peer), user: g}
	d.name.Mark(h.conn.cfg.DSCP)
	if !h.sock.addPeer(udp.KeyOf(peer), h) {
		if h.private == nil {
			s, err := h.conn.pool.openPrivate(h.sock.local.Addr(), h)
			if err != nil {
				if !h.refused {
					h.conn.log.Warn().Err(err).Stringer("peer", peer).Msg("peer address not usable")
				}
				h.refused = true
				return nil, err
			}
			h.private = s
		}
		d.sock = h.private
	}
	h.peers[peer] = d
	return d, nil
}

// remove takes h off its socket for good.
func (h *hostConn) remove() {
	h.mu.Lock()
	agents, peers, private := h.agents, h.peers, h.private
	h.agents, h.peers, h.private, h.closed = nil, nil, nil, true
	h.mu.Unlock()
	for _, s := range agents {
		s.queue.close()
		h.sock.removeUfrag(s.ufrag, h)
	}
	for peer := range peers {
		h.sock.removePeer(udp.KeyOf(peer), h)
	}
	if private != nil {
		private.close()
	}
}
