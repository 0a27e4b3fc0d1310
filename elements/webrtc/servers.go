package webrtc

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
)

// apply puts the properties into what the transport takes. What makes no sense is left out and returned.
func (p properties) apply(cfg *transport.ConnConfig) (problems []error) {
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	cfg.ICETCP = p.iceTCP
	cfg.Interfaces = strings.FieldsFunc(p.networkInterfaces, func(r rune) bool { return r == ',' || r == ' ' })
	stun, err := conf.ParseSTUNServers(p.stunServerAddress)
	note(err)
	cfg.STUNServers = stun.Addresses(p.stunServerPort)
	turn, err := conf.ParseTURNURLs(p.turnURL)
	if err != nil {
		note(fmt.Errorf("TURN server: %w", err)) // names no password
	}
	cfg.TURN = nil
	for _, t := range turn {
		cfg.TURN = append(cfg.TURN, transport.TURN{
			Address: t.Address(), User: t.Username, Password: string(t.Password), Transport: string(t.Transport),
		})
	}
	cfg.ExternalIPv4, err = externalAddress(p.externalIPv4, "IPv4", netip.Addr.Is4)
	note(err)
	cfg.ExternalIPv6, err = externalAddress(p.externalIPv6, "IPv6", netip.Addr.Is6)
	note(err)
	return problems
}

func externalAddress(text, family string, is func(netip.Addr) bool) (netip.Addr, error) {
	if text == "" {
		return netip.Addr{}, nil
	}
	ip, err := netip.ParseAddr(text)
	if err != nil || !is(ip) {
		return netip.Addr{}, fmt.Errorf("external%s %q is no %s address", family, text, family)
	}
	return ip, nil
}
