package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// forget empties what s has heard of its connection so far.
func (s *side) forget() {
	s.waitFor("done")
	s.record(func() { s.log, s.candidates, s.onCand = nil, nil, nil })
}

// restart restarts ICE between two sides: the first offers.
func restart(t testing.TB, a, b *side, aClient bool) {
	t.Helper()
	a.forget()
	b.forget()
	for _, f := range []func() error{
		a.Restart,
		b.Restart,
		func() error { return b.Renegotiate(remoteOf(a, !aClient, false)) },
		func() error { return a.Renegotiate(remoteOf(b, aClient, true)) },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	a.waitFor("done")
	b.waitFor("done")
	for _, way := range [][2]*side{{a, b}, {b, a}} {
		for _, text := range way[0].candidates {
			if err := way[1].AddRemoteCandidate(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.waitFor("ice READY")
	b.waitFor("ice READY")
}

// streaming sends a packet every 2 ms until stop is called, which returns how many it were.
func streaming(from *side) (stop func() int) {
	end, sent := make(chan bool), make(chan int)
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		var burst media.Burst
		for n := 0; ; n++ {
			select {
			case <-end:
				sent <- n
				return
			case <-tick.C:
				from.WriteRTP(&rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: uint16(n), SSRC: 99}, []byte("x"), &burst)
				burst.Flush()
			}
		}
	}()
	return func() int { close(end); return <-sent }
}

// complete waits until n streamed packets have arrived and checks that none is missing.
func complete(t *testing.T, at *side, n int) {
	t.Helper()
	stream := func() (seqs []uint16) {
		for _, p := range at.rtp {
			if p.SSRC == 99 {
				seqs = append(seqs, p.SequenceNumber)
			}
		}
		return seqs
	}
	at.wait(fmt.Sprint(n, " packets"), func() bool { return len(stream()) >= n })
	at.mu.Lock()
	defer at.mu.Unlock()
	got := stream()
	slices.Sort(got)
	for i, seq := range got {
		if int(seq) != i {
			t.Fatalf("packet %d is missing of %d", i, n)
		}
	}
}

var restartStates = []string{"ice GATHERING", "ice CONNECTING", "ice CONNECTED", "ice READY"}

func TestNoPacketIsLostWhileICERestarts(t *testing.T) {
	t.Parallel()
	udp, _, _ := newTURN(t)
	lo := PoolConfig{Sockets: 1, Interfaces: []string{loopbackName(t)}}
	for name, make := range map[string]func() (a, b ConnConfig){
		"of two servers": func() (a, b ConnConfig) {
			return ConnConfig{Pool: newTestPool(t, lo)}, ConnConfig{Pool: newTestPool(t, lo)}
		},
		"within one server": func() (a, b ConnConfig) { a.Pool = newTestPool(t, lo); return a, a },
		"through a TURN server": func() (a, b ConnConfig) {
			relayed := ConnConfig{Pool: newTestPool(t, lo), RelayOnly: true, TURN: []TURN{{udp, "user", "pass", ""}}}
			return relayed, ConnConfig{Pool: newTestPool(t, lo)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			aCfg, bCfg := make()
			a, b := newSide(t, aCfg), newSide(t, bCfg)
			connect(t, a, b)
			stopA, stopB := streaming(a), streaming(b)
			for i := range 3 {
				offerer, answerer := a, b
				if i == 1 {
					offerer, answerer = b, a // which changes the ICE roles too
				}
				before := offerer.LocalUfrag() + offerer.LocalPwd()
				restart(t, offerer, answerer, offerer == b)
				if offerer.LocalUfrag()+offerer.LocalPwd() == before {
					t.Error("the credentials are the old ones")
				}
				for _, s := range []*side{a, b} {
					if got := s.heard("ice"); !slices.Equal(got, restartStates) {
						t.Errorf("restart %d: states %v", i, got)
					}
					if got := s.heard("dtls"); got != nil {
						t.Errorf("restart %d: DTLS was told %v", i, got)
					}
					if len(s.heard("pair")) == 0 || len(s.heard("candidate")) == 0 {
						t.Errorf("restart %d: heard %v", i, s.heard(""))
					}
				}
			}
			sentA, sentB := stopA(), stopB()
			complete(t, b, sentA)
			complete(t, a, sentB)
			if d := a.Stats().SendDropped + b.Stats().SendDropped; d > 0 {
				t.Errorf("%d packets dropped", d)
			}
		})
	}
}

func TestTheOldRunOfICEEndsAWhileAfterTheNewOneHasAPair(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, PoolConfig{Sockets: 1})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Sockets: 1})})
	connect(t, a, b)
	old := a.now
	restart(t, a, b, false)
	host := a.host(a.now.sockets[0])
	until(t, "end of the old run", func() {}, func() bool {
		host.mu.Lock()
		defer host.mu.Unlock()
		return len(host.agents) == 1 && host.agents[0].of == a.now
	})
	if _, err := old.agent.GetLocalCandidates(); err == nil {
		t.Error("the old agent still runs")
	}
	exchange(t, a, b, 10)
	exchange(t, b, a, 10)
}

