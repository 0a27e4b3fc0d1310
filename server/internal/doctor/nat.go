package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v4"
)

// changeRequest asks the server to answer from elsewhere (RFC 5780 §7.2).
type changeRequest uint32

const (
	changePort   changeRequest = 0x2
	changeIPPort changeRequest = 0x6
)

// AddTo is part of stun.Setter.
func (c changeRequest) AddTo(m *stun.Message) error {
	m.Add(stun.AttrChangeRequest, []byte{0, 0, 0, byte(c)})
	return nil
}

// nat tells what is between us and the STUN servers.
func (x *examiner) nat(conn *net.UDPConn, views []view) {
	if len(views) == 0 {
		return
	}
	first := views[0]
	if addr := first.seen.Addr(); addr.IsLoopback() || slices.Contains(x.net.locals, addr) {
		x.found("nat", "", OK, fmt.Sprintf("none: this machine has the address %s itself", addr))
		return
	}
	external := x.config.WebRtcEndpoint.ExternalIPv4
	if addr, err := netip.ParseAddr(external); err == nil && addr != first.seen.Addr() {
		x.found("nat", "", Warning, fmt.Sprintf("externalIPv4 is %s, but STUN sees %s", addr, first.seen.Addr()),
			"Peers are told the former.")
	}
	mapping := x.mapping(conn, views)
	text := fmt.Sprintf("the public address is %s", first.seen.Addr())
	if filtering := x.filtering(first); filtering != "" {
		text += ", filtering is " + filtering
	}
	switch mapping {
	case endpointIndependent:
		x.found("nat", "", OK, text+", mapping is "+mapping)
	case "":
		x.found("nat", "", Note, text+"; how its NAT maps is not known", "A STUN server with RFC 5780, or a second one, would tell.")
	default:
		x.found("nat", "", Warning, text+", mapping is "+mapping+" (a symmetric NAT)",
			"Addresses found by STUN are of no use to peers then: configure TURN, or externalIPv4 with forwarded ports.")
	}
}

// The behaviours of RFC 4787 §4.1 and §5.
const (
	endpointIndependent  = "endpoint-independent"
	addressDependent     = "address-dependent"
	addressPortDependent = "address- and port-dependent"
)

// mapping is how the NAT chooses the public port (RFC 5780 §4.3), "" if that cannot be told.
func (x *examiner) mapping(conn *net.UDPConn, views []view) string {
	first := views[0]
	for _, v := range views[1:] {
		if v.server.Addr() != first.server.Addr() {
			if v.seen == first.seen {
				return endpointIndependent
			}
			return addressDependent
		}
	}
	alternate, ok := otherAddress(first.answer)
	if !ok {
		return ""
	}
	second, _, err := askMapped(x.ctx, conn, netip.AddrPortFrom(alternate.Addr(), first.server.Port()))
	if err != nil {
		return ""
	}
	if second == first.seen {
		return endpointIndependent
	}
	third, _, err := askMapped(x.ctx, conn, alternate)
	switch {
	case err != nil:
		return ""
	case third == second:
		return addressDependent
	}
	return addressPortDependent
}

// filtering is whom the NAT lets in (RFC 5780 §4.4), "" if that cannot be told. It needs a socket that has spoken to
// nobody yet.
func (x *examiner) filtering(v view) string {
	if _, ok := otherAddress(v.answer); !ok {
		return ""
	}
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return ""
	}
	defer conn.Close()
	if _, err := ask(x.ctx, conn, v.server); err != nil {
		return ""
	}
	answers := func(change changeRequest) bool {
		ctx, cancel := context.WithTimeout(x.ctx, time.Second) // the server answers, so silence is the NAT's
		defer cancel()
		_, err := ask(ctx, conn, v.server, change)
		return err == nil
	}
	switch {
	case answers(changeIPPort):
		return endpointIndependent
	case answers(changePort):
		return addressDependent
	}
	return addressPortDependent
}

// otherAddress is where else the server can be asked, if it supports RFC 5780 and has two addresses.
func otherAddress(answer *stun.Message) (netip.AddrPort, bool) {
	var other stun.OtherAddress
	if other.GetFrom(answer) != nil {
		return netip.AddrPort{}, false
	}
	ip, ok := netip.AddrFromSlice(other.IP)
	return netip.AddrPortFrom(ip.Unmap(), uint16(other.Port)), ok && !ip.IsUnspecified()
}
