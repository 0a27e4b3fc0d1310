//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
)

// connectTimeout is for gathering on both sides, checks and DTLS.
const connectTimeout = 30 * time.Second

// The server and a peer find a way through what is between them: media of the peer comes back to it.
func TestNetworks(t *testing.T) {
	stun := fmt.Sprintf("stunServerAddress=%s\nstunServerPort=%d\n", turnAddress, turnPort)
	turn := func(transport string) string {
		return fmt.Sprintf("turnURL=%s:%s@%s:%d?transport=%s\n", turnUser, turnPassword, turnAddress, turnPort, transport)
	}
	ice := func(scheme, transport string) peerOptions {
		s := webrtc.ICEServer{URLs: []string{fmt.Sprintf("%s:%s:%d%s", scheme, turnAddress, turnPort, transport)}}
		if scheme == "turn" {
			s.Username, s.Credential, s.CredentialType = turnUser, turnPassword, webrtc.ICECredentialTypePassword
		}
		return peerOptions{ICEServers: []webrtc.ICEServer{s}}
	}
	relayOnly := ice("turn", "?transport=udp")
	relayOnly.RelayOnly = true
	for _, test := range []struct {
		name          string
		server, peer  nat
		config        string
		options       peerOptions
		local, remote string // kind of the peer's selected candidate, and of the server's; "": any but a relay
	}{
		{"both behind NAT, with STUN", coneNAT, coneNAT, stun, ice("stun", ""), "", ""},
		{"both behind NAT, with STUN, the server on one port", coneNAT, coneNAT, stun + "udpMuxPort=40000\n", ice("stun", ""), "", ""},
		{"both behind symmetric NAT, the server with TURN", symmetricNAT, symmetricNAT, turn("udp"), ice("stun", ""), "any", "relay"},
		{"both behind symmetric NAT, the peer with TURN", symmetricNAT, symmetricNAT, stun, ice("turn", "?transport=udp"), "relay", "any"},
		{"no UDP at the server but TURN over TCP", noUDP, coneNAT, turn("tcp"), ice("stun", ""), "any", "relay"},
		{"no UDP at the peer but TURN over TCP", coneNAT, noUDP, stun, ice("turn", "?transport=tcp"), "relay", "any"},
		{"no UDP anywhere but TURN over TCP", noUDP, noUDP, turn("tcp"), ice("turn", "?transport=tcp"), "relay", "relay"},
		{"a peer that wants relays only", coneNAT, coneNAT, stun, relayOnly, "relay", "any"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, test.server, test.peer)
			s := n.startServer(test.config)
			p := n.startPeer(test.options)
			s.call().loopback(p)
			r := p.report()
			t.Logf("%s to %s", r.Local, r.Remote)
			for _, kind := range [][2]string{{r.Local, test.local}, {r.Remote, test.remote}} {
				if got, want := kind[0], kind[1]; want == "" && got == "relay" || want == "relay" && got != "relay" {
					t.Errorf("candidate of type %q, want %q", got, want)
				}
			}
		})
	}
}

// Between symmetric NATs nothing but a relay helps: this proves the routers, and that the failure is told.
func TestNoWayThroughSymmetricNAT(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, symmetricNAT, symmetricNAT)
	s := n.startServer(fmt.Sprintf("stunServerAddress=%s:%d\n", turnAddress, turnPort))
	p := n.startPeer(peerOptions{ICEServers: []webrtc.ICEServer{{URLs: []string{fmt.Sprintf("stun:%s:%d", turnAddress, turnPort)}}}})
	s.call().exchange(p, func(e event) bool {
		if e.Type == "NewCandidatePairSelected" {
			t.Fatalf("connected: %v", e.Data)
		}
		return e.Type == "IceComponentStateChanged" && e.Data["state"] == "FAILED"
	})
}

// The peer's public address changes in the middle of a call; ICE starts anew, and the call goes on.
func TestTheCallGoesOnAfterAnICERestart(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, coneNAT, coneNAT)
	s := n.startServer(fmt.Sprintf("stunServerAddress=%s:%d\n", turnAddress, turnPort))
	p := n.startPeer(peerOptions{ICEServers: []webrtc.ICEServer{{URLs: []string{fmt.Sprintf("stun:%s:%d", turnAddress, turnPort)}}}})
	call := s.call()
	call.loopback(p)

	n.renumber("peer", "198.51.100.3")
	still, since := p.report().Packets, time.Now()
	eventually(t, connectTimeout, "silence", func() bool {
		if now := p.report().Packets; now != still {
			still, since = now, time.Now()
		}
		return time.Since(since) > time.Second/2
	})
	p.order(peerOrder{Restart: true})
	call.exchange(p, func(e event) bool { return e.Type == "IceComponentStateChanged" && e.Data["state"] == "READY" })
	eventually(t, connectTimeout, "media to come back", func() bool { return p.report().Packets >= still+enough })
}

