package conf

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// STUNServers are servers to ask for our address as others see it, as "host" or "host:port". The zero value means none.
type STUNServers []string

// ParseSTUNServers reads names or addresses, each with a port or without, with commas or spaces between them.
func ParseSTUNServers(text string) (list STUNServers, err error) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if strings.ContainsAny(part, "@/?") {
			return nil, errors.New("stun server is no address or host name, not a value with a user or a path") // nor named: it may hold a password
		}
		host := part
		if _, err := netip.ParseAddr(part); err != nil && strings.Contains(part, ":") {
			var port string
			if host, port, err = net.SplitHostPort(part); err != nil {
				return nil, fmt.Errorf("stun server %q is no host:port", part)
			}
			if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
				return nil, fmt.Errorf("stun server %q has port %q, want a number from 1 to 65535", part, port)
			}
		}
		if _, err := parseHost(host); err != nil {
			return nil, fmt.Errorf("stun server: %w", err)
		}
		list = append(list, part)
	}
	return list, nil
}

// String returns the servers with commas between them.
func (l STUNServers) String() string { return strings.Join(l, ",") }

// Addresses returns each as host:port, with a port for those that have none.
func (l STUNServers) Addresses(port int) (out []string) {
	for _, s := range l {
		if ip, err := netip.ParseAddr(s); err == nil || !strings.Contains(s, ":") {
			if err == nil {
				s = ip.String()
			}
			s = net.JoinHostPort(s, strconv.Itoa(port))
		}
		out = append(out, s)
	}
	return out
}
