//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A finding is one line of `rivero doctor -json`.
type finding struct{ Check, Subject, Status, Text, Advice string }

func (f finding) String() string {
	return strings.Join(strings.Fields(strings.Join([]string{f.Status, f.Check, f.Subject, f.Text, f.Advice}, " ")), " ")
}

// examine runs the doctor at the server's place in the network with the settings of WebRtcEndpoint.conf.ini; minPort and
// maxPort are 5000 and 5050. It returns what was found, and whether the exit status was a failure.
func (n *network) examine(settings string) (findings []finding, failed bool) {
	n.t.Helper()
	main := newServer(n.t, 8888).writeConfig()
	writeFile(n.t, webRtcFile(main), settings)
	writeFile(n.t, filepath.Join(filepath.Dir(webRtcFile(main)), "BaseRtpEndpoint.conf.ini"), "minPort=5000\nmaxPort=5050\n")
	return runDoctor(n.t, n.command("server", filepath.Join(env.bin, "rivero"), "doctor", "-json", "-f", main))
}

func runDoctor(t *testing.T, cmd *exec.Cmd) (findings []finding, failed bool) {
	t.Helper()
	out, err := cmd.Output()
	var status *exec.ExitError
	if failed = errors.As(err, &status); err != nil && !failed {
		t.Fatal(err)
	}
	var report struct{ Findings []finding }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range report.Findings {
		t.Log(f)
	}
	return report.Findings, failed
}

func TestDoctorInNetworks(t *testing.T) {
	const stunPort = 3479 // of the coturn that has two addresses
	stun := fmt.Sprintf("stunServerAddress=%s\nstunServerPort=%d\n", turnAddress, stunPort)
	turn := func(password, transport string) string {
		return fmt.Sprintf("turnURL=%s:%s@%s:%d?transport=%s\n", turnUser, password, turnAddress, turnPort, transport)
	}
	input := func(rule string) func(*network) { return func(n *network) { n.firewall("server", rule) } }
	for _, test := range []struct {
		name     string
		nat      nat
		prepare  func(*network)
		settings string
		failed   bool
		want     []string // each a part of a finding
	}{
		{name: "all is well", nat: coneNAT, settings: stun + turn(turnPassword, "udp"), want: []string{
			"ok control ws port 8888 is free", "ok addresses 192.168.1.2 (eth0)", "ok udp 51 of 51 ports",
			"ok stun 198.51.100.10:3479 sees port 5000 as 198.51.100.1:5000",
			"ok nat the public address is 198.51.100.1, filtering is address- and port-dependent, mapping is endpoint-independent",
			"ok turn 198.51.100.10:3478 udp gives the relayed address 198.51.100.10:", "ok relay 198.51.100.10:3478 udp passes messages on, from and to 198.51.100.1:",
		}},
		{name: "wrong password", nat: coneNAT, settings: turn("not-the-password", "udp"), failed: true, want: []string{
			"failure turn 198.51.100.10:3478 udp wrong user name or password (error 401)",
		}},
		{name: "symmetric NAT", nat: symmetricNAT, settings: stun + turn(turnPassword, "udp"), want: []string{
			"warning nat the public address is 198.51.100.1, filtering is address- and port-dependent, mapping is addr", "ok relay",
		}},
		{name: "no UDP", nat: noUDP, settings: stun + turn(turnPassword, "tcp"), failed: true, want: []string{
			"failure stun 198.51.100.10:3479 no answer", "ok turn 198.51.100.10:3478 tcp", "ok relay 198.51.100.10:3478 tcp passes messages on, from and to 198.51.100.10:",
		}},
		{name: "no UDP, TURN over UDP", nat: noUDP, settings: turn(turnPassword, "udp"), failed: true, want: []string{
			"failure turn 198.51.100.10:3478 udp no answer Where UDP is blocked, ?transport=tcp may get through.",
		}},
		{name: "closed ports", nat: coneNAT, prepare: input("udp dport 5000-5050 drop"), settings: stun, failed: true, want: []string{
			"failure stun 198.51.100.10:3479 answers port ", "but not port 5000 of the range 5000 to 5050 A firewall closes the range",
		}},
		{name: "external address without forwarded ports", nat: coneNAT, settings: "externalIPv4=198.51.100.1\n" + turn(turnPassword, "udp"), failed: true, want: []string{
			"failure outside 198.51.100.1:5000 a message of the TURN server does not reach it: nothing arrives Open UDP ports 5000 to 5050",
		}},
		{name: "external address with forwarded ports", nat: coneNAT, settings: "externalIPv4=198.51.100.1\n" + turn(turnPassword, "udp"),
			prepare: func(n *network) { n.forward("server", "192.168.1.2", "5000-5050") }, want: []string{
				"ok outside 198.51.100.1:5000 can be reached from outside",
			}},
		{name: "another external address", nat: coneNAT, settings: "externalIPv4=198.51.100.77\n" + stun, want: []string{
			"warning nat externalIPv4 is 198.51.100.77, but STUN sees 198.51.100.1",
		}},
		{name: "names that do not exist", nat: coneNAT, settings: "networkInterfaces=eth0,eth7\nstunServerAddress=stun.invalid\n", failed: true, want: []string{
			"failure addresses eth7 networkInterfaces names an interface that this machine does not have", "failure stun stun.invalid:3478 ",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, test.nat, coneNAT)
			n.run("turn", "ip", "address", "add", "198.51.100.11/24", "dev", "eth0")
			n.startTURN(stunPort, turnAddress, "198.51.100.11")
			if test.prepare != nil {
				test.prepare(n)
			}
			findings, failed := n.examine(test.settings)
			if failed != test.failed {
				t.Errorf("exit status says failed: %v, want %v", failed, test.failed)
			}
			all := fmt.Sprint(findings)
			for _, want := range test.want {
				if !strings.Contains(all, want) {
					t.Errorf("there is no finding with %q", want)
				}
			}
			if strings.Contains(all, turnPassword) || strings.Contains(all, "not-the-password") {
				t.Error("a password is told")
			}
		})
	}
}