// A netServer is the server in its namespace.
type netServer struct {
	*server
	network *network
}

// startServer runs the server in its network with the settings of WebRtcEndpoint.conf.ini.
func (n *network) startServer(settings string) *netServer {
	n.t.Helper()
	s := &netServer{newServer(n.t, 8888), n}
	main := s.writeConfig()
	file := filepath.Join(filepath.Dir(main), "modules", "kurento", "WebRtcEndpoint.conf.ini")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		n.t.Fatal(err)
	}
	s.cmd = n.command("server", filepath.Join(env.bin, "rivero"), "-f", main)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() { s.exited <- s.cmd.Wait() }()
	n.t.Cleanup(s.stop)
	return s
}

// dial connects to the control protocol as soon as the server is there.
func (s *netServer) dial() *rawConn {
	s.t.Helper()
	dialer := websocket.Dialer{NetDial: s.network.dialer("server")}
	var ws *websocket.Conn
	eventually(s.t, startTimeout, "the server", func() (ok bool) {
		var err error
		ws, _, err = dialer.Dial(s.url(), nil)
		return err == nil
	})
	s.t.Cleanup(func() { _ = ws.Close() })
	return &rawConn{t: s.t, ws: ws}
}

// A netCall is an endpoint of the server that is connected to itself.
type netCall struct {
	*rawConn
	endpoint string
}

func (s *netServer) call() *netCall {
	s.t.Helper()
	c := s.dial()
	pipeline := c.create("MediaPipeline", nil)
	endpoint := c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})
	c.invoke(endpoint, "connect", object{"sink": endpoint})
	for _, kind := range []string{"IceCandidateFound", "NewCandidatePairSelected", "IceComponentStateChanged"} {
		c.subscribe(endpoint, kind)
	}
	return &netCall{c, endpoint}
}

// enough is half a second of audio, in packets.
const enough = 25

// loopback sends the peer's media back to it and waits until enough has come.
func (c *netCall) loopback(p *netPeer) {
	c.t.Helper()
	c.exchange(p, func(e event) bool { return e.Type == "NewCandidatePairSelected" })
	eventually(c.t, connectTimeout, "media to come back", func() bool { return p.report().Packets >= enough })
}

// exchange answers the peer's offer and passes candidates on until an event of the endpoint. Events of before it gathers are of
// an exchange before.
func (c *netCall) exchange(p *netPeer, until func(event) bool) {
	c.t.Helper()
	select {
	case offer := <-p.offer:
		p.order(peerOrder{Answer: c.invoke(c.endpoint, "processOffer", object{"offer": offer})})
	case <-time.After(connectTimeout):
		c.t.Fatalf("no offer of the peer: %s", p.log.String())
	}
	c.invoke(c.endpoint, "gatherCandidates", nil)
	gathers := false
	for deadline := time.Now().Add(connectTimeout); ; {
		for len(c.events) > 0 {
			e := c.events[0]
			c.events = c.events[1:]
			gathers = gathers || e.Data["state"] == "GATHERING"
			if !gathers {
				continue
			}
			if candidate, ok := e.Data["candidate"].(object); ok && e.Type == "IceCandidateFound" {
				text, _ := candidate["candidate"].(string)
				p.order(peerOrder{Candidate: text})
			}
			if until(e) {
				return
			}
		}
		if e, ok := parseEvent(c.read(time.Until(deadline))); ok {
			c.events = append(c.events, e)
		}
	}
}

// A TURN server that refuses the password is told, once, and nobody is told the password.
func TestWrongTURNPassword(t *testing.T) {
	const wrong = "not-the-password"
	n := newNetwork(t, coneNAT, coneNAT)
	s := n.startServer(fmt.Sprintf("turnURL=%s:%s@%s:%d\n", turnUser, wrong, turnAddress, turnPort))
	c := s.dial()
	endpoint := c.create("WebRtcEndpoint", object{"mediaPipeline": c.create("MediaPipeline", nil)})
	for _, kind := range []string{"Error", "IceGatheringDone"} {
		c.subscribe(endpoint, kind)
	}
	c.invoke(endpoint, "generateOffer", nil)
	c.invoke(endpoint, "gatherCandidates", nil)
	var told []string
	for done := false; !done; {
		for ; len(c.events) > 0; c.events = c.events[1:] {
			if e := c.events[0]; e.Type == "Error" {
				told = append(told, fmt.Sprint(e.Data["description"]))
			} else {
				done = true
			}
		}
		if !done || len(told) == 0 {
			done = false
			if e, ok := parseEvent(c.read(connectTimeout)); ok {
				c.events = append(c.events, e)
			}
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], turnAddress) {
		t.Errorf("errors %q", told)
	}
	s.stop() // then its log is complete
	if log := s.log.String(); strings.Contains(log+told[0], wrong) || strings.Count(log, "server is not usable for candidates") != 1 {
		t.Errorf("told %q, log\n%s", told, log)
	}
	t.Log(told[0])
}
