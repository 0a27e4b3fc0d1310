package transport

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/rs/zerolog"
)

// PoolConfig says which sockets a Pool opens.
type PoolConfig struct {
	MinPort, MaxPort uint16 // inclusive; 0: 1024 and 65535; both 0: any port
	Sockets          int    // ports that connections share; 0: one per core
	// MuxPort makes all UDP of all connections, and ICE over TCP, use this one port, whatever the other fields
	// say; 0: several ports. What is impossible then: two connections to the same address of another server
	// that has one port too, for nothing tells their packets apart; the second one cannot use that address. TURN
	// allocations are made from other, outgoing ports: a server tells them apart by the port.
	MuxPort    uint16
	Interfaces []string // by name; none: all
	IPv6       bool     // use IPv6 addresses too
	Loopback   bool     // use loopback addresses too, not only when there is nothing else
	Log        zerolog.Logger
}

// Pool owns the UDP sockets that connections share. They are opened when first
// needed and stay open: a few ports, each on every local address.
type Pool struct {
	cfg PoolConfig
	log zerolog.Logger
	net atomic.Pointer[stdnet.Net] // the interfaces, one list for all ICE agents

	names *resolver
	runs  runs

	mu     sync.Mutex
	closed bool
	addrs  []localAddress
	listed time.Time
	ports  []*port
	tcp    *ice.TCPMuxDefault // see tcpMux
}

// port is one UDP port, open on each local address. Guarded by Pool.mu.
type port struct {
	number  uint16
	sockets []*Socket
	conns   int
}

// addressesFresh is how long a list of this machine's addresses counts.
const addressesFresh = 5 * time.Second

// NewPool checks cfg. It opens nothing yet.
func NewPool(cfg PoolConfig) (*Pool, error) {
	if cfg.MuxPort != 0 {
		cfg.MinPort, cfg.MaxPort, cfg.Sockets = cfg.MuxPort, cfg.MuxPort, 1
	}
	if cfg.MinPort == 0 && cfg.MaxPort != 0 {
		cfg.MinPort = 1024
	}
	if cfg.MaxPort == 0 && cfg.MinPort != 0 {
		cfg.MaxPort = 1<<16 - 1
	}
	if cfg.MinPort > cfg.MaxPort {
		return nil, fmt.Errorf("port range %d-%d is upside down", cfg.MinPort, cfg.MaxPort)
	}
	if cfg.Sockets <= 0 {
		cfg.Sockets = runtime.GOMAXPROCS(0)
	}
	return &Pool{cfg: cfg, log: cfg.Log, names: newResolver()}, nil
}

// Close closes all sockets and waits for their read loops. Connections are
// closed before. It may be called twice.
func (p *Pool) Close() {
	p.mu.Lock()
	ports, tcp := p.ports, p.tcp
	p.ports, p.tcp, p.closed = nil, nil, true
	p.mu.Unlock()
	p.names.close()
	if tcp != nil {
		_ = tcp.Close()
	}
	for _, one := range ports {
		for _, s := range one.sockets {
			s.close()
		}
	}
}

// acquire gives a new connection the port with the fewest connections.
func (p *Pool) acquire() (*port, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if err := p.refresh(); err != nil {
		return nil, err
	}
	if len(p.ports) < p.cfg.Sockets {
		one, err := p.open()
		if err != nil && len(p.ports) == 0 {
			return nil, err
		}
		if err == nil {
			p.ports = append(p.ports, one)
		}
	}
	best := slices.MinFunc(p.ports, func(a, b *port) int { return a.conns - b.conns })
	best.conns++
	return best, nil
}

// release is called once per acquire.
func (p *Pool) release(one *port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.conns--
}

// socketsOf returns the sockets of one whose address the machine has now.
func (p *Pool) socketsOf(one *port) (list []*Socket, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if err := p.refresh(); err != nil {
		return nil, err
	}
	for _, s := range one.sockets {
		if slices.ContainsFunc(p.addrs, func(a localAddress) bool { return a.ip == s.local.Addr() }) {
			list = append(list, s)
		}
	}
	return list, nil
}

