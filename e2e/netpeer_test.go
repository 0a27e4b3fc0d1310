//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// A netPeer is a Pion peer in a process of its own, which runs in a namespace: this program again, told so by a
// variable. They talk in lines of JSON over its standard input and output.
type netPeer struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	log   syncBuffer

	mu    sync.Mutex
	last  peerReport
	offer chan string
}

// peerOptions is what the peer is told at its start.
type peerOptions struct {
	ICEServers []webrtc.ICEServer
	RelayOnly  bool
}

// peerOrder is what it is told later, peerReport what it tells.
type peerOrder struct {
	Answer, Candidate string
	Restart           bool // offer again, with ICE anew
}

type peerReport struct {
	Offer         string
	State         string
	Packets       int64  // that have come back
	Local, Remote string // kinds of the selected candidates
	Port          uint16 // the server's
}

const peerVariable = "RIVERO_NETWORK_PEER"

// The peer's process does nothing of the tests.
func init() {
	text := os.Getenv(peerVariable)
	if text == "" {
		return
	}
	if err := runPeer(text); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runPeer(text string) error {
	var options peerOptions
	if err := json.Unmarshal([]byte(text), &options); err != nil {
		return err
	}
	config := webrtc.Configuration{ICEServers: options.ICEServers}
	if options.RelayOnly {
		config.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	pc, err := webrtc.NewPeerConnection(config)
	if err != nil {
		return err
	}
	defer pc.Close()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "peer")
	if err != nil {
		return err
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return err
	}
	var packets atomic.Int64
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			if _, _, err := remote.ReadRTP(); err != nil {
				return
			}
			packets.Add(1)
		}
	})
	gathered := make(chan bool, 1)
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			gathered <- true
		}
	})
	tell := json.NewEncoder(os.Stdout)
	negotiate := func(restart bool) error {
		offer, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
		if err == nil {
			err = pc.SetLocalDescription(offer)
		}
		if err != nil {
			return err
		}
		<-gathered
		return tell.Encode(peerReport{Offer: pc.LocalDescription().SDP})
	}
	if err := negotiate(false); err != nil {
		return err
	}

	orders := make(chan peerOrder)
	go func() {
		defer close(orders)
		for in := json.NewDecoder(os.Stdin); ; {
			var o peerOrder
			if in.Decode(&o) != nil {
				return
			}
			orders <- o
		}
	}()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for n := uint16(0); ; n++ {
		select {
		case o, more := <-orders:
			switch {
			case !more:
				return nil
			case o.Restart:
				err = negotiate(true)
			case o.Answer != "":
				err = pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: o.Answer})
			default:
				err = pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: o.Candidate})
			}
			if err != nil {
				return err
			}
		case <-pace.C:
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte{0xf8, 0xff, 0xfe}}
			if err := track.WriteRTP(p); err != nil {
				return err
			}
			report := peerReport{State: pc.ConnectionState().String(), Packets: packets.Load()}
			if pair, err := sender.Transport().ICETransport().GetSelectedCandidatePair(); err == nil && pair != nil {
				report.Local, report.Remote = pair.Local.Typ.String(), pair.Remote.Typ.String()
				report.Port = pair.Remote.Port
			}
			if err := tell.Encode(report); err != nil {
				return err
			}
		}
	}
}

// startPeer starts a peer in the peer's network.
func (n *network) startPeer(options peerOptions) *netPeer {
	n.t.Helper()
	p := &netPeer{t: n.t, offer: make(chan string, 1)}
	p.cmd = n.command("peer", os.Args[0])
	p.cmd.Env = append(os.Environ(), peerVariable+"="+encode(n.t, options))
	p.cmd.Stderr = &p.log
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		p.stdin, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	heard := make(chan bool)
	go func() {
		defer close(heard)
		p.hear(stdout)
	}()
	n.t.Cleanup(func() {
		p.stdin.Close()
		late := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
		defer late.Stop()
		<-heard
		if err := p.cmd.Wait(); err != nil {
			n.t.Errorf("the peer ended with %v: %s", err, p.log.String())
		}
	})
	return p
}

func (p *netPeer) hear(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r peerReport
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		if r.Offer != "" {
			p.offer <- r.Offer
			continue
		}
		p.mu.Lock()
		p.last = r
		p.mu.Unlock()
	}
}

// order tells the peer something; it may have ended.
func (p *netPeer) order(o peerOrder) {
	p.t.Helper()
	if err := json.NewEncoder(p.stdin).Encode(o); err != nil {
		p.t.Fatalf("telling the peer: %v: %s", err, p.log.String())
	}
}

func (p *netPeer) report() peerReport {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}