// firewall adds a rule for what comes in.
func (n *network) firewall(namespace, rule string) {
	n.t.Helper()
	n.run(namespace, "nft", "add table ip guard; add chain ip guard input { type filter hook input priority filter; }; add rule ip guard input "+rule)
}

// forward makes the router of a host pass UDP ports on to it.
func (n *network) forward(namespace, address, ports string) {
	n.t.Helper()
	router := namespace + "-nat"
	n.run(router, "nft", fmt.Sprintf(`add chain ip nat prerouting { type nat hook prerouting priority dstnat; };
		add rule ip nat prerouting iifname "eth0" udp dport %s dnat to %s;
		insert rule ip filter forward ct status dnat accept`, ports, address))
}

// The doctor judges certificates, and knows a server that runs from a stranger at its port.
func TestDoctorAtHome(t *testing.T) {
	t.Parallel()
	s := newServer(t, freePort(t))
	main := s.writeConfig()
	securePort := freePort(t)
	text := fmt.Sprintf(`{"mediaServer": {"net": {"websocket": {"port": %d, "secure": {"port": %d, "certificate": "cert+key.pem"}}}}}`, s.port, securePort)
	writeFile(t, main, text)
	certificate := filepath.Join(filepath.Dir(main), "cert+key.pem")
	has := func(want string) bool {
		t.Helper()
		findings, _ := runDoctor(t, exec.Command(filepath.Join(env.bin, "rivero"), "doctor", "-json", "-f", main))
		return strings.Contains(fmt.Sprint(findings), want)
	}
	if !has("failure certificate wss certificate: open " + certificate) {
		t.Error("a missing certificate is not told")
	}
	for _, test := range []struct {
		until time.Duration
		want  string
	}{
		{-time.Hour, "failure certificate wss " + certificate + " expired on "},
		{24 * time.Hour, "warning certificate wss " + certificate + " expires on "},
		{365 * 24 * time.Hour, "ok certificate wss " + certificate + " is valid until "},
	} {
		writeCertificateUntil(t, certificate, time.Now().Add(test.until))
		if !has(test.want) {
			t.Errorf("there is no finding with %q", test.want)
		}
	}
	s.start("-f", main)
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	if want := fmt.Sprintf("ok control ws a server answers at port %d", s.port); !has(want) {
		t.Errorf("there is no finding with %q", want)
	}
	if want := fmt.Sprintf("ok control wss a server answers at port %d", securePort); !has(want) {
		t.Errorf("there is no finding with %q", want)
	}
}
