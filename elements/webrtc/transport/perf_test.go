package transport

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// deafHandler is a Handler that does nothing.
type deafHandler struct{ packets int }

func (d *deafHandler) HandleRTP(*rtp.Header, []byte, time.Duration, *media.Burst) { d.packets++ }
func (d *deafHandler) HandleRTCP([]byte, time.Duration, *media.Burst)             {}

func testMaterial(p srtp.Profile, n byte) material {
	m := material{key: make([]byte, p.KeyLen()), salt: make([]byte, p.SaltLen())}
	m.key[0], m.salt[0] = n, n
	return m
}

// wired makes a connection that is connected to peer without ICE and DTLS.
func wired(t testing.TB, s *Socket, peer netip.AddrPort, p srtp.Profile, h Handler) *Conn {
	t.Helper()
	return wiredWith(t, s, peer, p, ConnConfig{Handler: h})
}

func wiredWith(t testing.TB, s *Socket, peer netip.AddrPort, p srtp.Profile, cfg ConnConfig) *Conn {
	t.Helper()
	cfg.Pool, cfg.Certificate = &Pool{}, testCertificate(t, ECDSA)
	c, err := NewConn(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKeys(p, testMaterial(p, 1), testMaterial(p, 1))
	if err != nil {
		t.Fatal(err)
	}
	c.keys.Store(k)
	dest, err := c.host(s).destination(peer, c.now)
	if err != nil {
		t.Fatal(err)
	}
	c.way.Store(&way{of: c.now, dest: dest})
	return c
}

func testSocket(t testing.TB) *Socket {
	t.Helper()
	s, err := listen(netip.MustParseAddrPort("127.0.0.1:0"), "lo", testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	go s.readLoop()
	t.Cleanup(s.close)
	return s
}

// sink is a UDP address where packets end.
func sink(t testing.TB) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// cmAllocations is what the standard library's counter mode allocates per
// packet (see package srtp); nothing else may be.
func cmAllocations(p srtp.Profile) float64 {
	if p == srtp.AES128CMSHA1_80 {
		return 1
	}
	return 0
}

func TestWriteRTPAllocatesNothing(t *testing.T) {
	for _, p := range []srtp.Profile{srtp.AEADAES128GCM, srtp.AES128CMSHA1_80} {
		s := testSocket(t)
		c := wired(t, s, sink(t), p, &deafHandler{})
		h := rtp.Header{Version: 2, PayloadType: 96, SSRC: 5}
		if err := h.SetExtension(3, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, 1100)
		var b media.Burst
		turn := func() {
			for range 10 {
				h.SequenceNumber++
				c.WriteRTP(&h, payload, &b)
			}
			b.Flush()
		}
		for range 10 {
			turn() // the batch grows to its size
		}
		if got := testing.AllocsPerRun(200, turn); got > 10*cmAllocations(p) {
			t.Errorf("%v: %v allocations per 10 packets", p, got)
		}
	}
}

func TestReceivingAllocatesNothing(t *testing.T) {
	for _, p := range []srtp.Profile{srtp.AEADAES128GCM, srtp.AES128CMSHA1_80} {
		s := testSocket(t)
		heard := &deafHandler{}
		c := wired(t, s, sink(t), p, heard)
		sender, err := srtp.NewSender(p, testMaterial(p, 1).key, testMaterial(p, 1).salt)
		if err != nil {
			t.Fatal(err)
		}
		h := rtp.Header{Version: 2, SSRC: 5}
		if err := h.SetExtension(3, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
		payload, buf := make([]byte, 1100), make([]byte, 1500)
		var r reader
		want := 0
		turn := func() {
			h.SequenceNumber++
			want++
			n, err := h.MarshalTo(buf)
			if err == nil {
				n, err = sender.Protect(buf, n, payload)
			}
			if err != nil {
				t.Fatal(err)
			}
			c.receive(buf[:n], 0, &r)
		}
		turn()
		if got := testing.AllocsPerRun(1000, turn); got > 2*cmAllocations(p) { // one of them to protect
			t.Errorf("%v: %v allocations per packet", p, got)
		}
		if heard.packets != want {
			t.Errorf("%v: %d of %d packets came through", p, heard.packets, want)
		}
	}
}

// BenchmarkFanOut sends a source's packets to N viewers, two packets per turn
// as a busy read loop does, and compares with the floor: the same packets,
// protected and sent in a tight loop. Both take turns within one run.
func BenchmarkFanOut(b *testing.B) {
	for _, p := range []srtp.Profile{srtp.AES128CMSHA1_80, srtp.AEADAES128GCM} {
		for _, viewers := range []int{1, 10, 50, 100} {
			b.Run(fmt.Sprintf("%v/%d", p, viewers), func(b *testing.B) { benchmarkFanOut(b, p, viewers) })
		}
	}
}

func benchmarkFanOut(b *testing.B, p srtp.Profile, viewers int) {
	const size, turn = 1050, 2
	s := testSocket(b)
	var conns []*Conn
	var floor []*floorViewer
	for range viewers {
		peer := sink(b)
		conns = append(conns, wired(b, s, peer, p, &deafHandler{}))
		floor = append(floor, newFloorViewer(b, peer, p))
	}
	payload := make([]byte, size)
	out := udp.NewOutbox(maxMessages)
	arena := make([]byte, maxMessages*maxPacket)
	var burst media.Burst
	h := rtp.Header{Version: 2, PayloadType: 96, SSRC: 5}
	var ours, theirs time.Duration
	packets := 0
	for b.Loop() {
		begun := time.Now()
		for range turn {
			h.SequenceNumber++
			for _, c := range conns {
				c.WriteRTP(&h, payload, &burst)
			}
		}
		burst.Flush()
		ours += time.Since(begun)

		begun = time.Now()
		h.SequenceNumber -= turn
		at := 0
		for range turn {
			h.SequenceNumber++
			for _, v := range floor {
				if out.Full() {
					out.Send(s.udp)
					at = 0
				}
				v.protect(b, out, arena[at:at+maxPacket], h, payload)
				at += maxPacket
			}
		}
		out.Send(s.udp)
		theirs += time.Since(begun)
		packets += turn * viewers
	}
	b.ReportMetric(ours.Seconds()*1e6/float64(packets), "µs/packet")
	b.ReportMetric(theirs.Seconds()*1e6/float64(packets), "floor-µs/packet")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// floorViewer is a viewer of whom nothing is known but key and address.
type floorViewer struct {
	sender *srtp.Sender
	to     udp.Address
}

func newFloorViewer(b *testing.B, peer netip.AddrPort, p srtp.Profile) *floorViewer {
	m := testMaterial(p, 2)
	sender, err := srtp.NewSender(p, m.key, m.salt)
	if err != nil {
		b.Fatal(err)
	}
	return &floorViewer{sender: sender, to: udp.NewAddress(peer)}
}

func (v *floorViewer) protect(b *testing.B, out *udp.Outbox, buf []byte, h rtp.Header, payload []byte) {
	n, err := h.MarshalTo(buf)
	if err == nil {
		n, err = v.sender.Protect(buf, n, payload)
	}
	if err != nil {
		b.Fatal(err)
	}
	out.Add(buf[:n], &v.to)
}
