package rtp

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// ear counts what a conn hears.
type ear struct {
	mu      sync.Mutex
	rtp     []rtp.Header
	payload []byte // of the last packet
	rtcp    int
	worn    int
	failure any
	panics  bool
}

func (e *ear) HandleRTP(h *rtp.Header, payload []byte, _ time.Duration, _ *media.Burst) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rtp = append(e.rtp, h.Clone())
	e.payload = bytes.Clone(payload)
	if e.panics {
		panic("ear")
	}
}

func (e *ear) HandleRTCP([]byte, time.Duration, *media.Burst) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rtcp++
}

func (e *ear) keyWorn()     { e.mu.Lock(); e.worn++; e.mu.Unlock() }
func (e *ear) broken(v any) { e.mu.Lock(); e.failure = v; e.mu.Unlock() }

func (e *ear) heard() (packets, reports int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.rtp), e.rtcp
}

// inOrder tells whether the packets were numbered from first on.
func (e *ear) inOrder(first int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, h := range e.rtp {
		if int(h.SequenceNumber) != first+i {
			return false
		}
	}
	return true
}

func newTestConn(t testing.TB, h handler, crypto sdp.Crypto) *conn {
	t.Helper()
	c, err := newConn(h, testSettings(), false, crypto, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func testCrypto(suite sdp.Suite, n byte) sdp.Crypto {
	if suite == "" {
		return sdp.Crypto{}
	}
	return sdp.Crypto{Tag: 1, Suite: suite, Key: strings.Repeat(string('a'+rune(n)), suite.KeyLen()+sdp.SaltLen)}
}

func at(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
}

// peerAt is what c would say of itself.
func peerAt(c *conn, crypto sdp.Crypto) sdp.Peer {
	return sdp.Peer{RTP: at(c.rtp.port), RTCP: at(c.rtcp.port), Crypto: crypto}
}

func header(seq uint16) *rtp.Header {
	return &rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, SSRC: 7, Timestamp: uint32(seq) * 3000}
}

var report, _ = (&rtcp.ReceiverReport{SSRC: 7}).Marshal()

var allSuites = []sdp.Suite{"", sdp.AES128SHA1_80, sdp.AES128SHA1_32, sdp.AES256SHA1_80, sdp.AES256SHA1_32}

func TestConn(t *testing.T) {
	for _, suite := range allSuites {
		t.Run(string(suite), func(t *testing.T) {
			var b media.Burst
			mine, theirs := testCrypto(suite, 0), testCrypto(suite, 1)
			here, there := &ear{}, &ear{}
			a, z := newTestConn(t, here, mine), newTestConn(t, there, theirs)
			a.WriteRTP(header(0), nil, &b) // nothing is agreed upon
			a.WriteRTCP(report)
			if err := a.agree(peerAt(z, theirs)); err != nil {
				t.Fatal(err)
			}
			if err := z.agree(peerAt(a, mine)); err != nil {
				t.Fatal(err)
			}
			payload := []byte("some picture")
			for seq := range uint16(100) {
				a.WriteRTP(header(seq+1), payload, &b)
				z.WriteRTP(header(seq+1), payload, &b)
			}
			b.Flush()
			a.WriteRTCP(report)
			z.WriteRTCP(report)
			for _, e := range []*ear{here, there} {
				elementtest.Eventually(t, "packets", func() bool { rtp, rtcp := e.heard(); return rtp == 100 && rtcp == 1 })
				if !e.inOrder(1) {
					t.Error("packets are out of order")
				}
				if !bytes.Equal(e.payload, payload) {
					t.Errorf("payload %q", e.payload)
				}
			}
			if n := a.unsent.Load(); n != 2 {
				t.Errorf("%d packets not sent", n)
			}
		})
	}
}

// TestForeignPackets: what is no RTP, or not protected with the right key, is not heard.
func TestForeignPackets(t *testing.T) {
	e := &ear{}
	c := newTestConn(t, e, testCrypto(sdp.AES128SHA1_80, 0))
	if err := c.agree(sdp.Peer{Crypto: testCrypto(sdp.AES128SHA1_80, 1)}); err != nil {
		t.Fatal(err)
	}
	var b media.Burst
	plain, _ := header(1).Marshal()
	for _, p := range [][]byte{nil, {0}, {0x80}, make([]byte, 20), plain, append(plain, make([]byte, 50)...), report, bytes.Repeat([]byte{0xff}, 100)} {
		c.receive(p, udp.KeyOf(at(1)), 0, &b)
	}
	if packets, reports := e.heard(); packets+reports > 0 {
		t.Errorf("%d packets and %d reports were heard", packets, reports)
	}
	if c.recv.lost != 8 {
		t.Errorf("%d counted", c.recv.lost)
	}
}

func TestPadding(t *testing.T) {
	e := &ear{}
	c := newTestConn(t, e, sdp.Crypto{})
	if err := c.agree(sdp.Peer{}); err != nil {
		t.Fatal(err)
	}
	var b media.Burst
	for _, tail := range []string{"data\x00\x00\x03", "data\x00", "\xff", ""} {
		h := header(1)
		h.Padding = true
		p, _ := h.Marshal()
		c.receive(append(p, tail...), udp.KeyOf(at(1)), 0, &b)
	}
	if packets, _ := e.heard(); packets != 1 || string(e.payload) != "data" || e.rtp[0].Padding {
		t.Errorf("%d packets, %q", packets, e.payload)
	}
}

// TestActivePeer learns where a peer is that names another address, once.
func TestActivePeer(t *testing.T) {
	for _, suite := range []sdp.Suite{"", sdp.AES128SHA1_80} {
		t.Run(string(suite), func(t *testing.T) {
			var b media.Burst
			e := &ear{}
			own := testCrypto(suite, 0)
			c, peer := newTestConn(t, &ear{}, own), newTestConn(t, e, own)
			nowhere := sdp.Peer{RTP: at(9), RTCP: at(9), Active: true, Crypto: own}
			if err := c.agree(nowhere); err != nil {
				t.Fatal(err)
			}
			if err := peer.agree(peerAt(c, own)); err != nil {
				t.Fatal(err)
			}
			c.WriteRTP(header(1), nil, &b)
			if c.unsent.Load() != 1 {
				t.Error("something was sent before the peer was known")
			}
			peer.WriteRTP(header(1), nil, &b)
			peer.WriteRTP(header(2), nil, &b)
			b.Flush()
			peer.WriteRTCP(report)
			elementtest.Eventually(t, "the addresses", func() bool { w := c.ways.Load(); return w.rtp != nil && w.rtcp != nil })
			if err := c.agree(nowhere); err != nil { // a later offer forgets nothing
				t.Fatal(err)
			}
			stranger := newTestConn(t, &ear{}, own)
			if err := stranger.agree(peerAt(c, own)); err != nil {
				t.Fatal(err)
			}
			before := c.ways.Load()
			for seq := range uint16(4) {
				stranger.WriteRTP(header(100+seq), nil, &b)
			}
			b.Flush()
			elementtest.Eventually(t, "packets of the stranger", func() bool { n, _ := c.handler.(*ear).heard(); return n == 6 })
			if c.ways.Load() != before {
				t.Error("another address was learned")
			}
			c.WriteRTP(header(1), nil, &b)
			b.Flush()
			c.WriteRTCP(report)
			elementtest.Eventually(t, "packets to the active peer", func() bool { rtp, rtcp := e.heard(); return rtp == 1 && rtcp == 1 })
		})
	}
}

func TestLearner(t *testing.T) {
	key := func(text string) udp.Key { return udp.KeyOf(netip.MustParseAddrPort(text)) }
	l := learner{active: true}
	if l.media(key("192.0.2.1:5"), header(1), false) || l.media(key("192.0.2.1:5"), header(3), false) || l.media(key("192.0.2.2:5"), header(4), false) {
		t.Error("learned from packets that do not follow each other")
	}
	if !l.media(key("192.0.2.2:5"), header(5), false) || l.wantsRTP() {
		t.Error("two packets in sequence are enough")
	}
	if l.report(key("192.0.2.1:6"), report) || l.report(key("192.0.2.2:6"), []byte{0x80, 203, 0, 1, 0, 0, 0, 7}) {
		t.Error("a stranger's report, or a goodbye, was taken")
	}
	if !l.report(key("192.0.2.2:7"), report) || l.wantsRTCP() {
		t.Error("a report from the same machine is enough")
	}
}

// TestBrokenHandler: a handler that panics hears nothing more, and the sockets stay.
func TestBrokenHandler(t *testing.T) {
	e := &ear{panics: true}
	c, peer := newTestConn(t, e, sdp.Crypto{}), newTestConn(t, &ear{}, sdp.Crypto{})
	for _, one := range []struct{ from, to *conn }{{c, peer}, {peer, c}} {
		if err := one.from.agree(peerAt(one.to, sdp.Crypto{})); err != nil {
			t.Fatal(err)
		}
	}
	var b media.Burst
	for seq := range uint16(10) {
		peer.WriteRTP(header(seq), nil, &b)
	}
	b.Flush()
	elementtest.Eventually(t, "the failure", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return e.failure == "ear" })
	c.WriteRTP(header(1), nil, &b)
	b.Flush()
	elementtest.Eventually(t, "what is still sent", func() bool { n, _ := peer.handler.(*ear).heard(); return n == 1 })
	if n, _ := e.heard(); n != 1 {
		t.Errorf("%d packets were heard", n)
	}
}

