package http

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/net/netutil"
)

// Settings are the configuration of a Server.
type Settings struct {
	Address   string // IP address or name to listen on, "": all
	Port      int    // 0: one that is free
	Announced string // host in URLs, "": Address, or one of this machine's
}

// Limits on what strangers can make the server hold.
const (
	maxConnections = 1024
	maxHeader      = 16 << 10
	headerTimeout  = 10 * time.Second
	idleTimeout    = 30 * time.Second // of a connection between two requests
	answerTimeout  = 10 * time.Second // to take an answer
	lingering      = time.Second      // to send on after a refusal
)

// Server is the HTTP server of all endpoints. It listens from the first endpoint on until Close, which whoever made it calls
// after the endpoints are closed.
type Server struct {
	settings func() Settings
	log      zerolog.Logger

	mu        sync.Mutex
	endpoints map[string]*Endpoint // by path
	web       *http.Server         // nil: it does not listen yet
	base      string               // of URLs
	closed    bool
	running   sync.WaitGroup // Serve, and connections
}

// NewServer returns a server that listens on nothing yet. settings are asked for when it begins to.
func NewServer(settings func() Settings, log zerolog.Logger) *Server {
	return &Server{settings: settings, log: log, endpoints: map[string]*Endpoint{}}
}

// add gives an endpoint its URL.
func (s *Server) add(path string, e *Endpoint) (url string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", errors.New("the server is shutting down")
	}
	if s.web == nil {
		if err := s.listen(); err != nil {
			return "", err
		}
	}
	s.endpoints[path] = e
	return s.base + path, nil
}

// remove makes a path unknown.
func (s *Server) remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.endpoints, path)
}

// listen begins to serve. Called locked.
func (s *Server) listen() error {
	c := s.settings()
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(c.Address, strconv.Itoa(c.Port)))
	if err != nil {
		s.log.Error().Err(err).Msg("port of HTTP endpoints cannot be opened")
		return err
	}
	at := l.Addr().(*net.TCPAddr)
	s.base = "http://" + net.JoinHostPort(announced(c), strconv.Itoa(at.Port))
	s.web = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         s.count,
		ErrorLog:          stdlog.New(complaints{s.log}, "", 0),
	}
	s.log.Info().Stringer("address", at).Str("url", s.base).Msg("HTTP endpoints can be reached")
	web, limited := s.web, netutil.LimitListener(l, maxConnections)
	s.running.Go(func() {
		if err := web.Serve(limited); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error().Err(err).Stringer("address", at).Msg("HTTP endpoints cannot be reached any more")
		}
	})
	return nil
}

// announced is the host that clients are told.
func announced(c Settings) string {
	if c.Announced != "" {
		return c.Announced
	}
	if ip := net.ParseIP(c.Address); c.Address != "" && (ip == nil || !ip.IsUnspecified()) {
		return c.Address
	}
	addresses, _ := net.InterfaceAddrs() // without any there is the machine's own name
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return "localhost"
}

// complaints logs what net/http complains about: clients that break off.
type complaints struct{ log zerolog.Logger }

func (c complaints) Write(line []byte) (int, error) {
	c.log.Debug().Str("reason", strings.TrimSpace(string(line))).Msg("http connection failed")
	return len(line), nil
}

// ServeHTTP is part of http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := answerSoon(w); err != nil {
		s.log.Debug().Err(err).Str("client", r.RemoteAddr).Msg("client is not there to be answered")
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*") // whoever has a URL may use it, pages of other sites too
	e := s.endpoint(r.URL.Path)
	if e == nil {
		s.refuse(w, r, http.StatusNotFound, fmt.Sprintf("no endpoint has the path %q", r.URL.Path))
		return
	}
	switch r.Method {
	case http.MethodPost:
		e.serve(w, r)
	case http.MethodOptions:
		w.Header().Set("Allow", http.MethodPost)
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		w.WriteHeader(http.StatusOK)
	default:
		w.Header().Set("Allow", http.MethodPost)
		s.refuse(w, r, http.StatusMethodNotAllowed, "method not allowed: "+r.Method)
	}
}

// answerSoon bounds how long the client may take to read an answer that is written next.
func answerSoon(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
}

// endpoint finds the one with a path, nil: there is none.
func (s *Server) endpoint(path string) *Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoints[path]
}

// count is http.Server.ConnState. A connection's goroutine says last that it is closed.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew: // told by Serve, which is still counted itself
		s.running.Add(1)
	case http.StateClosed:
		s.running.Done()
	}
}

// refuse answers a request that is not served, or not to its end. net/http would wait for the rest of the body, before the
// answer and after it: it gets as long as it takes the client to see the answer.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, code int, why string) {
	conn := http.NewResponseController(w)
	if err := errors.Join(conn.EnableFullDuplex(), conn.SetReadDeadline(time.Now().Add(lingering))); err != nil {
		s.log.Debug().Err(err).Str("client", r.RemoteAddr).Msg("client is not there to be refused")
		return
	}
	w.Header().Set("Connection", "close")
	s.log.Warn().Str("client", r.RemoteAddr).Str("method", r.Method).Str("path", r.URL.Path).Int("status", code).Str("reason", why).Msg("request refused")
	http.Error(w, why, code)
}

// Close ends the server and what clients still send, and waits for it. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	web := s.web
	s.mu.Unlock()
	if web != nil {
		if err := web.Close(); err != nil {
			s.log.Debug().Err(err).Msg("a connection of an HTTP endpoint was not closed properly")
		}
	}
	s.running.Wait()
}
