package transport

import (
	"net/netip"
	"sync"
)

// Two connections of one server may be each other's peer: pipelines connected by
// WebRTC, tests. On sockets that they share with others their packets would all have the
// same addresses, so these do not leave the process: a packet is handed to the peer's connection as if its
// socket had read it. Who the peer is tell its credentials.

// runs are the generations of a pool's connections that have sockets, by user name fragment.
type runs struct {
	mu     sync.Mutex
	byName map[string]*generation
}

func (r *runs) add(g *generation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName = make(map[string]*generation)
	}
	r.byName[g.ufrag] = g
}

func (r *runs) remove(g *generation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName[g.ufrag] == g {
		delete(r.byName, g.ufrag)
	}
}

// find returns the generation with these credentials, if it is one of this server's.
func (r *runs) find(ufrag, pwd string) *generation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if g := r.byName[ufrag]; g != nil && g.pwd == pwd {
		return g
	}
	return nil
}

// within returns the peer's place on the socket that has address peer, if g's peer is a connection of this
// server and has such a socket. Relays and what NAT makes of an address are outside.
func (g *generation) within(peer netip.AddrPort) *hostConn {
	twin := g.twin.Load()
	if twin == nil {
		remote := g.checking.Load()
		if remote == nil {
			return nil
		}
		if twin = g.conn.pool.runs.find(remote.Ufrag, remote.Pwd); twin == nil {
			return nil
		}
		g.twin.Store(twin)
	}
	for _, s := range twin.sockets {
		if s.local == peer || s.local.Port() == peer.Port() && twin.conn.externalOf(s.local.Addr()) == peer.Addr() {
			return twin.conn.host(s)
		}
	}
	return nil
}

// handOver gives p to the peer's connection. What is not STUN comes from one goroutine, the relay's.
func (s *stunConn) handOver(p []byte, to *hostConn) {
	if isSTUN(p) {
		to.stun(p, s.host.sock.local)
		return
	}
	if s.to != to.conn {
		s.to, s.in = to.conn, &reader{own: to.conn.broken}
	}
	to.conn.handleRelayed(p, s.in)
	s.in.burst.Flush()
}