func TestRestartWhenThePeerHasMoved(t *testing.T) {
	for _, lost := range []ice.ConnectionState{ice.ConnectionStateDisconnected, ice.ConnectionStateFailed} {
		t.Run(lost.String(), func(t *testing.T) {
			s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
			at := begin(t, s)
			before, after := newHandPeer(t, at.Addr()), newHandPeer(t, at.Addr())
			until(t, "pair", func() { before.check(s, at, true, highPriority) }, func() bool { return destined(s) == before.addr() })
			before.record(func() { before.silent = true })
			s.waitFor("ice READY")
			s.now.agentState(lost)
			s.waitFor(map[ice.ConnectionState]string{ice.ConnectionStateDisconnected: "ice DISCONNECTED", ice.ConnectionStateFailed: "ice FAILED"}[lost])
			s.forget()
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
			after.ufrag, after.pwd = "moved", "password-of-a-peer-that-moved"
			if err := s.Renegotiate(handRemote(s, after.ufrag, after.pwd)); err != nil {
				t.Fatal(err)
			}
			until(t, "new pair", func() { after.check(s, at, true, highPriority) }, func() bool { return destined(s) == after.addr() })
			s.waitFor("ice READY")
			if got := s.heard("ice"); !slices.Equal(got, restartStates) {
				t.Errorf("states %v", got)
			}
		})
	}
}

// The peer's next description may never come; then the old pair is what there is.
func TestALossIsToldWhenARestartIsNotAnswered(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	at := begin(t, s)
	p := newHandPeer(t, at.Addr())
	until(t, "pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	for range 3 { // each gives up the one before
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	if destined(s) != p.addr() {
		t.Error("nothing is sent over the old pair")
	}
	s.old.agentState(ice.ConnectionStateFailed)
	s.waitFor("ice FAILED")
	if destined(s).IsValid() {
		t.Error("a peer that has been given up still gets media")
	}
}

// What is given up has checked the address that the old pair has, too.
func TestARestartThatIsGivenUpLeavesTheOldPairAlone(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Sockets: 1})})
	at := begin(t, s)
	p := newHandPeer(t, at.Addr())
	until(t, "pair", func() { p.check(s, at, true, highPriority) }, func() bool { return destined(s) == p.addr() })
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := s.Renegotiate(handRemote(s, "next", "a-password-that-the-peer-has-not")); err != nil {
		t.Fatal(err)
	}
	if err := s.AddRemoteCandidate("candidate:1 1 UDP 1 " + p.addr().Addr().String() + " " + portText(p.addr()) + " typ host"); err != nil {
		t.Fatal(err)
	}
	given, host := s.now, s.host(s.now.sockets[0])
	user := func() *generation {
		host.mu.Lock()
		defer host.mu.Unlock()
		if d := host.peers[p.addr()]; d != nil {
			return d.user
		}
		return nil
	}
	until(t, "check of the new run", func() {}, func() bool { return user() == given })
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	until(t, "end of what was given up", func() {}, func() bool { return user() != given })
	if user() != s.old || owner(s, p) != s.Conn {
		t.Error("packets of the old pair are not known any more")
	}
}

