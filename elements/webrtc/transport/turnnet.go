package transport

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

const (
	turnDialTimeout = 5 * time.Second        // of a TCP connect
	turnGrace       = 200 * time.Millisecond // for giving an allocation back
)

// turnNet is the network of one ICE agent: the addresses of its connection, for
// TCP candidates, and sockets towards TURN servers that close ends. Without
// that, closing an agent waits until a TURN server that does not answer has
// been given up.
type turnNet struct {
	*stdnet.Net
	own    []*transport.Interface
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	conns map[*turnConn]bool
}

func newTurnNet(shared *stdnet.Net, sockets []*Socket) *turnNet {
	ctx, cancel := context.WithCancel(context.Background())
	n := &turnNet{Net: shared, ctx: ctx, cancel: cancel, conns: make(map[*turnConn]bool)}
	for _, s := range sockets {
		own := transport.NewInterface(net.Interface{Name: s.iface, Flags: net.FlagUp})
		own.AddAddress(&net.IPNet{IP: s.local.Addr().AsSlice()})
		n.own = append(n.own, own)
	}
	return n
}

// Interfaces lists the addresses that candidates may have.
func (n *turnNet) Interfaces() ([]*transport.Interface, error) { return n.own, nil }

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

// ListenPacket opens the socket towards a TURN server.
func (n *turnNet) ListenPacket(network, address string) (net.PacketConn, error) {
	var config net.ListenConfig
	conn, err := config.ListenPacket(n.ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &turnConn{PacketConn: conn, net: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conns == nil {
		conn.Close()
		return nil, ErrClosed
	}
	n.conns[c] = true
	return c, nil
}

// DialTCP connects to a TURN server.
func (n *turnNet) DialTCP(network string, laddr, raddr *net.TCPAddr) (transport.TCPConn, error) {
	dialer := net.Dialer{Timeout: turnDialTimeout}
	if laddr != nil {
		dialer.LocalAddr = laddr
	}
	conn, err := dialer.DialContext(n.ctx, network, raddr.String())
	if err != nil {
		return nil, err
	}
	context.AfterFunc(n.ctx, func() { conn.Close() })
	return conn.(*net.TCPConn), nil
}

// turnConn is a socket towards a TURN server.
type turnConn struct {
	net.PacketConn
	net *turnNet
}

// Close may be called twice.
func (c *turnConn) Close() error {
	c.net.mu.Lock()
	delete(c.net.conns, c)
	c.net.mu.Unlock()
	return c.PacketConn.Close()
}
