package transport

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/rs/zerolog"
)

// named makes a pool that knows names, beside those of the system.
func named(t *testing.T, names map[string]string) (pool *Pool, asked *atomic.Int64) {
	t.Helper()
	pool = newTestPool(t, PoolConfig{Sockets: 1, Interfaces: []string{loopbackName(t)}})
	asked = new(atomic.Int64)
	pool.names.ask = func(ctx context.Context, _, host string) ([]netip.Addr, error) {
		asked.Add(1)
		if host == "slow.test" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if ip, ok := names[host]; ok {
			return []netip.Addr{netip.MustParseAddr(ip)}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return pool, asked
}

func TestSTUNServersByName(t *testing.T) {
	pool, asked := named(t, map[string]string{"stun.test": "127.0.0.1"})
	server, _ := newSTUN(t, "127.0.0.1")
	name := fmt.Sprint("stun.test:", server.Port())
	for range 3 {
		s := newSide(t, ConnConfig{Pool: pool, STUNServers: []string{name, server.String(), "nowhere.test", "192.0.2.7:9"}})
		gather(t, s)
		if len(s.candidates) != 2 {
			t.Errorf("candidates %q", s.candidates)
		}
		got := s.heard("server ")
		slices.Sort(got)
		if len(got) != 2 || !strings.HasPrefix(got[0], "server 192.0.2.7:9: ") || !strings.HasPrefix(got[1], "server nowhere.test: ") || !strings.Contains(got[1], "no such host") {
			t.Errorf("heard %q", got)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("%d questions for two names", n)
	}
}

func TestASTUNServerThatDoesNotAnswerIsToldOnce(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	pool, _ := named(t, nil)
	s := newSide(t, ConnConfig{Pool: pool, STUNServers: []string{silent.LocalAddr().String()}})
	gather(t, s)
	if got := s.heard("server "); !slices.Equal(got, []string{"server " + silent.LocalAddr().String() + ": no answer"}) {
		t.Errorf("heard %q", got)
	}
}

func TestCloseDoesNotWaitForANameServer(t *testing.T) {
	pool, _ := named(t, nil)
	s := newSide(t, ConnConfig{Pool: pool, STUNServers: []string{"slow.test"}, TURN: []TURN{{"slow.test:3478", "u", "p", "udp"}, {"slow.test:3478", "u", "p", "tls"}}})
	begun := time.Now()
	if err := s.Gather(); err != nil {
		t.Fatal(err)
	}
	s.waitFor("candidate")
	s.Close()
	pool.Close()
	if took := time.Since(begun); took > lookupTime/2 {
		t.Errorf("took %v", took)
	}
}

func TestServerTexts(t *testing.T) {
	for text, want := range map[string]string{
		"stun.test": "stun.test 3478", "stun.test:5": "stun.test 5", "192.0.2.1": "192.0.2.1 3478", "192.0.2.1:7": "192.0.2.1 7",
		"2001:db8::1": "2001:db8::1 3478", "[2001:db8::1]:9": "2001:db8::1 9",
		"": "", ":5": "", "a:b": "", "a:70000": "", "a:0": "", "a:b:c": "", "[::1": "",
	} {
		host, port, err := splitServer(text)
		got := fmt.Sprint(host, " ", port)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
	pool, _ := named(t, nil)
	if _, err := NewConn(ConnConfig{Pool: pool, Certificate: testCertificate(t, ECDSA), Handler: &deafHandler{}, STUNServers: []string{"a:b"}}); err == nil {
		t.Error("a bad STUN server was accepted")
	}
}

// selfSigned makes a certificate for host and has TURN clients trust it.
func selfSigned(t *testing.T, host string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	turnRoots = x509.NewCertPool()
	turnRoots.AddCert(parsed)
	t.Cleanup(func() { turnRoots = nil })
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func portOf(address string) string { _, p, _ := net.SplitHostPort(address); return p }

func TestTURNServersByNameAndOverTLS(t *testing.T) {
	pool, _ := named(t, map[string]string{"turn.test": "127.0.0.1"})
	udp, tls, _ := newTURNWith(t, selfSigned(t, "turn.test"))
	for transport, address := range map[string]string{"udp": udp, "tls": tls} {
		t.Run(transport, func(t *testing.T) {
			relayed := newSide(t, ConnConfig{Pool: pool, RelayOnly: true, TURN: []TURN{{"turn.test:" + portOf(address), "user", "pass", transport}}})
			direct := newSide(t, ConnConfig{Pool: pool})
			connect(t, relayed, direct)
			exchange(t, relayed, direct, 10)
			exchange(t, direct, relayed, 10)
			if got := relayed.heard("server "); got != nil {
				t.Errorf("heard %q", got)
			}
		})
	}
}

func TestTURNServersThatAreOfNoUseAreTold(t *testing.T) {
	pool, _ := named(t, map[string]string{"turn.test": "127.0.0.1"})
	udp, tcp, _ := newTURN(t)
	_, tls, _ := newTURNWith(t, selfSigned(t, "other.test"))
	closed, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	const secret = "s3cret-passphrase"
	for _, test := range []struct{ transport, address, want string }{
		{"udp", udp, "the server refuses (error 400)"},
		{"tcp", tcp, "the server refuses (error 400)"},
		{"tls", "turn.test:" + portOf(tls), "tls: "},
		{"udp", closed.LocalAddr().String(), "connection refused"},
		{"tcp", closed.LocalAddr().String(), "connection refused"},
		{"udp", "nowhere.test:3478", "no such host"},
		{"tls", "nowhere.test:3478", "no such host"},
	} {
		t.Run(test.transport+" "+test.want, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			s := &side{t: t}
			s.changed = sync.NewCond(&s.mu)
			cfg := ConnConfig{
				Pool: pool, Certificate: testCertificate(t, ECDSA), Handler: s, Events: s, Log: zerolog.New(&log),
				TURN: []TURN{{test.address, "user", secret, test.transport}},
			}
			c, err := NewConn(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s.Conn = c
			gather(t, s)
			got := s.heard("server ")
			if len(got) != 1 || !strings.HasPrefix(got[0], "server "+test.address+": ") || !strings.Contains(got[0], test.want) {
				t.Errorf("heard %q", got)
			}
			c.Close()
			for _, text := range append(got, log.String()) {
				if strings.Contains(text, secret) || strings.Contains(text, "user ") && !strings.Contains(text, "user name") {
					t.Errorf("a secret is told: %s", text)
				}
			}
			if n := strings.Count(log.String(), `"warn"`); n != 1 {
				t.Errorf("%d warnings: %s", n, log.String())
			}
		})
	}
}

func TestATURNServerThatDoesNotAnswerIsTold(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	pool, _ := named(t, nil)
	s := newSide(t, ConnConfig{Pool: pool, TURN: []TURN{{silent.LocalAddr().String(), "user", "pass", ""}}})
	gather(t, s)
	if got := s.heard("server "); !slices.Equal(got, []string{"server " + silent.LocalAddr().String() + ": no answer"}) {
		t.Errorf("heard %q", got)
	}
}

func TestTheResolverBoundsWhatPeersCanAsk(t *testing.T) {
	r := newResolver()
	defer r.close()
	r.ask = func(ctx context.Context, _, _ string) ([]netip.Addr, error) { <-ctx.Done(); return nil, ctx.Err() }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	waiting := make(chan error)
	for i := range maxLookups {
		go func() {
			_, err := r.lookUpForPeer(t.Context(), fmt.Sprint(i, ".local"))
			waiting <- err
		}()
	}
	until(t, "questions", func() {}, func() bool { return len(r.slots) == maxLookups })
	if _, err := r.lookUpForPeer(t.Context(), "one-more.local"); err != errTooManyLookups {
		t.Errorf("one more: %v", err)
	}
	if _, err := r.lookUp(ctx, "stun.test"); err != context.Canceled { // a server of ours may be asked for
		t.Errorf("one of ours: %v", err)
	}
	r.close()
	for range maxLookups {
		if err := <-waiting; err == nil {
			t.Error("an answer of nobody")
		}
	}
}

func TestTheFirst401OfATURNServerIsNormal(t *testing.T) {
	message := func(class stun.MessageClass, setters ...stun.Setter) []byte {
		m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.NewType(stun.MethodAllocate, class)}, setters...)...)
		if err != nil {
			t.Fatal(err)
		}
		return m.Raw
	}
	signature := stun.NewLongTermIntegrity("user", "realm", "pass")
	anonymous, signed := message(stun.ClassRequest), message(stun.ClassRequest, stun.NewUsername("user"), signature)
	refusal := func(code stun.ErrorCode) []byte {
		return message(stun.ClassErrorResponse, stun.ErrorCodeAttribute{Code: code, Reason: []byte("user is bad")})
	}
	for want, conversation := range map[string][][]byte{
		"":          {anonymous, refusal(401), signed, message(stun.ClassSuccessResponse)},
		"no answer": {anonymous, refusal(401), signed},
		"wrong user name or password (error 401)":            {anonymous, refusal(401), signed, refusal(401)},
		"the server does not take its own nonce (error 438)": {anonymous, refusal(401), signed, refusal(438)},
		"too many allocations of this user (error 486)":      {anonymous, refusal(401), signed, refusal(486)},
		"forbidden (error 403)":                              {anonymous, refusal(403)},
		"the server refuses (error 0)":                       {anonymous, message(stun.ClassErrorResponse)},
	} {
		s := &turnServer{}
		for i, p := range conversation {
			if i%2 == 0 {
				s.sent(p)
			} else {
				s.received(p)
			}
		}
		got := ""
		if err := s.outcome(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzTURNAnswer watches what any server may send, as packets and as a stream.
func FuzzTURNAnswer(f *testing.F) {
	for _, class := range []stun.MessageClass{stun.ClassSuccessResponse, stun.ClassErrorResponse} {
		m, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, class), stun.ErrorCodeAttribute{Code: 401, Reason: []byte("x")})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Raw)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		packets := &turnServer{}
		packets.sent(p)
		packets.received(p)
		here, there := net.Pipe()
		defer here.Close()
		stream := &turnStream{secure: here, server: &turnServer{}}
		go func() {
			_, _ = there.Write(p)
			there.Close()
		}()
		got, _ := io.ReadAll(stream)
		if !bytes.Equal(got, p) {
			t.Error("watching changes the stream")
		}
		if err := packets.outcome(); err != nil && isSTUN(p) && strings.Contains(err.Error(), "x") {
			t.Errorf("the server's words are repeated: %v", err)
		}
	})
}