// TestAllocations: on the way from a packet to the handler, and from a sink to the socket, nothing is allocated but the
// standard library's counter mode.
func TestAllocations(t *testing.T) {
	for _, suite := range allSuites {
		t.Run(string(suite), func(t *testing.T) {
			want := 0.0
			if suite != "" {
				want = 1
			}
			own := testCrypto(suite, 0)
			c := newTestConn(t, deaf{}, own)
			sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close()
			if err := c.agree(sdp.Peer{RTP: sink.LocalAddr().(*net.UDPAddr).AddrPort(), Crypto: own}); err != nil {
				t.Fatal(err)
			}
			var b media.Burst
			payload, seq := make([]byte, 1000), uint16(0)
			sent := testing.AllocsPerRun(500, func() {
				seq++
				c.WriteRTP(header(seq), payload, &b)
				b.Flush()
			})
			if sent > want {
				t.Errorf("%v allocations per packet sent", sent)
			}
			var buf [maxPacket]byte
			received := testing.AllocsPerRun(500, func() {
				seq++
				n := c.pack(buf[:], header(seq), payload)
				c.receive(buf[:n], udp.KeyOf(at(1)), 0, &b)
			})
			if received > 2*want {
				t.Errorf("%v allocations per packet sealed and received", received)
			}
		})
	}
}

