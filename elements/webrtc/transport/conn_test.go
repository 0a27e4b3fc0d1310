package transport

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestTwoConnectionsOfOnePoolTalk(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, a, b)
	exchange(t, a, b, 20)
	exchange(t, b, a, 20)
	a.WriteRTCP([]byte{0x80, 201, 0, 1, 0, 0, 0, 7})
	b.wait("RTCP", func() bool { return len(b.rtcp) == 1 })
}

func TestEventsComeInKurentosOrder(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, a, b)
	for _, s := range []*side{a, b} {
		got := slices.DeleteFunc(slices.Concat(s.heard("ice"), s.heard("dtls")), func(e string) bool { return e == "candidate" })
		want := []string{"ice GATHERING", "ice CONNECTING", "ice CONNECTED", "ice READY", "dtls NEW", "dtls CONNECTING", "dtls CONNECTED"}
		if !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
		s.mu.Lock()
		order := s.log
		s.mu.Unlock()
		at := func(e string) int { return slices.Index(order, e) }
		if !(at("ice GATHERING") < at("candidate") && at("candidate") < at("done") && at("ice CONNECTING") < at("pair") &&
			at("pair") < at("ice CONNECTED") && at("ice READY") < at("dtls CONNECTING")) {
			t.Errorf("order %v", order)
		}
		for _, c := range s.candidates {
			if !strings.HasPrefix(c, "candidate:") || strings.Fields(c)[1] != "1" {
				t.Errorf("candidate %q", c)
			}
		}
	}
}

// Several connections between the same two sockets: without sockets of their
// own they could not be told apart.
func TestConnectionsBetweenTheSameSocketsAreToldApart(t *testing.T) {
	one, two := newTestPool(t, PoolConfig{Sockets: 1}), newTestPool(t, PoolConfig{Sockets: 1})
	for name, pools := range map[string][2]*Pool{"within a server": {one, one}, "of two servers": {one, two}} {
		t.Run(name, func(t *testing.T) {
			var as, bs []*side
			for i := range 4 {
				a, b := newSide(t, ConnConfig{Pool: pools[0]}), newSide(t, ConnConfig{Pool: pools[1]})
				if i%2 == 1 {
					a, b = b, a
				}
				join(t, a, b)
				as, bs = append(as, a), append(bs, b)
			}
			for i := range as {
				as[i].waitFor("dtls CONNECTED")
				bs[i].waitFor("dtls CONNECTED")
			}
			for i := range as {
				exchange(t, as[i], bs[i], 10)
				exchange(t, bs[i], as[i], 10)
			}
		})
	}
}

