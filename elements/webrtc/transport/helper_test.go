package transport

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds every wait of these tests; it is reached only when they fail.
const limit = 20 * time.Second

// testLog shows warnings, and everything with TRANSPORT_LOG set.
func testLog(t testing.TB) zerolog.Logger {
	level := zerolog.Disabled
	if os.Getenv("TRANSPORT_LOG") != "" {
		level = zerolog.DebugLevel
	}
	return zerolog.New(zerolog.NewTestWriter(t)).Level(level)
}

func newTestPool(t testing.TB, cfg PoolConfig) *Pool {
	t.Helper()
	cfg.Log = testLog(t)
	p, err := NewPool(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// certificates are the process's, as in a server.
var testCertificates = NewCertificates()

func testCertificate(t testing.TB, k KeyType) *Certificate {
	t.Helper()
	c, err := testCertificates.Get(k)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// side is one end of a test: it records what it hears.
type side struct {
	*Conn
	t    testing.TB
	sctp SCTPPorts // what its peer is told; zero: no data channels
	sent int       // by exchange

	mu         sync.Mutex
	changed    *sync.Cond
	log        []string // events in order
	candidates []string
	rtp        []rtp.Packet
	rtcp       [][]byte
	messages   []string // "text " or "binary " and what it says
	gathered   bool
	onRTP      func(h *rtp.Header, payload []byte, b *media.Burst)
	onCand     func(text string)
	onMessage  func(message []byte)
}

func newSide(t testing.TB, cfg ConnConfig) *side {
	t.Helper()
	s := &side{t: t}
	s.changed = sync.NewCond(&s.mu)
	if cfg.Certificate == nil {
		cfg.Certificate = testCertificate(t, ECDSA)
	}
	cfg.Log = testLog(t)
	if cfg.Handler == nil {
		cfg.Handler = s
	}
	cfg.Messages, cfg.Events = s, s
	c, err := NewConn(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Conn = c
	t.Cleanup(func() { c.Close() })
	return s
}

func (s *side) record(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.changed.Broadcast()
}

func (s *side) note(text string) { s.record(func() { s.log = append(s.log, text) }) }

func (s *side) Candidate(text string) {
	var tell func(string)
	s.record(func() {
		s.candidates, s.log = append(s.candidates, text), append(s.log, "candidate")
		tell = s.onCand
	})
	if tell != nil {
		tell(text)
	}
}
func (s *side) GatheringDone()                  { s.record(func() { s.gathered = true; s.log = append(s.log, "done") }) }
func (s *side) ICEState(st ICEState)            { s.note("ice " + string(st)) }
func (s *side) PairSelected(local, peer string) { s.note("pair") }
func (s *side) DTLSState(st DTLSState)          { s.note("dtls " + string(st)) }
func (s *side) ChannelOpened(id uint16)         { s.note(fmt.Sprint("opened ", id)) }
func (s *side) ChannelClosed(id uint16)         { s.note(fmt.Sprint("closed ", id)) }
func (s *side) ServerFailed(server string, err error) {
	s.note(fmt.Sprint("server ", server, ": ", err))
}
func (s *side) Broken(v any) { s.note(fmt.Sprint("broken ", v)) }

func (s *side) HandleRTP(h *rtp.Header, payload []byte, _ time.Duration, b *media.Burst) {
	if s.onRTP != nil {
		s.onRTP(h, payload, b)
		return
	}
	s.record(func() { s.rtp = append(s.rtp, rtp.Packet{Header: h.Clone(), Payload: slices.Clone(payload)}) })
}

func (s *side) HandleRTCP(p []byte, _ time.Duration, _ *media.Burst) {
	s.record(func() { s.rtcp = append(s.rtcp, slices.Clone(p)) })
}

func (s *side) HandleMessage(text bool, message []byte, _ time.Duration, _ *media.Burst) {
	kind := "binary "
	if text {
		kind = "text "
	}
	if s.onMessage != nil {
		s.onMessage(message)
	}
	s.record(func() { s.messages = append(s.messages, kind+string(message)) })
}

// wait waits until ok, which is called locked.
func (s *side) wait(what string, ok func() bool) {
	s.t.Helper()
	late := time.AfterFunc(limit, func() { s.record(func() {}) })
	defer late.Stop()
	end := time.Now().Add(limit)
	s.mu.Lock()
	defer s.mu.Unlock()
	for !ok() {
		if time.Now().After(end) {
			s.t.Fatalf("no %s after %v; heard %v", what, limit, s.log)
		}
		s.changed.Wait()
	}
}

func (s *side) waitFor(event string) {
	s.t.Helper()
	s.wait(event, func() bool { return slices.Contains(s.log, event) })
}

func (s *side) heard(prefix string) (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.log {
		if strings.HasPrefix(e, prefix) {
			list = append(list, e)
		}
	}
	return list
}

// remoteOf describes s to its peer, which has the given roles.
func remoteOf(s *side, client, controlling bool) Remote {
	return Remote{
		Ufrag: s.LocalUfrag(), Pwd: s.LocalPwd(), DTLSClient: client, Controlling: controlling,
		SCTP:         SCTPPorts{Local: s.sctp.Remote, Remote: s.sctp.Local},
		Fingerprints: []Fingerprint{{"sha-256", s.cfg.Certificate.Fingerprint()}},
	}
}

// join connects two sides: trickle both ways, a offers.
func join(t testing.TB, a, b *side) {
	t.Helper()
	trickle := func(to *side) func(string) {
		return func(text string) {
			if err := to.AddRemoteCandidate(text); err != nil && err != ErrClosed {
				t.Errorf("candidate %q: %v", text, err)
			}
		}
	}
	a.record(func() { a.onCand = trickle(b) })
	b.record(func() { b.onCand = trickle(a) })
	for _, f := range []func() error{
		a.Gather,
		func() error { return b.Start(remoteOf(a, true, false)) },
		b.Gather,
		func() error { return a.Start(remoteOf(b, false, true)) },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
}

func connect(t testing.TB, a, b *side) {
	t.Helper()
	join(t, a, b)
	a.waitFor("dtls CONNECTED")
	b.waitFor("dtls CONNECTED")
}

// exchange sends n packets from a to b and checks that they arrive as they were.
func exchange(t testing.TB, a, b *side, n int) {
	t.Helper()
	b.mu.Lock()
	before := len(b.rtp)
	b.mu.Unlock()
	var burst media.Burst
	first := uint16(65530 + a.sent)
	a.sent += n
	for i := range n {
		h := rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: first + uint16(i), Timestamp: uint32(i * 3000), SSRC: 77, Marker: i%3 == 0}
		a.WriteRTP(&h, []byte(fmt.Sprint("payload ", i)), &burst)
		if i%5 == 4 {
			burst.Flush()
		}
	}
	burst.Flush()
	b.wait(fmt.Sprint(n, " packets"), func() bool { return len(b.rtp) >= before+n })
	for i, p := range b.rtp[before:] {
		if p.SequenceNumber != first+uint16(i) || string(p.Payload) != fmt.Sprint("payload ", i) || p.Marker != (i%3 == 0) || p.Timestamp != uint32(i*3000) {
			t.Fatalf("packet %d came as %v %q", i, p.Header, p.Payload)
		}
	}
}
