package transport

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// ConnConfig says how one connection is made.
type ConnConfig struct {
	Pool        *Pool
	Certificate *Certificate
	Handler     Handler
	Messages    MessageHandler // of data channels; nil: nobody takes them
	Events      Events         // nil: nobody listens

	STUNServers []string // for server-reflexive candidates: "host:port" or "host", a name or an address
	TURN        []TURN   // servers for relay candidates, and over UDP for server-reflexive ones too
	ICETCP      bool     // TCP host candidates too, to which peers connect
	RelayOnly   bool     // no candidates but those of TURN servers
	Interfaces  []string // only addresses of these; none: all of the pool
	// ExternalIPv4 and ExternalIPv6 replace the address of host candidates of their
	// family in what is announced; zero: unchanged.
	ExternalIPv4, ExternalIPv6 netip.Addr

	// DSCP marks the connection's packets (RFC 8837), 1 to 63; 0: they are not marked, which is also what CS0 means. Of
	// those that leave through shared sockets only on Linux.
	DSCP uint8

	// KeepDTLS goes on reading DTLS when media flows, as data channels need it. Without it, of a
	// connection that has none only the keys remain: that saves three goroutines and 8 KiB, but data channels
	// cannot be added by Renegotiate, and only ICE notices that the peer is gone.
	KeepDTLS bool

	Log zerolog.Logger
}

// Remote is what the peer's session description says of its side.
type Remote struct {
	Ufrag, Pwd   string
	Fingerprints []Fingerprint // of its certificate; one must match
	DTLSClient   bool          // we are the DTLS client: we answered setup:active, or it did passive
	Controlling  bool          // we control ICE: we made the offer, or the peer is ICE lite
	SCTP         SCTPPorts     // of data channels
}

// Conn is one WebRTC connection (BUNDLE group): one ICE component, one DTLS
// association, its SRTP keys. Its methods may be called from any goroutine.
type Conn struct {
	cfg    ConnConfig
	pool   *Pool
	log    zerolog.Logger
	events eventQueue
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // every goroutine of ours, events excepted

	mu      sync.Mutex
	remote  *Remote     // set by Start
	now     *generation // the run of ICE that signalling is about
	old     *generation // the one that media takes, while now has no pair yet; else nil
	port    *port       // taken by the first Gather
	closing bool
	states  states

	hosts struct {
		mu     sync.Mutex
		list   []*hostConn // one per socket
		closed bool
	}

	way          atomic.Pointer[way] // where packets go; nil until a pair is selected
	lost         atomic.Bool         // the peer has been silent for disconnectAfter
	selected     chan struct{}       // closed with the first way
	selectedOnce sync.Once

	dtls     association
	keys     atomic.Pointer[keys]
	channels channels

	send sendSide
	recv receiveSide

	closed chan struct{} // Close has done its work
}

// way is where a connection's packets go: straight to a socket, or, with no
// destination, through the ICE connection (relays, TCP, private sockets, within the server).
type way struct {
	of    *generation
	dest  *destination
	relay *relay // nil with dest, and until checks are known to have begun
	local string // candidate texts, for events and statistics
	peer  string
}

// sendSide is guarded by its mutex, which is held for one packet's header and
// encryption only: it is contended when two sources write at the same moment.
type sendSide struct {
	mu      sync.Mutex
	packets uint64
	bytes   uint64
	dropped atomic.Uint64 // not connected, or not a packet

	rtcpMu  sync.Mutex
	rtcpBuf [maxPacket]byte
}

// receiveSide is guarded by its mutex, so that the Handler hears one packet at
// a time: two sockets may read for one connection while it roams.
type receiveSide struct {
	mu    sync.Mutex
	early [][]byte // media that came before the keys
	deaf  bool     // the Handler panicked, or Close has begun

	packets atomic.Uint64
	bytes   atomic.Uint64
	dropped atomic.Uint64 // malformed, not authentic, replayed
}

