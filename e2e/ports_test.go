//go:build e2e

package e2e

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// Ports for tests are below those that the system gives to sockets without one (32768 and more), and none is given twice,
// so that nothing takes them before they are used. Another run beside this one begins elsewhere.
const firstPort, lastPort = 20000, 29999

var (
	portsFrom  = rand.Uint32N((lastPort - firstPort + 1) / 2)
	portsGiven atomic.Uint32
)

// freePort is a port for a server.
func freePort(t *testing.T) int { return freePair(t) }

// freePair is an even port for RTP; the one behind it, for RTCP, is free too.
func freePair(t *testing.T) int {
	t.Helper()
	const pairs = (lastPort - firstPort + 1) / 2
	for range pairs {
		port := firstPort + 2*int((portsFrom+portsGiven.Add(1))%pairs)
		if isFree(port) && isFree(port+1) {
			return port
		}
	}
	t.Fatalf("no two ports in a row are free from %d to %d", firstPort, lastPort)
	return 0
}

// isFree tells whether a port can be opened.
func isFree(port int) bool {
	address := net.JoinHostPort("", strconv.Itoa(port))
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer l.Close()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	defer c.Close()
	return true
}
