package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"github.com/rivero-media/rivero/conf"
)

// allocateTimeout is for connecting to a TURN server, its questions for credentials included.
const allocateTimeout = 5 * time.Second

// relay is an allocation on a TURN server.
type relay struct {
	net.PacketConn // at the relayed address
	client         *turn.Client
	socket         net.PacketConn
}

func (r *relay) address() netip.AddrPort { return r.LocalAddr().(*net.UDPAddr).AddrPort() }

func (r *relay) close() {
	r.PacketConn.Close()
	r.client.Close()
	r.socket.Close()
}

// allocate asks for a relayed address as the server does for an endpoint.
func (x *examiner) allocate(u conf.TURNURL) (*relay, error) {
	address, err := x.lookUp(u.Address())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(x.ctx, allocateTimeout)
	defer cancel()
	socket, err := dialTURN(ctx, u, address)
	if err != nil {
		return nil, err
	}
	logs := logging.NewDefaultLoggerFactory()
	logs.DefaultLogLevel = logging.LogLevelDisabled
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: address.String(), TURNServerAddr: address.String(),
		Username: u.Username, Password: string(u.Password), Conn: socket, LoggerFactory: logs,
		RequestedAddressFamily: turn.RequestedAddressFamilyIPv4,
	})
	if err != nil {
		socket.Close()
		return nil, err
	}
	r := &relay{client: client, socket: socket}
	late := context.AfterFunc(ctx, func() { client.Close(); socket.Close() })
	if err = client.Listen(); err == nil {
		r.PacketConn, err = client.Allocate()
	}
	if !late() {
		err = errNoAnswer
	}
	if err != nil {
		client.Close()
		socket.Close()
		return nil, refusal(err)
	}
	return r, nil
}

func dialTURN(ctx context.Context, u conf.TURNURL, address netip.AddrPort) (net.PacketConn, error) {
	if u.Transport == conf.TransportUDP {
		return net.ListenPacket("udp4", ":0")
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp4", address.String())
	if err != nil {
		return nil, err
	}
	if u.Transport == conf.TransportTLS {
		secure := tls.Client(conn, &tls.Config{ServerName: u.Host})
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = secure
	}
	return turn.NewSTUNConn(conn), nil
}

// refusal words the answer of a TURN server that says no (RFC 8656 §19). The first 401, which asks for credentials, is
// no refusal and never comes here.
func refusal(err error) error {
	var no *stun.TurnError
	if !errors.As(err, &no) {
		return err
	}
	switch code := no.ErrorCodeAttr.Code; code {
	case stun.CodeUnauthorized, stun.CodeWrongCredentials:
		return fmt.Errorf("wrong user name or password (error %d)", code)
	case stun.CodeForbidden:
		return fmt.Errorf("forbidden (error %d)", code)
	default:
		return fmt.Errorf("refused: error %d %s", code, no.ErrorCodeAttr.Reason)
	}
}

// turnServers allocates on each TURN server, and sends through it in both directions.
func (x *examiner) turnServers() {
	for _, u := range x.config.WebRtcEndpoint.TurnURL {
		subject := u.Address() + " " + string(u.Transport)
		begin := time.Now()
		r, err := x.allocate(u)
		if err != nil {
			x.found("turn", subject, Failure, err.Error(), turnAdvice(u))
			continue
		}
		x.found("turn", subject, OK, fmt.Sprintf("gives the relayed address %s, after %.0f ms", r.address(), float64(time.Since(begin).Microseconds())/1000))
		x.relaying(subject, u, r)
		if x.net.relay == nil {
			x.net.relay = r // closed by outside
			continue
		}
		r.close()
	}
}

func turnAdvice(u conf.TURNURL) string {
	if u.Transport == conf.TransportUDP {
		return "Where UDP is blocked, ?transport=tcp may get through."
	}
	return ""
}

// relaying sends a message each way between the relay and somebody outside: a socket of ours as the TURN server sees it
// or, where UDP does not get that far, a second allocation.
func (x *examiner) relaying(subject string, u conf.TURNURL, r *relay) {
	far, at, err := x.farSide(u)
	if err != nil {
		x.found("relay", subject, Failure, err.Error())
		return
	}
	defer far.Close()
	err = pass(far, at, r)
	if err == nil {
		x.found("relay", subject, OK, fmt.Sprintf("passes messages on, from and to %s", at))
		return
	}
	x.found("relay", subject, Failure, fmt.Sprintf("no message gets through between it and %s: %v", at, err),
		"The TURN server must be allowed to send to peers (denied-peer-ip of coturn), and its relay ports must be open.")
}

// closing is a PacketConn that closes more than itself.
type closing struct {
	net.PacketConn
	close func()
}

func (c closing) Close() error {
	c.close()
	return nil
}

func (x *examiner) farSide(u conf.TURNURL) (far net.PacketConn, at netip.AddrPort, err error) {
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	if server, err := x.lookUp(u.Address()); err == nil {
		if at, _, err = askMapped(x.ctx, conn, server); err == nil {
			if !x.net.mapped.IsValid() {
				x.net.mapped = at.Addr()
			}
			return conn, at, nil
		}
	}
	conn.Close()
	other, err := x.allocate(u)
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("second allocation: %w", err)
	}
	return closing{other, other.close}, other.address(), nil
}

