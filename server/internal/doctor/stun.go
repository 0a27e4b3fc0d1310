package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/pion/stun/v4"
)

const (
	serverTimeout = 3 * time.Second        // for one question to a server
	firstRetry    = 250 * time.Millisecond // a question is repeated after it, then after twice that, and so on
)

var errNoAnswer = errors.New("no answer")

// lookUp returns the IPv4 addresses of a server's name: the checks speak IPv4, where NAT and TURN are.
func (x *examiner) lookUp(hostport string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return netip.AddrPort{}, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ctx, cancel := context.WithTimeout(x.ctx, serverTimeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(number)), nil
}

// ask sends a STUN binding request and waits for its answer, from whatever address that comes.
func ask(ctx context.Context, conn *net.UDPConn, server netip.AddrPort, extra ...stun.Setter) (*stun.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	request, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.BindingRequest}, extra...)...)
	if err != nil {
		return nil, err
	}
	buffer := make([]byte, 1500)
	for wait := firstRetry; ctx.Err() == nil; wait *= 2 {
		if _, err := conn.WriteToUDPAddrPort(request.Raw, server); err != nil {
			return nil, err
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return nil, err
		}
		for {
			n, _, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				break // the deadline, or an ICMP message, which proves nothing
			}
			answer := &stun.Message{Raw: append([]byte(nil), buffer[:n]...)}
			if answer.Decode() == nil && answer.TransactionID == request.TransactionID {
				return answer, nil
			}
		}
	}
	return nil, errNoAnswer
}

// mappedAddress is how the server sees the sender.
func mappedAddress(answer *stun.Message) (netip.AddrPort, error) {
	var seen stun.XORMappedAddress
	if err := seen.GetFrom(answer); err != nil {
		return netip.AddrPort{}, err
	}
	ip, _ := netip.AddrFromSlice(seen.IP)
	return netip.AddrPortFrom(ip.Unmap(), uint16(seen.Port)), nil
}

// askMapped is ask and mappedAddress.
func askMapped(ctx context.Context, conn *net.UDPConn, server netip.AddrPort) (netip.AddrPort, *stun.Message, error) {
	answer, err := ask(ctx, conn, server)
	if err != nil {
		return netip.AddrPort{}, nil, err
	}
	seen, err := mappedAddress(answer)
	return seen, answer, err
}

// stunServers asks each STUN server how it sees a port of the range.
func (x *examiner) stunServers() {
	w := x.config.WebRtcEndpoint
	servers := w.StunServerAddress.Addresses(w.StunServerPort)
	if len(servers) == 0 {
		if w.ExternalIPv4 == "" && w.ExternalIPv6 == "" && len(w.TurnURL) == 0 {
			x.found("stun", "", Note, "no STUN server, no TURN server and no external address are configured",
				"Only peers that can reach the addresses above will connect.")
		}
		return
	}
	conn, err := x.listenInRange()
	if err != nil {
		x.found("stun", "", Note, fmt.Sprintf("asked from another port than the server's: %v", err))
		if conn, err = net.ListenUDP("udp4", nil); err != nil {
			x.found("stun", "", Failure, err.Error())
			return
		}
	}
	defer conn.Close()
	var views []view
	for _, s := range servers {
		if v, ok := x.stunServer(conn, s); ok {
			views = append(views, v)
		}
	}
	x.nat(conn, views)
}

// view is how a STUN server sees the socket.
type view struct {
	server netip.AddrPort
	seen   netip.AddrPort
	answer *stun.Message
}

func (x *examiner) stunServer(conn *net.UDPConn, server string) (v view, ok bool) {
	address, err := x.lookUp(server)
	if err != nil {
		x.found("stun", server, Failure, err.Error())
		return view{}, false
	}
	begin := time.Now()
	seen, answer, err := askMapped(x.ctx, conn, address)
	if err != nil {
		x.stunSilence(conn, server, address, err)
		return view{}, false
	}
	x.found("stun", server, OK, fmt.Sprintf("sees port %d as %s, after %.0f ms", localPort(conn), seen, float64(time.Since(begin).Microseconds())/1000))
	if !x.net.mapped.IsValid() {
		x.net.mapped = seen.Addr()
	}
	return view{address, seen, answer}, true
}

// stunSilence finds out whether it is the port range that nothing comes back to.
func (x *examiner) stunSilence(conn *net.UDPConn, server string, address netip.AddrPort, err error) {
	other, listenErr := net.ListenUDP("udp4", nil)
	if listenErr == nil {
		defer other.Close()
		if _, _, err := askMapped(x.ctx, other, address); err == nil {
			low, high := x.portRange()
			x.found("stun", server, Failure, fmt.Sprintf("answers port %d, but not port %d of the range %d to %d", localPort(other), localPort(conn), low, high),
				"A firewall closes the range: open it for UDP, in both directions.")
			return
		}
	}
	x.found("stun", server, Failure, err.Error(), "Is the address right, and does a firewall let UDP to it through?")
}

func localPort(conn *net.UDPConn) int { return conn.LocalAddr().(*net.UDPAddr).Port }