// refresh lists the local addresses again and opens the known ports on new
// ones. Called locked.
func (p *Pool) refresh() error {
	if time.Since(p.listed) < addressesFresh {
		return nil
	}
	addrs, err := localAddresses(p.cfg.Interfaces, p.cfg.IPv6, p.cfg.Loopback)
	if err != nil {
		return fmt.Errorf("listing network addresses: %w", err)
	}
	if len(addrs) == 0 {
		return fmt.Errorf("%w on interfaces %v", ErrNoAddress, p.cfg.Interfaces)
	}
	p.listed = time.Now()
	if !slices.Equal(addrs, p.addrs) {
		shared, err := stdnet.NewNet()
		if err != nil {
			return fmt.Errorf("listing network interfaces: %w", err)
		}
		p.net.Store(shared)
		p.addrs = addrs
	}
	for _, one := range p.ports {
		p.complete(one)
	}
	return nil
}

// complete opens one on local addresses that are new or were not usable
// before. Called locked.
func (p *Pool) complete(one *port) {
	for _, a := range p.addrs {
		if slices.ContainsFunc(one.sockets, func(s *Socket) bool { return s.local.Addr() == a.ip }) {
			continue
		}
		s, err := p.listen(a, one.number)
		if err != nil {
			p.log.Debug().Err(err).Stringer("address", a.ip).Uint16("port", one.number).Msg("address not usable")
			continue
		}
		one.sockets = append(one.sockets, s)
	}
}

// open opens the next free port of the range on every local address. Called locked.
func (p *Pool) open() (*port, error) {
	if p.cfg.MaxPort == 0 {
		return p.openAny()
	}
	var last error
	for n := int(p.cfg.MinPort); n <= int(p.cfg.MaxPort); n++ {
		if slices.ContainsFunc(p.ports, func(one *port) bool { return one.number == uint16(n) }) {
			continue
		}
		one, err := p.openPort(uint16(n))
		if err == nil {
			return one, nil
		}
		last = err
	}
	return nil, fmt.Errorf("%w in %d-%d: %w", ErrNoPort, p.cfg.MinPort, p.cfg.MaxPort, last)
}

// openAny lets the system choose a port and tries to have the same on all addresses.
func (p *Pool) openAny() (*port, error) {
	var last error
	for range 16 {
		first, err := p.listen(p.addrs[0], 0)
		if err != nil {
			return nil, err
		}
		number := first.local.Port()
		first.close()
		one, err := p.openPort(number)
		if err == nil {
			return one, nil
		}
		last = err
	}
	return nil, fmt.Errorf("%w: %w", ErrNoPort, last)
}

// openPort opens port n on all local addresses. An address that the system
// does not let us use yet (IPv6 duplicate detection) is left out.
func (p *Pool) openPort(n uint16) (*port, error) {
	one := &port{number: n}
	var failed error
	for _, a := range p.addrs {
		s, err := p.listen(a, n)
		if err == nil {
			one.sockets = append(one.sockets, s)
			continue
		}
		failed = err
		if !errors.Is(err, syscall.EADDRNOTAVAIL) {
			break
		}
	}
	if failed == nil || errors.Is(failed, syscall.EADDRNOTAVAIL) && len(one.sockets) > 0 {
		return one, nil
	}
	for _, s := range one.sockets {
		s.close()
	}
	return nil, failed
}

func (p *Pool) listen(a localAddress, n uint16) (*Socket, error) {
	s, err := listen(netip.AddrPortFrom(a.ip, n), a.iface, p.log)
	if err != nil {
		return nil, err
	}
	go s.readLoop()
	return s, nil
}

// openPrivate opens a socket on ip for one host candidate alone.
func (p *Pool) openPrivate(ip netip.Addr, h *hostConn) (*Socket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if p.cfg.MuxPort != 0 {
		return nil, ErrOnePort
	}
	var last error
	for n := int(p.cfg.MinPort); n <= int(p.cfg.MaxPort); n++ {
		s, err := listen(netip.AddrPortFrom(ip, uint16(n)), "", p.log)
		if err == nil {
			s.sole = h
			go s.readLoop()
			return s, nil
		}
		last = err
	}
	return nil, fmt.Errorf("%w in %d-%d for a second connection to the same address: %w", ErrNoPort, p.cfg.MinPort, p.cfg.MaxPort, last)
}
