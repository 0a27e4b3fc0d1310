package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
)

// ServerEvents is what Events may have in addition.
type ServerEvents interface {
	// ServerFailed tells that a STUN or TURN server is of no use to the connection, once per server
	// and gathering: it has no address, cannot be reached, does not answer, or refuses the credentials. server is
	// its host:port; neither text contains user or password.
	ServerFailed(server string, err error)
}

var errNoAnswer = errors.New("no answer")

// stunPort is the port of servers whose text has none (RFC 8489 §18.6).
const stunPort = 3478

// splitServer reads "host" or "host:port".
func splitServer(text string) (host string, port uint16, err error) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, stunPort, nil
	}
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		host, number = text, strconv.Itoa(stunPort)
		if _, _, err = net.SplitHostPort(text + ":" + number); err != nil {
			return "", 0, err
		}
	}
	n, err := strconv.ParseUint(number, 10, 16)
	switch {
	case err != nil || n == 0:
		return "", 0, fmt.Errorf("port %q", number)
	case host == "":
		return "", 0, errors.New("host is missing")
	}
	return host, uint16(n), nil
}

// stunServers lists what is configured, in both forms.
func (cfg *ConnConfig) stunServers() (list []string) {
	if cfg.RelayOnly {
		return nil
	}
	if cfg.STUN.IsValid() {
		list = append(list, cfg.STUN.String())
	}
	return append(list, cfg.STUNServers...)
}

// askSTUN finds the server-reflexive candidates of one server. The agent knows nothing
// of those: their base is a host candidate that it has, so only the peer must be told.
func (g *generation) askSTUN(server string) {
	defer g.gathered()
	host, port, err := splitServer(server) // NewConn has checked
	if err != nil {
		return
	}
	addrs, err := g.conn.pool.names.lookUp(g.ctx, host)
	if err != nil {
		g.serverFailed(server, err)
		return
	}
	var asked sync.WaitGroup
	failures := make(chan error, len(g.sockets))
	questions := 0
	for _, s := range g.sockets {
		at, ok := reachable(s.local.Addr(), addrs)
		if !ok {
			continue
		}
		questions++
		asked.Go(func() {
			seen, err := s.mapped(g.ctx, netip.AddrPortFrom(at, port))
			switch {
			case err != nil:
				failures <- err
			case seen != s.local:
				g.announce(reflexiveText(seen, s.local))
			}
		})
	}
	asked.Wait()
	switch {
	case questions == 0:
		g.serverFailed(server, fmt.Errorf("%w of its kind here", ErrNoAddress))
	case len(failures) == questions:
		g.serverFailed(server, <-failures)
	}
}

// reachable chooses the address that a socket on local can ask.
func reachable(local netip.Addr, addrs []netip.Addr) (netip.Addr, bool) {
	for _, a := range addrs {
		if a.Is4() == local.Is4() && a.IsLoopback() == local.IsLoopback() {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// serverFailed tells that a server is of no use, once.
func (g *generation) serverFailed(server string, err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, ErrClosed) || !g.names.first("failed "+server) {
		return
	}
	g.conn.log.Warn().Err(err).Str("server", server).Msg("server is not usable for candidates")
	g.tell(func(e Events) {
		if hears, ok := e.(ServerEvents); ok {
			hears.ServerFailed(server, err)
		}
	})
}
