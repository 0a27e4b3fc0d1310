package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Ports are where we take RTP and RTCP without ICE.
type Ports struct{ RTP, RTCP uint16 }

// Peer is where and how a peer without ICE takes media.
type Peer struct {
	// RTP and RTCP are not valid when nothing is to be sent, as to a peer on hold (RFC 3264 §8.4).
	RTP, RTCP netip.AddrPort
	// Active tells that the peer's addresses are those that it sends from, whatever it wrote (a=direction:active of
	// draft-ietf-mmusic-sdp-comedia-05).
	Active bool
	Crypto Crypto // what the peer protects its packets with; none: it does not
}

// peer reads what m-line i says of its own transport.
func (l *layout) peer(i int) (p Peer, err error) {
	s := &l.sections[i]
	ip, err := l.connection(i)
	if err != nil {
		return p, err
	}
	rtcp, rtcpIP := s.port+1, ip
	if value, ok := s.attrs.get("rtcp"); ok { // "port [IN IP4 address]", RFC 3605 §2.1
		f := strings.Fields(value)
		if len(f) == 0 {
			return p, fmt.Errorf("a=rtcp without a port in m-line %d", i)
		}
		port, err := strconv.ParseUint(f[0], 10, 16)
		if err != nil {
			return p, fmt.Errorf("port %q of a=rtcp in m-line %d", f[0], i)
		}
		rtcp = int(port)
		if len(f) == 4 {
			if rtcpIP, err = parseConnection(strings.Join(f[1:], " ")); err != nil {
				return p, err
			}
		}
	}
	p.RTP, p.RTCP = reachable(ip, s.port), reachable(rtcpIP, rtcp)
	role, _ := l.holder(i, "direction").get("direction")
	p.Active = role == "active"
	return p, nil
}

// reachable is an address that packets can be sent to, or an invalid one.
func reachable(ip netip.Addr, port int) netip.AddrPort {
	if !ip.IsValid() || ip.IsUnspecified() || port <= 0 || port > 1<<16-1 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip, uint16(port))
}

// connection is the address in the c-line of m-line i, or else of the session (RFC 8866 §5.7); not valid: there is none.
func (l *layout) connection(i int) (netip.Addr, error) {
	for _, lines := range [][]string{l.sections[i].lines, l.lines} {
		for _, line := range lines {
			if value, ok := strings.CutPrefix(line, "c="); ok {
				return parseConnection(value)
			}
		}
	}
	return netip.Addr{}, nil
}

// parseConnection reads "IN IP4 address" or "IN IP6 address"; a multicast address may have a TTL behind it. Names are not
// looked up: that would take time and ask others.
func parseConnection(value string) (netip.Addr, error) {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "IN" || f[1] != "IP4" && f[1] != "IP6" {
		return netip.Addr{}, fmt.Errorf("connection address %q", value)
	}
	text, _, _ := strings.Cut(f[2], "/")
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("connection address %q is no IP address", f[2])
	}
	return ip.Unmap(), nil
}

// approach finds out how to reach the peer of an m-line without ICE, and tells whether that can be done.
func (x *exchange) approach(m *Media) bool {
	p, err := x.peer(m.Index)
	if err != nil {
		x.err = err
		return false
	}
	if x.agent.rules.keys {
		lines := x.sections[m.Index].cryptos()
		ours := slices.IndexFunc(lines, func(c Crypto) bool { return c.Suite == x.agent.local.Crypto.Suite })
		if ours < 0 {
			return false
		}
		p.Crypto = lines[ours]
	}
	x.peers[m.Index] = &p
	return true
}

// mirrorDirection is what the answer to a=direction says.
func mirrorDirection(role string) string {
	switch role {
	case "active":
		return "direction:passive"
	case "passive":
		return "direction:active"
	default:
		return "direction:" + role
	}
}