func TestCandidatesMayComeBeforeStartAndGather(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	if err := a.Gather(); err != nil {
		t.Fatal(err)
	}
	a.waitFor("done")
	for _, c := range a.candidates {
		if err := b.AddRemoteCandidate(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Gather(); err != nil {
		t.Fatal(err)
	}
	b.waitFor("done")
	for _, c := range b.candidates {
		if err := a.AddRemoteCandidate(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Start(remoteOf(b, false, true)); err != nil {
		t.Fatal(err)
	}
	if err := b.Start(remoteOf(a, true, false)); err != nil {
		t.Fatal(err)
	}
	a.waitFor("dtls CONNECTED")
	b.waitFor("dtls CONNECTED")
	exchange(t, b, a, 3)
}

func TestNothingIsHeardBeforeGather(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	if err := a.AddRemoteCandidate("candidate:1 1 UDP 1 192.0.2.99 9 typ host"); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(remoteOf(b, false, true)); err != nil {
		t.Fatal(err)
	}
	a.waitFor("dtls NEW")
	if got := a.heard("ice"); got != nil || len(a.candidates) > 0 || pool.Stats().Sockets > 0 {
		t.Errorf("heard %v, candidates %v, %d sockets", got, a.candidates, pool.Stats().Sockets)
	}
}

// A candidate that does not answer is told as a failure when Kurento tells it; one that comes later connects all the same.
func TestLateCandidateAfterFailureConnects(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	if err := a.AddRemoteCandidate("candidate:1 1 UDP 1 192.0.2.99 9 typ host"); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(remoteOf(b, false, true)); err != nil {
		t.Fatal(err)
	}
	if err := a.Gather(); err != nil {
		t.Fatal(err)
	}
	a.waitFor("ice FAILED")
	if err := b.Start(remoteOf(a, true, false)); err != nil {
		t.Fatal(err)
	}
	if err := b.Gather(); err != nil {
		t.Fatal(err)
	}
	b.waitFor("done")
	for _, c := range b.candidates {
		if err := a.AddRemoteCandidate(c); err != nil {
			t.Fatal(err)
		}
	}
	a.waitFor("dtls CONNECTED")
	want := []string{"ice GATHERING", "ice CONNECTING", "ice FAILED", "ice CONNECTING", "ice CONNECTED", "ice READY"}
	if got := a.heard("ice"); !slices.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
}

func TestRemoteCandidateTexts(t *testing.T) {
	a := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{})})
	for _, text := range []string{
		"candidate:1 1 UDP 2015363327 192.0.2.2 54580 typ host",
		"a=candidate:1 1 udp 2015363327 2001:db8::1 54580 typ host generation 0 ufrag abc network-cost 999",
		"1 1 udp 1686052607 203.0.113.1 3 typ srflx raddr 10.0.0.1 rport 4",
		"candidate:2 1 TCP 1015021823 192.0.2.2 9 typ host tcptype active",
		"candidate:1 1 udp 2113937151 0b2bf8e1-1cc0-4b0f-8f13-2f0b7d3b3f3d.local 54580 typ host",
		"candidate:1 2 UDP 2015363326 192.0.2.2 54581 typ host",
		"  candidate:1 1 UDP  2015363327 192.0.2.2 54580 typ host  ",
	} {
		if err := a.AddRemoteCandidate(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "candidate:", "hello", "candidate:1 1 UDP x 192.0.2.2 1 typ host", "candidate:1 1 UDP 1 nohost 1 typ host",
		"candidate:1 1 UDP 1 192.0.2.2 70000 typ host", "candidate:1 1 UDP 1 192.0.2.2 1 typ other", strings.Repeat("x", 10000),
	} {
		if err := a.AddRemoteCandidate(text); !errors.Is(err, ErrCandidate) {
			t.Errorf("%q: %v", text, err)
		}
	}
	var err error
	for i := 0; i < 2*maxRemoteCandidates; i++ {
		err = a.AddRemoteCandidate(fmt.Sprintf("candidate:1 1 UDP 1 192.0.2.2 %d typ host", i+1))
	}
	if err == nil || len(a.now.waiting) > maxRemoteCandidates {
		t.Errorf("%d candidates kept", len(a.now.waiting))
	}
}

func FuzzRemoteCandidate(f *testing.F) {
	for _, text := range []string{
		"candidate:1 1 UDP 2015363327 192.0.2.2 54580 typ host", "a=candidate:1 1 udp 1 ::1 1 typ relay raddr ::2 rport 5 tcptype so",
		"candidate:1 1 udp 1 x.local 1 typ host", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCandidate(text)
		if err != nil && !errors.Is(err, ErrCandidate) {
			t.Fatalf("%q: %v", text, err)
		}
		if c == nil {
			return
		}
		if !candidateAddr(c).IsValid() {
			if !strings.HasSuffix(c.Address(), ".invalid") {
				t.Fatalf("%q has no address", text)
			}
			return
		}
		if _, err := parseCandidate(candidateText(c, c.Address())); err != nil {
			t.Fatalf("%q written as %q: %v", text, candidateText(c, c.Address()), err)
		}
	})
}

func TestAWrongFingerprintFailsDTLS(t *testing.T) {
	for _, who := range []string{"client", "server"} {
		t.Run("seen by the "+who, func(t *testing.T) {
			pool := newTestPool(t, PoolConfig{})
			a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool, Certificate: testCertificate(t, RSA)})
			a.onCand = func(text string) { _ = b.AddRemoteCandidate(text) }
			b.onCand = func(text string) { _ = a.AddRemoteCandidate(text) }
			wrong := remoteOf(b, who == "client", true)
			wrong.Fingerprints = []Fingerprint{{"sha-256", a.cfg.Certificate.Fingerprint()}}
			for _, err := range []error{a.Gather(), b.Gather(), a.Start(wrong), b.Start(remoteOf(a, who == "server", false))} {
				if err != nil {
					t.Fatal(err)
				}
			}
			a.waitFor("dtls FAILED")
			b.waitFor("dtls FAILED")
			if len(a.heard("dtls CONNECTED")) > 0 {
				t.Error("connected all the same")
			}
			var burst media.Burst
			a.WriteRTP(&rtp.Header{Version: 2}, []byte("secret"), &burst)
			burst.Flush()
			if got := a.Stats(); got.PacketsSent != 0 || got.SendDropped == 0 {
				t.Errorf("media without keys: %+v", got)
			}
		})
	}
}

func TestFingerprints(t *testing.T) {
	c := testCertificate(t, ECDSA)
	der := c.tls.Certificate[0]
	for _, hash := range []string{"sha-1", "SHA-256", "sha-384", "sha-512"} {
		f := Fingerprint{hash, fingerprintText(Fingerprint{Hash: hash}.sum(der))}
		if err := f.check(); err != nil {
			t.Error(err)
		}
		other := Fingerprint{"sha-256", strings.Repeat("00:", 31) + "00"}
		if err := matchFingerprint([]Fingerprint{other, {f.Hash, strings.ToLower(f.Value)}}, [][]byte{der}); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
		if matchFingerprint([]Fingerprint{other}, [][]byte{der}) == nil || matchFingerprint([]Fingerprint{f}, nil) == nil {
			t.Errorf("%s: wrong or missing certificate accepted", hash)
		}
	}
	for _, f := range []Fingerprint{{"md5", "00"}, {"sha-256", "00"}, {"sha-256", strings.Repeat("0g", 32)}, {}} {
		if f.check() == nil {
			t.Errorf("%v accepted", f)
		}
	}
}

