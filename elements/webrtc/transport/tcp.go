package transport

import (
	"fmt"
	"net"

	"github.com/pion/ice/v4"
)

// ICE over TCP (RFC 6544), passive only: peers connect to one listener of the
// pool. We do not connect to peers, because a peer's description could make
// us connect to anything in our own network.
const (
	tcpReadQueue  = 32        // packets
	tcpWriteQueue = 256 << 10 // bytes per connection; more is dropped: the peer is too slow
)

// tcpMux returns the pool's listener for ICE over TCP, made when first needed.
func (p *Pool) tcpMux() (ice.TCPMux, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, ErrClosed
	case p.tcp != nil:
		return p.tcp, nil
	}
	listener, err := p.listenTCP()
	if err != nil {
		return nil, err
	}
	p.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener:                     newTCPGate(listener, &p.runs),
		Logger:                       quiet{},
		ReadBufferSize:               tcpReadQueue,
		WriteBufferSize:              tcpWriteQueue,
		AliveDurationForConnFromStun: tcpFirstCheck, // of a connection that is being closed
	})
	return p.tcp, nil
}

// listenTCP listens on the first free TCP port of the range.
func (p *Pool) listenTCP() (net.Listener, error) {
	network := "tcp4"
	if p.cfg.IPv6 {
		network = "tcp"
	}
	var last error
	for n := int(p.cfg.MinPort); n <= int(p.cfg.MaxPort); n++ {
		listener, err := net.ListenTCP(network, &net.TCPAddr{Port: n})
		if err == nil {
			return listener, nil
		}
		last = err
	}
	return nil, fmt.Errorf("no free TCP port in %d-%d: %w", p.cfg.MinPort, p.cfg.MaxPort, last)
}
