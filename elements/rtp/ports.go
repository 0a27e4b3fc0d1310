package rtp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
)

// errNoPort is also met when connections of WebRTC, which share the range, have taken it.
var errNoPort = errors.New("no free pair of UDP ports")

// openPair opens an even port for RTP and the next one for RTCP (RFC 3550 §11) on all addresses of a family. It begins
// anywhere: what peers of an endpoint that is gone still send should not come to the next one.
func openPair(minPort, maxPort uint16, ipv6 bool) (rtp, rtcp *net.UDPConn, err error) {
	first := (int(minPort) + 1) / 2 // halves of even ports
	pairs := (int(maxPort)+1)/2 - first
	if pairs <= 0 {
		return nil, nil, fmt.Errorf("%w in %d-%d", errNoPort, minPort, maxPort)
	}
	start := rand.IntN(pairs)
	for i := range pairs {
		port := uint16(2 * (first + (start+i)%pairs))
		rtp, err = listen(port, ipv6)
		if err == nil {
			if rtcp, err = listen(port+1, ipv6); err == nil {
				return rtp, rtcp, nil
			}
			rtp.Close()
		}
	}
	return nil, nil, fmt.Errorf("%w in %d-%d: %w", errNoPort, minPort, maxPort, err)
}

func listen(port uint16, ipv6 bool) (*net.UDPConn, error) {
	network, ip := "udp4", netip.IPv4Unspecified()
	if ipv6 {
		network, ip = "udp6", netip.IPv6Unspecified()
	}
	return net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, port)))
}

// localAddress is what peers are told: the first address of the family that is not only reachable from here, or else one
// that is.
func localAddress(ipv6 bool) (netip.Addr, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("listing network addresses: %w", err)
	}
	var loopback netip.Addr
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		ip := prefix.Addr().Unmap()
		switch {
		case err != nil, ip.Is6() != ipv6, ip.IsLinkLocalUnicast(), ip.IsMulticast():
		case !ip.IsLoopback():
			return ip, nil
		case !loopback.IsValid():
			loopback = ip
		}
	}
	if !loopback.IsValid() {
		return loopback, fmt.Errorf("no network address, IPv6: %t", ipv6)
	}
	return loopback, nil
}