// check tells what makes a configuration unusable.
func (cfg *ConnConfig) check() error {
	if cfg.Pool == nil || cfg.Certificate == nil || cfg.Handler == nil {
		return errors.New("connection without pool, certificate or handler")
	}
	if cfg.RelayOnly && len(cfg.TURN) == 0 {
		return errors.New("relay only, but no TURN server")
	}
	if cfg.DSCP > maxDSCP {
		return fmt.Errorf("dscp %d is more than %d", cfg.DSCP, maxDSCP)
	}
	for _, server := range cfg.STUNServers {
		if _, _, err := splitServer(server); err != nil {
			return fmt.Errorf("stun server %q: %w", server, err)
		}
	}
	if len(cfg.TURN) > maxTURN {
		return fmt.Errorf("more than %d TURN servers", maxTURN)
	}
	for _, t := range cfg.TURN {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

// NewConn checks cfg and makes a connection that does nothing yet: no socket,
// no goroutine. The caller closes it.
func NewConn(cfg ConnConfig) (*Conn, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Events == nil {
		cfg.Events = NoEvents{}
	}
	c := &Conn{
		cfg:      cfg,
		pool:     cfg.Pool,
		log:      cfg.Log,
		selected: make(chan struct{}),
		closed:   make(chan struct{}),
	}
	c.states = states{ice: ICEDisconnected}
	c.events.events = cfg.Events
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.dtls.queue = newPacketQueue(dtlsQueue)
	c.dtls.kept.Store(cfg.KeepDTLS)
	c.now = c.newGeneration(0)
	return c, nil
}

// randomText returns n ice-chars (RFC 8839 §5.4), 6 random bits each.
func randomText(n int) string {
	raw := make([]byte, n*3/4)
	rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}

// LocalUfrag is our ICE user name fragment. Restart changes it.
func (c *Conn) LocalUfrag() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.ufrag
}

// LocalPwd is our ICE password. Restart changes it.
func (c *Conn) LocalPwd() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.pwd
}

// Reconfigure changes what says how candidates are found: servers, interfaces, external addresses. From the first
// Gather on it has no effect. After an error everything is as before.
func (c *Conn) Reconfigure(change func(cfg *ConnConfig)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	if c.now.agent != nil {
		return nil
	}
	cfg := c.cfg
	change(&cfg)
	if err := cfg.check(); err != nil {
		return err
	}
	c.cfg = cfg
	return nil
}

// Gather opens what is needed and starts to look for local candidates; Events
// hears of each. A second call does nothing.
func (c *Conn) Gather() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return ErrClosed
	case c.now.agent != nil:
		return nil
	}
	if err := c.takePort(); err != nil {
		return fmt.Errorf("gathering candidates: %w", err)
	}
	c.setICE(ICEGathering)
	c.now.startGathering()
	c.now.checkIfReady()
	return nil
}

// takePort joins the sockets of a port and makes the first agent. Called locked.
func (c *Conn) takePort() error {
	port, err := c.pool.acquire()
	if err != nil {
		return err
	}
	c.port = port
	if err := c.now.makeAgent(); err != nil {
		c.pool.release(port)
		c.port = nil
		return err
	}
	return nil
}

// check tells what is missing or malformed.
func (r Remote) check() error {
	if r.Ufrag == "" || r.Pwd == "" {
		return errors.New("remote ICE credentials are missing")
	}
	if len(r.Fingerprints) == 0 {
		return errors.New("remote certificate fingerprint is missing")
	}
	for _, f := range r.Fingerprints {
		if err := f.check(); err != nil {
			return err
		}
	}
	return nil
}

// Start says who the peer is. Once candidates are being gathered too, the
// connection is made: ICE, then DTLS, then keys.
func (c *Conn) Start(remote Remote) error {
	if err := remote.check(); err != nil {
		return err
	}
	remote.Fingerprints = slices.Clone(remote.Fingerprints)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return ErrClosed
	case c.remote != nil:
		return ErrStarted
	}
	c.remote = &remote
	c.channels.negotiated(remote.SCTP, remote.DTLSClient)
	if remote.SCTP.negotiated() {
		c.dtls.keep()
	}
	if !remote.DTLSClient {
		c.setDTLS(DTLSNew) // as Kurento does: the server waits from now on
	}
	of := remote
	c.now.peer = &of
	c.work.Go(func() {
		select {
		case <-c.selected:
			c.handshake(of)
		case <-c.ctx.Done():
		}
	})
	c.now.checkIfReady()
	return nil
}

// Close ends the connection, tells the peer (DTLS close_notify) and returns
// when nothing of it runs any more: no goroutine, no Handler, no Events. So it
// waits for a Handler or Events method that is running: it must not be called
// from one, nor with a lock held that one of them takes. It may be called twice.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		<-c.closed
		return nil
	}
	c.closing = true
	if c.states.patience != nil {
		c.states.patience.Stop()
	}
	now, old := c.now, c.old
	c.mu.Unlock()

	c.events.close()
	c.cancel()
	c.recv.mu.Lock()
	c.recv.deaf = true
	c.recv.mu.Unlock()
	c.dtls.close()
	if last := c.way.Load(); last != nil {
		last.relay.flush()
	}
	if old != nil {
		c.work.Go(old.close)
	}
	now.close()
	c.work.Wait()
	c.leave()
	c.way.Store(nil)
	close(c.closed)
	return nil
}

// leave takes the connection off its sockets.
func (c *Conn) leave() {
	c.hosts.mu.Lock()
	hosts := c.hosts.list
	c.hosts.list, c.hosts.closed = nil, true
	c.hosts.mu.Unlock()
	for _, h := range hosts {
		h.remove()
	}
	if c.port != nil {
		c.pool.release(c.port)
	}
}
