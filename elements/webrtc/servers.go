package webrtc

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
)

// lookupTime is how long the name of a STUN server may take to be looked up.
const lookupTime = 2 * time.Second

// connConfig turns the properties into what the transport needs. What makes no sense is left out and told.
func (p properties) connConfig() (cfg transport.ConnConfig, problems []error) {
	cfg.ICETCP = p.iceTCP
	cfg.Interfaces = strings.FieldsFunc(p.networkInterfaces, func(r rune) bool { return r == ',' || r == ' ' })
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	var err error
	cfg.STUN, err = p.stunServer()
	note(err)
	turn, err := p.turnServer()
	note(err)
	if turn != nil {
		cfg.TURN = []transport.TURN{*turn}
	}
	cfg.ExternalIPv4, err = externalAddress(p.externalIPv4, "IPv4", netip.Addr.Is4)
	note(err)
	cfg.ExternalIPv6, err = externalAddress(p.externalIPv6, "IPv6", netip.Addr.Is6)
	note(err)
	return cfg, problems
}

func (p properties) stunServer() (netip.AddrPort, error) {
	if p.stunServerAddress == "" {
		return netip.AddrPort{}, nil
	}
	ip, err := netip.ParseAddr(p.stunServerAddress)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
		defer cancel()
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", p.stunServerAddress)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("STUN server %q has no address: %w", p.stunServerAddress, err)
		}
		ip = found[0].Unmap()
	}
	return netip.AddrPortFrom(ip, uint16(p.stunServerPort)), nil
}

func (p properties) turnServer() (*transport.TURN, error) {
	if p.turnURL == "" {
		return nil, nil
	}
	t, err := conf.ParseTURNURL(p.turnURL)
	if err != nil {
		return nil, fmt.Errorf("TURN server: %w", err) // names no password
	}
	return &transport.TURN{
		Address: net.JoinHostPort(t.Host, strconv.Itoa(t.Port)),
		User:    t.Username, Password: string(t.Password), Transport: string(t.Transport),
	}, nil
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
