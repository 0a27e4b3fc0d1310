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

// reflexiveServer is a server that tells how it sees us.
type reflexiveServer struct {
	address string
	relay   bool // a TURN server, which is no failure if it does not
}

// reflexiveServers lists them. A TURN server answers the same questions (RFC 8656 §2).
func (cfg *ConnConfig) reflexiveServers() (list []reflexiveServer) {
	if cfg.RelayOnly {
		return nil
	}
	known := make(map[string]bool)
	add := func(address string, relay bool) {
		if !known[address] {
			known[address] = true
			list = append(list, reflexiveServer{address, relay})
		}
	}
	for _, address := range cfg.STUNServers {
		add(address, false)
	}
	for _, t := range cfg.TURN {
		if t.Transport == "" || t.Transport == "udp" {
			add(t.Address, true)
		}
	}
	return list
}

// askSTUN finds the server-reflexive candidates of one server. The agent knows nothing
// of those: their base is a host candidate that it has, so only the peer must be told.
func (g *generation) askSTUN(server string) error {
	host, port, err := splitServer(server)
	if err != nil {
		return err
	}
	addrs, err := g.conn.pool.names.lookUp(g.ctx, host)
	if err != nil {
		return err
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
		return fmt.Errorf("%w of its kind here", ErrNoAddress)
	case len(failures) == questions:
		return <-failures
	}
	return nil
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
