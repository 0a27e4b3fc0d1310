package transport

import (
	"net"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// maxDSCP is 6 bits (RFC 2474 §3).
const maxDSCP = 1<<6 - 1

// markStream gives all packets of a connection's own stream or socket a DSCP; best effort, for a network that
// does not know of it works as well.
func markStream(conn net.Conn, dscp uint8) {
	if dscp == 0 {
		return
	}
	tos := int(dscp) << 2
	_ = ipv6.NewConn(conn).SetTrafficClass(tos)
	_ = ipv4.NewConn(conn).SetTOS(tos)
}
