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
	"time"
)

// open opens the configured ports. One of two that cannot be opened is logged, and both are an error.
func (s *Server) open() ([]listener, error) {
	var listeners []listener
	var problems []error
	add := func(name string, l net.Listener, err error) {
		if err != nil {
			s.log.Error().Err(err).Str("port", name).Msg("port cannot be opened")
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
			return
		}
		s.log.Info().Str("port", name).Str("address", l.Addr().String()).Msg("listening")
		listeners = append(listeners, s.newListener(name, l))
	}
	if s.config.Port != 0 {
		l, err := s.listen(s.config.Address, s.config.Port)
		add("ws", l, err)
	}
	if s.config.SecurePort != 0 {
		l, err := s.listenTLS()
		add("wss", l, err)
	}
	if len(listeners) == 0 {
		problems = append([]error{errors.New("no port to listen on")}, problems...)
		return nil, errors.Join(problems...)
	}
	return listeners, nil
}

func (s *Server) newListener(scheme string, l net.Listener) listener {
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	return listener{
		Listener: l,
		url:      scheme + "://" + net.JoinHostPort(s.config.RegistrarLocalAddress, port) + "/" + s.config.Path,
		http: &http.Server{
			Handler:           s,
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       time.Minute,
			ErrorLog:          stdlog.New(s.log.With().Str("level", "debug").Logger(), "", 0),
		},
	}
}

// listen opens a port, on IPv6 and IPv4 with one socket where that is wanted and possible. A negative port is one
// of the system's choice, for tests.
func (s *Server) listen(address string, port int) (net.Listener, error) {
	network := "tcp"
	if !s.config.IPv6 && address == "" {
		network = "tcp4"
	}
	var lc net.ListenConfig
	return lc.Listen(context.Background(), network, net.JoinHostPort(address, strconv.Itoa(max(port, 0))))
}

func (s *Server) listenTLS() (net.Listener, error) {
	if s.config.Certificate == "" {
		return nil, errors.New("no certificate is configured")
	}
	if _, err := loadCertificate(s.config.Certificate, s.config.Password); err != nil {
		// Not the end: the file is read again for each connection.
		s.log.Error().Err(err).Msg("certificate cannot be used")
	}
	l, err := s.listen("", s.config.SecurePort)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(l, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return loadCertificate(s.config.Certificate, s.config.Password)
		},
	}), nil
}