func TestStartRefusesWhatItCannotUse(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	good := remoteOf(b, true, false)
	for _, change := range []func(r *Remote){
		func(r *Remote) { r.Ufrag = "" }, func(r *Remote) { r.Pwd = "" }, func(r *Remote) { r.Fingerprints = nil },
		func(r *Remote) { r.Fingerprints = []Fingerprint{{"sha-256", "AB"}} },
	} {
		bad := good
		change(&bad)
		if a.Start(bad) == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
	if err := a.Start(good); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(good); !errors.Is(err, ErrStarted) {
		t.Errorf("second start: %v", err)
	}
	for _, cfg := range []ConnConfig{
		{}, {Pool: pool, Certificate: testCertificate(t, ECDSA), Handler: a, RelayOnly: true},
		{Pool: pool, Certificate: testCertificate(t, ECDSA), Handler: a, TURN: []TURN{{Address: "nowhere"}}},
		{Pool: pool, Certificate: testCertificate(t, ECDSA), Handler: a, TURN: []TURN{{Address: "192.0.2.1:3478", User: "u", Password: "p", Transport: "smoke"}}},
		{Pool: pool, Certificate: testCertificate(t, ECDSA), Handler: a, TURN: []TURN{{Address: "192.0.2.1:3478"}}},
	} {
		if _, err := NewConn(cfg); err == nil {
			t.Errorf("accepted %+v", cfg)
		}
	}
}

func TestCloseAtEveryStage(t *testing.T) {
	stages := []string{"new", "started", "gathering", "ice CONNECTING", "pair", "dtls CONNECTING", "dtls CONNECTED", "media"}
	for _, stage := range stages {
		t.Run(stage, func(t *testing.T) {
			pool := newTestPool(t, PoolConfig{Sockets: 1})
			a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
			switch stage {
			case "new":
			case "started":
				if err := a.Start(remoteOf(b, true, false)); err != nil {
					t.Fatal(err)
				}
			case "gathering":
				if err := a.Gather(); err != nil {
					t.Fatal(err)
				}
			case "media":
				connect(t, a, b)
				exchange(t, a, b, 2)
			default:
				join(t, a, b)
				a.waitFor(stage)
			}
			var closing sync.WaitGroup
			for _, c := range []*Conn{a.Conn, a.Conn, b.Conn} {
				closing.Go(func() { c.Close() })
			}
			closing.Wait()
			a.Close()
			heard := len(a.heard(""))
			for _, err := range []error{a.Gather(), a.Start(remoteOf(b, true, false)), a.AddRemoteCandidate("candidate:1 1 UDP 1 192.0.2.2 5 typ host")} {
				if !errors.Is(err, ErrClosed) {
					t.Errorf("used after Close: %v", err)
				}
			}
			var burst media.Burst
			a.WriteRTP(&rtp.Header{Version: 2}, []byte{1}, &burst)
			a.WriteRTCP([]byte{0x80, 201, 0, 1, 0, 0, 0, 7})
			burst.Flush()
			a.Stats()
			if now := len(a.heard("")); now != heard {
				t.Errorf("events after Close: %v", a.log[heard:])
			}
		})
	}
}

func TestThePeerHearsOfClose(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	client, server := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, server, client) // the second one is the DTLS client
	client.Close()
	server.waitFor("dtls CLOSED")
}

type panicky struct{ *side }

func (p panicky) HandleRTP(*rtp.Header, []byte, time.Duration, *media.Burst) {
	panic("the handler is broken")
}

func TestAPanicOfOneHandlerLeavesTheOthersAlone(t *testing.T) {
	pool := newTestPool(t, PoolConfig{Sockets: 1})
	a, good, bad := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool}), (*side)(nil)
	bad = newSide(t, ConnConfig{Pool: pool, Handler: panicky{}})
	b := newSide(t, ConnConfig{Pool: pool})
	connect(t, a, good)
	connect(t, b, bad)
	var burst media.Burst
	b.WriteRTP(&rtp.Header{Version: 2, SSRC: 1}, []byte("boom"), &burst)
	burst.Flush()
	bad.waitFor("broken the handler is broken")
	exchange(t, a, good, 10)
	exchange(t, bad, b, 10) // it still sends
}

func TestExternalAddressReplacesHostCandidates(t *testing.T) {
	outside := netip.MustParseAddr("203.0.113.7")
	pool := newTestPool(t, PoolConfig{})
	a := newSide(t, ConnConfig{Pool: pool, ExternalIPv4: outside})
	if err := a.Gather(); err != nil {
		t.Fatal(err)
	}
	a.waitFor("done")
	if len(a.candidates) == 0 { // one for each address of the machine
		t.Error("no candidate")
	}
	for _, c := range a.candidates {
		if strings.Fields(c)[4] != outside.String() {
			t.Errorf("candidate %s", c)
		}
	}
}
