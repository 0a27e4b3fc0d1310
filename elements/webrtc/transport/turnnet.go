package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

const (
	turnDialTimeout = 5 * time.Second        // of a TCP connect, and of a TLS handshake
	turnGrace       = 200 * time.Millisecond // for giving an allocation back
)

// turnNet is the network of one ICE agent: the addresses of its connection, for
// TCP candidates, and ways to the TURN servers that close ends. Without
// that, closing an agent waits until a TURN server that does not answer has
// been given up.
//
// The agent knows the servers by stand-in names and addresses that tell their numbers. So
// looking up names, TLS and both address families are ours, and what goes to and fro can be watched
// (see turnServer) before it is encrypted.
type turnNet struct {
	*stdnet.Net
	of      *generation
	own     []*transport.Interface
	servers []*turnServer
	ctx     context.Context
	cancel  context.CancelFunc

	mu    sync.Mutex
	conns map[*turnConn]bool
}

func newTurnNet(g *generation, shared *stdnet.Net) *turnNet {
	n := &turnNet{Net: shared, of: g, conns: make(map[*turnConn]bool)}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	for i, t := range g.conn.cfg.TURN {
		n.servers = append(n.servers, &turnServer{TURN: t, number: i})
	}
	for _, s := range g.sockets {
		own := transport.NewInterface(net.Interface{Name: s.iface, Flags: net.FlagUp})
		own.AddAddress(&net.IPNet{IP: s.local.Addr().AsSlice()})
		n.own = append(n.own, own)
	}
	return n
}

// standInSuffix can be no real name (RFC 6761 §6.4).
const standInSuffix = ".turn.invalid"

// uris lists the servers for the agent. TLS is ours: for the agent it is TCP.
func (n *turnNet) uris() (list []*stun.URI) {
	for _, s := range n.servers {
		u := &stun.URI{
			Scheme: stun.SchemeTypeTURN, Proto: stun.ProtoTypeUDP,
			Host: strconv.Itoa(s.number) + standInSuffix, Port: stunPort, Username: s.User, Password: s.Password,
		}
		if s.Transport == "tcp" || s.Transport == "tls" {
			u.Proto = stun.ProtoTypeTCP
		}
		list = append(list, u)
	}
	return list
}

// standIn is the address of a stand-in name.
func standIn(address string) (net.IP, error) {
	text, _, ok := strings.Cut(address, standInSuffix)
	number, err := strconv.Atoi(text)
	if !ok || err != nil || number >= maxTURN {
		return nil, fmt.Errorf("%q is no TURN server", address)
	}
	return net.IPv4(0, 0, 0, byte(number)).To4(), nil
}

// server finds the server behind a stand-in address.
func (n *turnNet) server(ip net.IP) (*turnServer, error) {
	if ip = ip.To4(); ip == nil || int(ip[3]) >= len(n.servers) {
		return nil, fmt.Errorf("%v is no TURN server", ip)
	}
	return n.servers[ip[3]], nil
}

// ResolveUDPAddr takes stand-ins only: nothing else is to be resolved.
func (n *turnNet) ResolveUDPAddr(_, address string) (*net.UDPAddr, error) {
	ip, err := standIn(address)
	return &net.UDPAddr{IP: ip, Port: stunPort}, err
}

// ResolveTCPAddr takes stand-ins only.
func (n *turnNet) ResolveTCPAddr(_, address string) (*net.TCPAddr, error) {
	ip, err := standIn(address)
	return &net.TCPAddr{IP: ip, Port: stunPort}, err
}

// Interfaces lists the addresses that candidates may have.
func (n *turnNet) Interfaces() ([]*transport.Interface, error) { return n.own, nil }

// ended is told that the agent has gathered: what has no allocation now has failed.
func (n *turnNet) ended() {
	for _, s := range n.servers {
		if err := s.outcome(); err != nil {
			n.of.serverFailed(s.Address, err)
		}
	}
}

// closing runs f, which closes the agent: it gives allocations back to their
// servers. When that takes long, the sockets are taken away from it.
func (n *turnNet) closing(f func()) {
	late := time.AfterFunc(turnGrace, n.close)
	f()
	late.Stop()
	n.close()
}

// close ends what is open and what is being opened. It may be called twice.
func (n *turnNet) close() {
	n.cancel()
	n.mu.Lock()
	conns := n.conns
	n.conns = nil
	n.mu.Unlock()
	for c := range conns {
		c.Close()
	}
}

// ListenPacket returns a way to a TURN server over UDP: the one that is written to.
func (n *turnNet) ListenPacket(string, string) (net.PacketConn, error) {
	c := &turnConn{net: n, ready: make(chan struct{}), ended: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conns == nil {
		return nil, ErrClosed
	}
	n.conns[c] = true
	return c, nil
}

// dial opens a connection to s. Of several addresses the first counts that can be reached.
func (n *turnNet) dial(s *turnServer, network string) (conn net.Conn, err error) {
	host, port, err := splitServer(s.Address)
	if err != nil {
		return nil, s.suspect(err)
	}
	addrs, err := n.of.conn.pool.names.lookUp(n.ctx, host)
	if err != nil {
		return nil, s.suspect(err)
	}
	dialer := net.Dialer{Timeout: turnDialTimeout}
	for _, a := range addrs {
		conn, err = dialer.DialContext(n.ctx, network, net.JoinHostPort(a.String(), strconv.Itoa(int(port))))
		if err == nil {
			markStream(conn, n.of.conn.cfg.DSCP)
			return conn, nil
		}
	}
	return nil, s.suspect(err)
}

// DialTCP connects to a TURN server, with TLS if it wants that.
func (n *turnNet) DialTCP(_ string, _, to *net.TCPAddr) (transport.TCPConn, error) {
	s, err := n.server(to.IP)
	if err != nil {
		return nil, err
	}
	conn, err := n.dial(s, "tcp")
	if err != nil {
		return nil, err
	}
	context.AfterFunc(n.ctx, func() { conn.Close() })
	watched := &turnStream{TCPConn: conn.(*net.TCPConn), secure: conn, server: s}
	if s.Transport == "tls" {
		host, _, _ := splitServer(s.Address) // dial has used it
		secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: turnRoots})
		ctx, cancel := context.WithTimeout(n.ctx, turnDialTimeout)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, s.suspect(fmt.Errorf("tls: %w", err))
		}
		watched.secure = secure
	}
	return watched, nil
}
