package transport

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// handPeer is one socket of a peer that does ICE by hand, so that tests can
// make it do what no library does.
type handPeer struct {
	t    *testing.T
	conn *net.UDPConn
	done chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	silent  bool   // leaves our checks unanswered
	ufrag   string // its user name fragment
	pwd     string // its password, with which it signs answers
	other   [][]byte
	asked   int // checks received
	said    int // responses received
}

const (
	handUfrag = "handmade"
	handPwd   = "a-password-of-a-handmade-peer"
)

func newHandPeer(t *testing.T, ip netip.Addr) *handPeer {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		t.Fatal(err)
	}
	p := &handPeer{t: t, conn: conn, done: make(chan struct{}), ufrag: handUfrag, pwd: handPwd}
	p.changed = sync.NewCond(&p.mu)
	go p.read()
	t.Cleanup(func() { conn.Close(); <-p.done })
	return p
}

func (p *handPeer) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *handPeer) read() {
	defer close(p.done)
	buf := make([]byte, 2048)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
		if !stun.IsMessage(buf[:n]) || m.Decode() != nil {
			p.record(func() { p.other = append(p.other, m.Raw) })
			continue
		}
		if m.Type != stun.BindingRequest {
			p.record(func() { p.said++ })
			continue
		}
		p.record(func() { p.asked++ })
		p.mu.Lock()
		silent := p.silent
		p.mu.Unlock()
		if !silent {
			p.send(from, m, stun.BindingSuccess, &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())},
				stun.NewShortTermIntegrity(p.pwd), stun.Fingerprint)
		}
	}
}

func (p *handPeer) record(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	p.changed.Broadcast()
}

func (p *handPeer) send(to netip.AddrPort, setters ...stun.Setter) {
	m, err := stun.Build(setters...)
	if err == nil {
		_, err = p.conn.WriteToUDPAddrPort(m.Raw, to)
	}
	if err != nil && p.t.Context().Err() == nil {
		p.t.Error(err)
	}
}

// raw is a stun.Setter of an attribute.
type raw struct {
	kind  stun.AttrType
	value []byte
}

func (r raw) AddTo(m *stun.Message) error { m.Add(r.kind, r.value); return nil }

// check sends a connectivity check to s at its address to, from a peer that controls.
func (p *handPeer) check(s *side, to netip.AddrPort, nominate bool, priority uint32) {
	p.t.Helper()
	setters := []stun.Setter{
		stun.BindingRequest, stun.TransactionID, stun.NewUsername(s.LocalUfrag() + ":" + p.ufrag),
		raw{stun.AttrICEControlling, []byte{9, 9, 9, 9, 9, 9, 9, 9}},
		raw{stun.AttrPriority, []byte{byte(priority >> 24), byte(priority >> 16), byte(priority >> 8), byte(priority)}},
	}
	if nominate {
		setters = append(setters, raw{stun.AttrUseCandidate, nil})
	}
	p.send(to, append(setters, stun.NewShortTermIntegrity(s.LocalPwd()), stun.Fingerprint)...)
}

// wait waits until ok, which is called locked.
func (p *handPeer) wait(what string, ok func() bool) {
	p.t.Helper()
	late := time.AfterFunc(limit, func() { p.record(func() {}) })
	defer late.Stop()
	end := time.Now().Add(limit)
	p.mu.Lock()
	defer p.mu.Unlock()
	for !ok() {
		if time.Now().After(end) {
			p.t.Fatalf("no %s after %v", what, limit)
		}
		p.changed.Wait()
	}
}

// until repeats f every few milliseconds, as a peer repeats its checks, until ok.
func until(t *testing.T, what string, f func(), ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("no %s after %v", what, limit)
		}
		f()
		<-tick.C
	}
}

// begin gathers and starts s towards a handmade peer; it returns the address of s.
func begin(t *testing.T, s *side) netip.AddrPort {
	t.Helper()
	if err := s.Gather(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(handRemote(s, handUfrag, handPwd)); err != nil {
		t.Fatal(err)
	}
	return s.now.sockets[0].local
}

// destined tells where the media of s goes.
func destined(s *side) netip.AddrPort {
	if way := s.way.Load(); way != nil && way.dest != nil {
		return way.dest.addr
	}
	return netip.AddrPort{}
}

// handRemote describes a handmade peer.
func handRemote(s *side, ufrag, pwd string) Remote {
	return Remote{Ufrag: ufrag, Pwd: pwd, Fingerprints: []Fingerprint{{"sha-256", s.cfg.Certificate.Fingerprint()}}}
}