func TestARestartThatFindsNothingIsToldAsAFailure(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, a, b)
	a.forget()
	b.forget()
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := a.AddRemoteCandidate("candidate:1 1 UDP 1 192.0.2.99 9 typ host"); err != nil {
		t.Fatal(err)
	}
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := a.Renegotiate(remoteOf(b, false, true)); err != nil {
		t.Fatal(err)
	}
	a.waitFor("ice FAILED")
	exchange(t, a, b, 5) // the old pair is not lost
	if err := b.Renegotiate(remoteOf(a, true, false)); err != nil {
		t.Fatal(err)
	}
	a.waitFor("done")
	for _, text := range a.candidates {
		if err := b.AddRemoteCandidate(text); err != nil {
			t.Fatal(err)
		}
	}
	a.waitFor("ice READY")
	want := []string{"ice GATHERING", "ice CONNECTING", "ice FAILED", "ice CONNECTING", "ice CONNECTED", "ice READY"}
	if got := a.heard("ice"); !slices.Equal(got, want) {
		t.Errorf("states %v, want %v", got, want)
	}
	exchange(t, b, a, 5)
}

func TestRenegotiateRefusesWhatItCannotDo(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	peer := remoteOf(b, false, true)
	if err := a.Renegotiate(peer); !errors.Is(err, ErrNotStarted) {
		t.Errorf("before Start: %v", err)
	}
	connect(t, a, b)
	a.forget()
	for want, change := range map[error]func(*Remote){
		ErrNewAssociation: func(r *Remote) { r.Fingerprints = []Fingerprint{{"sha-256", strings.Repeat("00:", 31) + "00"}} },
		ErrNotRestarted:   func(r *Remote) { r.Ufrag = "other" },
		nil:               func(r *Remote) { r.Fingerprints[0].Value = strings.ToLower(r.Fingerprints[0].Value) },
	} {
		changed := remoteOf(b, false, true)
		change(&changed)
		if err := a.Renegotiate(changed); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if err := a.Renegotiate(remoteOf(b, true, true)); !errors.Is(err, ErrNewAssociation) {
		t.Errorf("other DTLS role: %v", err)
	}
	if got := a.heard(""); got != nil {
		t.Errorf("heard %v", got)
	}
	exchange(t, a, b, 3)
	a.Close()
	if err := a.Restart(); !errors.Is(err, ErrClosed) {
		t.Errorf("restart after Close: %v", err)
	}
	if err := a.Renegotiate(peer); !errors.Is(err, ErrClosed) {
		t.Errorf("renegotiation after Close: %v", err)
	}
}

func TestRestartBeforeAnythingElseChangesTheCredentials(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	old := a.LocalUfrag()
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	if a.LocalUfrag() == old {
		t.Error("the credentials are the old ones")
	}
	if err := b.Gather(); err != nil {
		t.Fatal(err)
	}
	if err := b.Restart(); err != nil { // gives up what it has gathered
		t.Fatal(err)
	}
	connect(t, a, b)
	exchange(t, a, b, 3)
}

func TestCloseWhileICERestarts(t *testing.T) {
	for _, stage := range []string{"restarted", "renegotiated", "ice READY"} {
		pool := newTestPool(t, PoolConfig{Sockets: 1})
		a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
		connect(t, a, b)
		if stage == "ice READY" {
			restart(t, a, b, false)
		} else if err := errors.Join(a.Restart(), b.Restart()); err != nil {
			t.Fatal(err)
		}
		if stage == "renegotiated" {
			if err := errors.Join(b.Renegotiate(remoteOf(a, true, false)), a.Renegotiate(remoteOf(b, false, true))); err != nil {
				t.Fatal(err)
			}
		}
		a.Close()
		b.Close()
		for _, one := range pool.ports {
			for _, s := range one.sockets {
				s.mu.RLock()
				if len(s.byPeer)+len(s.byUfrag) > 0 {
					t.Errorf("%s: closed connections left %v %v", stage, s.byPeer, s.byUfrag)
				}
				s.mu.RUnlock()
			}
		}
	}
}

// restartWith restarts ICE with a browser that offers it or answers.
func (b *browser) restartWith(s *side, offers bool) {
	b.t.Helper()
	s.forget()
	client := s.remote.DTLSClient
	setup := map[bool]string{true: "active", false: "passive"}[client]
	var d webrtc.SessionDescription
	var err error
	if offers {
		if d, err = b.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true}); err == nil {
			err = errors.Join(b.pc.SetLocalDescription(d), s.Restart())
		}
		if err == nil {
			b.trickleTo(s)
			err = s.Renegotiate(remoteFrom(b.t, d.SDP, client, false))
		}
		if err == nil {
			err = b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: describe(s, setup)})
		}
	} else {
		if err = s.Restart(); err == nil {
			err = b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: describe(s, "actpass")})
		}
		if err == nil {
			b.trickleTo(s)
			d, err = b.pc.CreateAnswer(nil)
		}
		if err == nil {
			err = b.pc.SetLocalDescription(d)
		}
		if err == nil {
			err = s.Renegotiate(remoteFrom(b.t, d.SDP, client, true))
		}
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.trickleFrom(s)
	s.waitFor("ice READY")
}

