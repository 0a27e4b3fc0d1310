package jsonrpc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline"
)

// Config is the control plane's part of the configuration. The zero value of a field means what its comment
// says; nothing is defaulted silently. The original's threads and connqueue have no counterpart: a connection has
// goroutines of its own, and the listen backlog is the system's.
type Config struct {
	Port    int    // plain ws, 0: none
	Address string // IP literal plain ws listens on, "": all
	IPv6    bool   // listen on IPv6 and IPv4 where possible, false: IPv4 only
	Path    string // of the WebSocket URL, without slashes around it

	SecurePort  int    // wss, 0: none
	Certificate string // PEM file: the chain, then the private key; read again for each connection
	Password    string // of the private key, "": it is not encrypted

	Registrar             string // ws:// or wss:// URL of the registrar, "": none
	RegistrarLocalAddress string // host in the URL announced to it

	CollectorPeriod     time.Duration // a silent session ends between one and two periods, 0: never
	DisableRequestCache bool
	ExceptionLimit      float64 // fraction of RLIMIT_NPROC and RLIMIT_NOFILE above which create fails, 0: no limit
	KillLimit           float64 // the same fraction above which Kill is called when the last object is gone, 0: never
	Kill                func()
}

// Server is the control plane of one object model.
type Server struct {
	config   Config                 // what it began with
	live     atomic.Pointer[Config] // the same with what Configure has changed
	objects  *pipeline.Server
	fallback http.Handler
	log      zerolog.Logger
	sessions *SessionTable
	retries  *retries
	methods  map[string]method

	ctx    context.Context // of all requests
	cancel context.CancelFunc

	mu        sync.Mutex
	closed    bool
	conns     map[*conn]struct{}
	listeners []listener
	work      sync.WaitGroup // connections, listeners, collector, registrar
}

// NewServer returns a control plane for objects, to which it introduces its sessions. fallback answers HTTP
// requests that do not ask for a WebSocket, on every path but the configured one; nil answers 404. The caller closes
// the server, before the objects.
func NewServer(config Config, objects *pipeline.Server, fallback http.Handler, log zerolog.Logger) *Server {
	if fallback == nil {
		fallback = http.NotFoundHandler()
	}
	s := &Server{
		config: config, objects: objects, fallback: fallback, log: log,
		retries: newRetries(config.DisableRequestCache),
		methods: methodTable(),
		conns:   make(map[*conn]struct{}),
	}
	s.live.Store(&config)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.sessions = NewSessionTable(objects, s.emptied)
	objects.UseSessions(s.sessions)
	if config.CollectorPeriod > 0 {
		s.work.Go(func() { s.sessions.run(config.CollectorPeriod, s.ctx.Done()) })
	}
	return s
}

// Configure takes from config what can change while the server runs: the two limits, the certificate and its password.
func (s *Server) Configure(config Config) {
	changed := s.config
	changed.ExceptionLimit, changed.KillLimit = config.ExceptionLimit, config.KillLimit
	changed.Certificate, changed.Password = config.Certificate, config.Password
	s.live.Store(&changed)
}

// Sessions is the server's table of sessions.
func (s *Server) Sessions() *SessionTable { return s.sessions }

// emptied is called when the last object was released.
func (s *Server) emptied() {
	limit := s.live.Load().KillLimit
	if limit <= 0 || s.config.Kill == nil {
		return
	}
	if err := (limits{fraction: limit}).check(); err != nil {
		s.log.Error().Err(err).Msg("kill limit reached and no object left")
		s.config.Kill()
	}
}

// Close stops listening, disconnects all clients, cancels what they asked for, and returns when all of it
// has ended. The objects stay. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	listeners := s.listeners
	s.listeners = nil
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	s.cancel()
	for _, l := range listeners {
		l.close()
	}
	var leaving sync.WaitGroup
	for _, c := range conns {
		leaving.Go(c.leave)
	}
	leaving.Wait()
	s.work.Wait()
}

// track makes Close wait for a connection; false when it has already been called.
func (s *Server) track(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	s.work.Add(1)
	return true
}

func (s *Server) untrack(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	close(c.ended)
	s.work.Done()
}

// Serve answers clients until ctx is done or Close is called, then closes. An error means that a port
// could not be served any longer.
func (s *Server) Serve(ctx context.Context) error {
	s.mu.Lock()
	listeners := s.listeners
	if !s.closed {
		s.announce(listeners)
	}
	s.mu.Unlock()
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, l := range listeners {
		serving.Go(func() {
			if err := l.http.Serve(l.Listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case <-s.ctx.Done():
	case err = <-failed:
	}
	s.Close()
	serving.Wait()
	return err
}
