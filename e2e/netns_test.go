//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A network is a small internet made of network namespaces: two private networks behind NAT routers, and a TURN
// server.
//
//	server 192.168.1.2 ── 192.168.1.1 router 198.51.100.1 ─┐
//	                                                       ├─ internet ── 198.51.100.10 coturn
//	peer   192.168.2.2 ── 192.168.2.1 router 198.51.100.2 ─┘
type network struct {
	t      *testing.T
	prefix string
}

// A nat is how a router treats what leaves its private network.
type nat string

const (
	// coneNAT keeps the port of a packet, whomever it is for; who was not spoken to does not get in.
	coneNAT nat = "cone"
	// symmetricNAT chooses a port for each destination, so nobody can tell it beforehand.
	symmetricNAT nat = "symmetric"
	// noUDP is a coneNAT that lets no UDP through.
	noUDP nat = "no UDP"
)

const (
	turnAddress  = "198.51.100.10"
	turnPort     = 3478
	turnUser     = "user"
	turnPassword = "s3cret"
)

var networks atomic.Int32 // made so far

// newNetwork builds the network, or skips the test where that cannot be done.
func newNetwork(t *testing.T, server, peer nat) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	for program, debian := range map[string]string{"ip": "iproute2", "nft": "nftables", "turnserver": "coturn"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%v: it is in the Debian package %s", err, debian)
		}
	}
	n := &network{t: t, prefix: fmt.Sprintf("rv%d-%d-", os.Getpid(), networks.Add(1))}
	if out, err := exec.Command("ip", "netns", "add", n.name("internet")).CombinedOutput(); err != nil {
		t.Skipf("no network namespaces here: %v: %s", err, out)
	}
	t.Cleanup(func() { n.remove("internet") })

	n.run("internet", "ip", "link", "add", "br0", "type", "bridge")
	n.run("internet", "ip", "link", "set", "br0", "up")
	// Packets to addresses that do not exist here vanish at the bridge: coturn drops an allocation when the
	// system tells it that a network is unreachable.
	n.run("internet", "ip", "address", "add", "198.51.100.254/24", "dev", "br0")
	n.host("turn", "internet", turnAddress+"/24", "198.51.100.254")
	n.private("server", 1, server)
	n.private("peer", 2, peer)
	n.startTURN(turnPort, turnAddress)
	return n
}

func (n *network) name(namespace string) string { return n.prefix + namespace }

// add makes a namespace.
func (n *network) add(namespace string) {
	n.t.Helper()
	n.root("ip", "netns", "add", n.name(namespace))
	n.t.Cleanup(func() { n.remove(namespace) })
	n.run(namespace, "ip", "link", "set", "lo", "up")
}

func (n *network) remove(namespace string) {
	if out, err := exec.Command("ip", "netns", "delete", n.name(namespace)).CombinedOutput(); err != nil {
		n.t.Errorf("removing %s: %v: %s", namespace, err, out)
	}
}

// host makes a namespace with one network card in the switch of another.
func (n *network) host(namespace, of, address, gateway string) {
	n.t.Helper()
	n.add(namespace)
	n.wire(namespace, "eth0", of, namespace)
	n.run(of, "ip", "link", "set", namespace, "master", "br0")
	n.run(namespace, "ip", "address", "add", address, "dev", "eth0")
	n.run(namespace, "ip", "route", "add", "default", "via", gateway)
}

// wire connects two namespaces.
func (n *network) wire(a, cardA, b, cardB string) {
	n.t.Helper()
	n.root("ip", "link", "add", cardA, "netns", n.name(a), "type", "veth", "peer", "name", cardB, "netns", n.name(b))
	n.run(a, "ip", "link", "set", cardA, "up")
	n.run(b, "ip", "link", "set", cardB, "up")
}