func TestICERestartWithAPeerConnection(t *testing.T) {
	for _, offers := range []bool{true, false} {
		t.Run(fmt.Sprint("peer offers: ", offers), func(t *testing.T) {
			t.Parallel()
			s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Sockets: 1})})
			b := newBrowser(t, srtp.AES128CMSHA1_80)
			if offers {
				b.offer(s)
			} else {
				b.answer(s)
			}
			s.waitFor("dtls CONNECTED")
			testMediaWith(t, s, b)
			for i := range 4 {
				b.restartWith(s, i%2 == 0)
				if got := s.heard("ice"); !slices.Equal(got, restartStates) {
					t.Errorf("states %v", got)
				}
				s.record(func() { s.rtp, s.rtcp = nil, nil })
				for len(b.got) > 0 {
					<-b.got
				}
				testMediaWith(t, s, b)
			}
		})
	}
}

func TestICERestartOverTCP(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}, MuxPort: freeRange(t, 1)}), ICETCP: true})
	b := newBrowserTCP(t)
	b.offer(s)
	s.waitFor("dtls CONNECTED")
	testMediaWith(t, s, b)
	b.restartWith(s, true)
	s.record(func() { s.rtp, s.rtcp = nil, nil })
	testMediaWith(t, s, b)
	if got := s.Stats().Local; !strings.Contains(got, " TCP ") {
		t.Errorf("selected %q", got)
	}
}

func TestDataChannelsThatAreNegotiatedLater(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	cfg := ConnConfig{Pool: pool, KeepDTLS: true}
	a, b := newSide(t, cfg), newSide(t, cfg)
	connect(t, a, b)
	exchange(t, a, b, 3)
	exchange(t, b, a, 3)
	a.sctp, b.sctp = browserPorts, browserPorts
	for range 2 { // the second time changes nothing
		if err := errors.Join(b.Renegotiate(remoteOf(a, true, false)), a.Renegotiate(remoteOf(b, false, true))); err != nil {
			t.Fatal(err)
		}
	}
	openBetween(t, a, b, ChannelConfig{Ordered: true, MaxPacketLifeTime: -1, MaxRetransmits: -1})
	a.SendMessage(true, []byte("late"))
	b.waitForMessages("text late")
	restart(t, a, b, false)
	b.SendMessage(true, []byte("after a restart"))
	a.waitForMessages("text after a restart")
	exchange(t, a, b, 3)
}

func TestDataChannelsThatComeTooLate(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, a, b)
	exchange(t, b, a, 3) // a is the DTLS server, which waits for media
	a.sctp, b.sctp = browserPorts, browserPorts
	for _, err := range []error{b.Renegotiate(remoteOf(a, true, false)), a.Renegotiate(remoteOf(b, false, true))} {
		if !errors.Is(err, ErrDTLSRetired) {
			t.Errorf("data channels without DTLS: %v", err)
		}
	}
	if _, err := a.OpenChannel(ChannelConfig{}); !errors.Is(err, ErrNoChannels) {
		t.Errorf("a channel all the same: %v", err)
	}
}

func TestCloseIsHeardByWhoKeepsDTLS(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	for _, role := range []string{"client", "server"} {
		server, client := newSide(t, ConnConfig{Pool: pool, KeepDTLS: true}), newSide(t, ConnConfig{Pool: pool, KeepDTLS: true})
		connect(t, server, client)
		exchange(t, server, client, 3)
		exchange(t, client, server, 3)
		if role == "client" {
			server, client = client, server
		}
		client.Close()
		server.waitFor("dtls CLOSED")
	}
}