type deaf struct{}

func (deaf) HandleRTP(*rtp.Header, []byte, time.Duration, *media.Burst) {}
func (deaf) HandleRTCP([]byte, time.Duration, *media.Burst)             {}
func (deaf) keyWorn()                                                   {}
func (deaf) broken(any)                                                 {}

// TestBatch: packets for many conns in turn leave in the order of each, more than a batch holds, and conns that are gone
// do no harm.
func TestBatch(t *testing.T) {
	var b media.Burst
	ears, from := make([]*ear, 5), make([]*conn, 5)
	for i := range ears {
		ears[i] = &ear{}
		to := newTestConn(t, ears[i], sdp.Crypto{})
		from[i] = newTestConn(t, deaf{}, sdp.Crypto{})
		for _, one := range []struct{ a, b *conn }{{from[i], to}, {to, from[i]}} {
			if err := one.a.agree(peerAt(one.b, sdp.Crypto{})); err != nil {
				t.Fatal(err)
			}
		}
	}
	const packets = 60
	for seq := range uint16(packets) {
		for _, c := range from {
			c.WriteRTP(header(seq), fmt.Append(nil, seq), &b)
		}
	}
	b.Flush()
	for i, e := range ears {
		elementtest.Eventually(t, fmt.Sprint("packets for ", i), func() bool { n, _ := e.heard(); return n == packets })
		if !e.inOrder(0) {
			t.Errorf("packets of %d are out of order", i)
		}
	}
	from[0].WriteRTP(header(1), nil, &b)
	from[0].close()
	from[1].WriteRTP(header(packets), nil, &b)
	b.Flush()
	elementtest.Eventually(t, "the packet behind", func() bool { n, _ := ears[1].heard(); return n == packets+1 })
	if from[0].unsent.Load() != 1 {
		t.Error("what a closed conn did not send is not counted")
	}
}

func TestNoPorts(t *testing.T) {
	for _, r := range [][2]uint16{{5000, 5000}, {5001, 5002}, {5001, 5001}, {65535, 65535}} {
		if a, b, err := openPair(r[0], r[1], false); err == nil {
			a.Close()
			b.Close()
			t.Errorf("%v has a pair", r)
		}
	}
}
