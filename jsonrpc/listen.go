package jsonrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// listener is a port with the HTTP server behind it.
type listener struct {
	net.Listener
	http   *http.Server
	scheme string // ws or wss
}

// close ends the port and the plain HTTP requests on it.
func (l listener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.http.Shutdown(ctx); err != nil {
		_ = l.http.Close() // what did not end in time; there is nobody left to tell
	}
	_ = l.Listener.Close() // for the case that Serve has not begun; closed already otherwise
}

// Listen opens the configured ports. When it returns without error clients can connect to them; they are answered
// once Serve runs. That one of two ports cannot be opened is logged; an error means that there is none.
func (s *Server) Listen() error {
	var problems []error
	open := func(scheme string, l net.Listener, err error) {
		if err != nil {
			s.log.Error().Err(err).Str("port", scheme).Msg("port cannot be opened")
			problems = append(problems, fmt.Errorf("%s: %w", scheme, err))
			return
		}
		s.listenOn(scheme, l)
	}
	if s.config.Port != 0 {
		l, err := s.listen(s.config.Address, s.config.Port)
		open("ws", l, err)
	}
	if s.config.SecurePort != 0 {
		l, err := s.listenTLS()
		open("wss", l, err)
	}
	if len(s.Addrs()) == 0 {
		return errors.Join(append([]error{errors.New("no port to listen on")}, problems...)...)
	}
	return nil
}

// ListenOn adds a listener to those that Serve serves, with plain ws. The server closes it.
func (s *Server) ListenOn(l net.Listener) { s.listenOn("ws", l) }

func (s *Server) listenOn(scheme string, l net.Listener) {
	s.log.Info().Str("port", scheme).Stringer("address", l.Addr()).Msg("listening")
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          stdlog.New(httpErrors{s.log}, "", 0),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, listener{l, server, scheme})
}

// httpErrors logs what net/http complains about: clients that break off, bad certificates.
type httpErrors struct{ log zerolog.Logger }

func (h httpErrors) Write(line []byte) (int, error) {
	h.log.Debug().Str("reason", strings.TrimSpace(string(line))).Msg("http connection failed")
	return len(line), nil
}

// Addrs are the addresses listened on, ws before wss.
func (s *Server) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var addrs []net.Addr
	for _, l := range s.listeners {
		addrs = append(addrs, l.Addr())
	}
	return addrs
}

// listen opens a port on an address, or on all of IPv6 and IPv4 with one socket where that is wanted and possible.
func (s *Server) listen(address string, port int) (net.Listener, error) {
	var lc net.ListenConfig
	hostport := net.JoinHostPort(address, strconv.Itoa(port))
	if address != "" || s.config.IPv6 {
		l, err := lc.Listen(context.Background(), "tcp", hostport)
		if err == nil || address != "" {
			return l, err
		}
	}
	return lc.Listen(context.Background(), "tcp4", hostport)
}

func (s *Server) listenTLS() (net.Listener, error) {
	if s.config.Certificate == "" {
		return nil, errors.New("no certificate is configured")
	}
	l, err := s.listen("", s.config.SecurePort)
	if err != nil {
		return nil, err
	}
	return s.secure(l), nil
}

// secure puts TLS on a listener. The certificate is read again for each connection, so a new one takes effect at
// once and a broken one breaks only that.
func (s *Server) secure(l net.Listener) net.Listener {
	load := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := s.live.Load()
		return LoadCertificate(c.Certificate, c.Password)
	}
	if _, err := load(nil); err != nil {
		s.log.Error().Err(err).Msg("certificate cannot be used")
	}
	return tls.NewListener(l, &tls.Config{GetCertificate: load})
}