// private makes a host behind a router. The router drops what nobody behind it has asked for: else Linux
// would remember it as a connection of its own, and give the same port to nobody else.
func (n *network) private(namespace string, number int, kind nat) {
	n.t.Helper()
	router, inside := namespace+"-nat", fmt.Sprintf("192.168.%d.", number)
	n.host(router, "internet", fmt.Sprintf("198.51.100.%d/24", number), "198.51.100.254")
	n.add(namespace)
	n.wire(namespace, "eth0", router, "lan")
	n.run(router, "ip", "address", "add", inside+"1/24", "dev", "lan")
	n.run(namespace, "ip", "address", "add", inside+"2/24", "dev", "eth0")
	n.run(namespace, "ip", "route", "add", "default", "via", inside+"1")
	n.run(router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
	translate, udp := "masquerade", ""
	switch kind {
	case symmetricNAT:
		translate = "masquerade fully-random"
	case noUDP:
		udp = "meta l4proto udp drop"
	}
	rules := fmt.Sprintf(`
table ip nat {
	chain postrouting { type nat hook postrouting priority srcnat; oifname "eth0" %s; }
}
table ip filter {
	chain forward { type filter hook forward priority filter; policy drop
		%s
		ct state established,related accept
		iifname "lan" accept
	}
	chain input { type filter hook input priority filter; policy drop
		ct state established,related accept
		iifname "lan" accept
	}
}`, translate, udp)
	cmd := n.command(router, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("nft: %v: %s", err, out)
	}
}

// renumber gives a router another public address, as some providers do every night. What was under way is lost.
func (n *network) renumber(namespace, address string) {
	n.t.Helper()
	router := namespace + "-nat"
	n.run(router, "ip", "address", "flush", "dev", "eth0")
	n.run(router, "ip", "address", "add", address+"/24", "dev", "eth0")
	n.run(router, "ip", "route", "add", "default", "via", "198.51.100.254")
}

// startTURN runs coturn until the test ends. With a second address, and the port above for an alternative, it answers the
// questions of RFC 5780 too.
func (n *network) startTURN(port int, addresses ...string) {
	n.t.Helper()
	args := []string{"-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech", "--log-file=stdout",
		"--realm=test", "--user=" + turnUser + ":" + turnPassword, "--relay-ip=" + turnAddress,
		fmt.Sprint("--listening-port=", port), fmt.Sprint("--alt-listening-port=", port+1)}
	for _, address := range addresses {
		args = append(args, "--listening-ip="+address)
	}
	n.runTURN("turn", fmt.Sprintf("%s:%d", turnAddress, port), args...)
}

// runTURN runs coturn in a namespace until the test ends, and waits until it listens at address.
func (n *network) runTURN(namespace, address string, args ...string) (log *syncBuffer) {
	n.t.Helper()
	folder := n.t.TempDir()
	args = append([]string{"turnserver"}, args...)
	cmd := n.command(namespace, append(args, "--userdb="+filepath.Join(folder, "db"), "--pidfile="+filepath.Join(folder, "pid"))...)
	log = &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if n.t.Failed() {
			n.t.Logf("log of coturn:\n%s", log.String())
		}
	})
	eventually(n.t, startTimeout, "coturn", func() bool {
		conn, err := n.dial(namespace, address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return log
}

// command prepares a program that runs in a namespace. The process is the program itself.
func (n *network) command(namespace string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", n.name(namespace)}, args...)...)
}

func (n *network) run(namespace string, args ...string) {
	n.t.Helper()
	n.root("ip", append([]string{"netns", "exec", n.name(namespace)}, args...)...)
}

func (n *network) root(program string, args ...string) {
	n.t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		n.t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, out.String())
	}
}

// dialer is dial for a namespace, as WebSocket clients want it.
func (n *network) dialer(namespace string) func(_, address string) (net.Conn, error) {
	return func(_, address string) (net.Conn, error) { return n.dial(namespace, address) }
}

// dial connects from within a namespace. A socket belongs to the namespace of the thread that makes it.
func (n *network) dial(namespace, address string) (net.Conn, error) {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	defer home.Close()
	there, err := os.Open(filepath.Join("/run/netns", n.name(namespace)))
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	conn, err := net.DialTimeout("tcp4", address, time.Second)
	if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread() // else the thread ends with its goroutine
	}
	return conn, err
}