// pass sends from far, which outsiders see at an address, to the relay and back, repeatedly since both may be lost.
func pass(far net.PacketConn, at netip.AddrPort, r *relay) error {
	target := net.UDPAddrFromAddrPort(at)
	if err := r.client.CreatePermission(target); err != nil {
		return refusal(err)
	}
	if f, ok := far.(closing); ok {
		if err := f.PacketConn.(*relay).client.CreatePermission(r.LocalAddr()); err != nil {
			return refusal(err)
		}
	}
	// Behind a symmetric NAT the relay sees another port of far than the server did.
	seen, err := deliver(far, r.LocalAddr(), r)
	if err != nil {
		return fmt.Errorf("to the relay: %w", err)
	}
	if _, err := deliver(r, seen, far); err != nil {
		return fmt.Errorf("from the relay: %w", err)
	}
	return nil
}

// deliver sends a message until it arrives, and returns from where.
func deliver(from net.PacketConn, to net.Addr, at net.PacketConn) (net.Addr, error) {
	const message = "rivero doctor"
	buffer := make([]byte, 1500)
	for begin, wait := time.Now(), firstRetry; time.Since(begin) < serverTimeout; wait *= 2 {
		if _, err := from.WriteTo([]byte(message), to); err != nil {
			return nil, refusal(err)
		}
		if err := at.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return nil, err
		}
		if n, seen, err := at.ReadFrom(buffer); err == nil && string(buffer[:n]) == message {
			return seen, nil
		}
	}
	return nil, errors.New("nothing arrives")
}

// outside tries whether a message from the Internet, that is from a relay, reaches a port of the range which has not
// sent anything: what peers do that connect to the external address or to a public one of this machine's own.
func (x *examiner) outside() {
	r := x.net.relay
	if r == nil {
		return
	}
	defer r.close()
	target, err := netip.ParseAddr(x.config.WebRtcEndpoint.ExternalIPv4)
	if err != nil {
		if target = x.net.mapped; !slices.Contains(x.net.locals, target) {
			return // behind a NAT that lets nobody in by itself
		}
	}
	conn, err := x.listenInRange()
	if err != nil {
		return // udpPorts has told
	}
	defer conn.Close()
	at := netip.AddrPortFrom(target, uint16(localPort(conn)))
	err = r.client.CreatePermission(net.UDPAddrFromAddrPort(at))
	if err == nil {
		_, err = deliver(r, net.UDPAddrFromAddrPort(at), conn)
	}
	if err != nil {
		low, high := x.portRange()
		x.found("outside", at.String(), Failure, fmt.Sprintf("a message of the TURN server does not reach it: %v", refusal(err)),
			fmt.Sprintf("Open UDP ports %d to %d in the firewall and forward or publish them under the same numbers.", low, high))
		return
	}
	x.found("outside", at.String(), OK, "can be reached from outside")
}
