package transport

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// funcHandler is a Handler that calls itself.
type funcHandler func(h *rtp.Header, payload []byte, b *media.Burst)

func (f funcHandler) HandleRTP(h *rtp.Header, payload []byte, _ time.Duration, b *media.Burst) {
	f(h, payload, b)
}
func (f funcHandler) HandleRTCP([]byte, time.Duration, *media.Burst) {}

// protected makes packets as the peer of a wired connection sends them.
func protected(t testing.TB, p srtp.Profile, headers ...rtp.Header) (list [][]byte) {
	t.Helper()
	m := testMaterial(p, 1)
	sender, err := srtp.NewSender(p, m.key, m.salt)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		buf := make([]byte, 200)
		n, err := h.MarshalTo(buf)
		if err == nil {
			n, err = sender.Protect(buf, n, fmt.Append(nil, "packet ", h.SequenceNumber))
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, buf[:n])
	}
	return list
}

func numbered(seqs ...uint16) (list []rtp.Header) {
	for _, seq := range seqs {
		list = append(list, rtp.Header{Version: 2, SSRC: 5, SequenceNumber: seq})
	}
	return list
}

// sendTogether sends packets from s in one system call.
func sendTogether(t *testing.T, s *Socket, to netip.AddrPort, packets [][]byte) (failed int) {
	t.Helper()
	out := udp.NewOutbox(len(packets))
	name := udp.NewAddress(to)
	for _, p := range packets {
		out.Add(p, &name)
	}
	return out.Send(s.udp)
}

func TestAPanicLosesOnePacketOfTheReadBatch(t *testing.T) {
	s, peerOfBad, peerOfGood := testSocket(t), testSocket(t), testSocket(t)
	got := make(chan uint16, 100)
	badCalls := make(chan bool, 100)
	wired(t, s, peerOfBad.local, srtp.AEADAES128GCM, funcHandler(func(*rtp.Header, []byte, *media.Burst) {
		badCalls <- true
		panic("broken")
	}))
	wired(t, s, peerOfGood.local, srtp.AEADAES128GCM, funcHandler(func(h *rtp.Header, _ []byte, _ *media.Burst) { got <- h.SequenceNumber }))
	good := protected(t, srtp.AEADAES128GCM, numbered(1, 2, 3, 4)...)
	bad := protected(t, srtp.AEADAES128GCM, numbered(1, 2)...)
	sendTogether(t, peerOfGood, s.local, good[:2])
	sendTogether(t, peerOfBad, s.local, bad)
	sendTogether(t, peerOfGood, s.local, good[2:])
	for want := range uint16(4) {
		select {
		case seq := <-got:
			if seq != want+1 {
				t.Errorf("packet %d, want %d", seq, want+1)
			}
		case <-time.After(patience):
			t.Fatal("the read loop has stopped")
		}
	}
	if n := len(badCalls); n != 1 {
		t.Errorf("a handler that panicked was called %d times", n)
	}
}

func TestAReceiversPanicIsToldToThatReceiver(t *testing.T) {
	s, peer := testSocket(t), testSocket(t)
	failed := make(chan any, 10)
	got := make(chan uint16, 10)
	out := media.NewOutput(media.NoUpstream{}, nil)
	out.SetRoutes([]media.Route{
		{Sink: sinkFunc(func(p *media.Packet) { got <- p.RTP.SequenceNumber })},
		{Sink: sinkFunc(func(*media.Packet) { panic("receiver") }), Fail: func(v any) { failed <- v }},
	})
	wired(t, s, peer.local, srtp.AEADAES128GCM, funcHandler(func(h *rtp.Header, payload []byte, b *media.Burst) {
		out.Write(&media.Packet{RTP: *h, Data: payload, Burst: b})
	}))
	sendTogether(t, peer, s.local, protected(t, srtp.AEADAES128GCM, numbered(1, 2)...))
	for range 2 {
		select {
		case v := <-failed:
			if v != "receiver" {
				t.Errorf("told %v", v)
			}
		case <-time.After(patience):
			t.Fatal("nobody was told")
		}
	}
	if a, b := <-got, <-got; a != 1 || b != 2 {
		t.Errorf("the other receiver got %d and %d", a, b)
	}
}

type sinkFunc func(p *media.Packet)

func (f sinkFunc) Write(p *media.Packet) { f(p) }

func TestMediaThatOvertakesTheKeysIsKept(t *testing.T) {
	s := testSocket(t)
	var got []uint16
	c := wired(t, s, sink(t), srtp.AES128CMSHA1_80, funcHandler(func(h *rtp.Header, _ []byte, _ *media.Burst) { got = append(got, h.SequenceNumber) }))
	k := c.keys.Swap(nil)
	var r reader
	packets := protected(t, srtp.AES128CMSHA1_80, numbered(1, 2, 3)...)
	c.receive(packets[0], 0, &r)
	c.receive(packets[1], 0, &r)
	if got != nil {
		t.Fatal("media without keys")
	}
	c.keys.Store(k)
	c.receive(packets[2], 0, &r)
	if !slices.Equal(got, []uint16{1, 2, 3}) {
		t.Errorf("packets %v", got)
	}
	c.keys.Store(nil)
	for range 2 * maxEarly {
		c.receive(packets[0], 0, &r)
	}
	if len(c.recv.early) != maxEarly {
		t.Errorf("%d packets kept", len(c.recv.early))
	}
}

func TestNoHandlerAfterClose(t *testing.T) {
	heard := &deafHandler{}
	c := wired(t, testSocket(t), sink(t), srtp.AEADAES128GCM, heard)
	c.Close()
	var r reader
	c.receive(protected(t, srtp.AEADAES128GCM, numbered(1)...)[0], 0, &r)
	if heard.packets != 0 {
		t.Error("the Handler was called after Close")
	}
}

func TestPaddingIsTakenOff(t *testing.T) {
	var payload []byte
	var header rtp.Header
	c := wired(t, testSocket(t), sink(t), srtp.AEADAES128GCM, funcHandler(func(h *rtp.Header, p []byte, _ *media.Burst) {
		header, payload = h.Clone(), slices.Clone(p)
	}))
	m := testMaterial(srtp.AEADAES128GCM, 1)
	sender, err := srtp.NewSender(srtp.AEADAES128GCM, m.key, m.salt)
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		sent string
		want string
		ok   bool
	}{
		{"abc\x00\x00\x03", "abc", true}, {"\x01", "", true}, {"ab\x00", "", false}, {"ab\x04", "", false}, {"", "", false},
	} {
		header, payload = rtp.Header{}, nil
		buf := make([]byte, 100)
		h := rtp.Header{Version: 2, SSRC: 5, SequenceNumber: uint16(i), Padding: true}
		n, err := h.MarshalTo(buf)
		if err == nil {
			n, err = sender.Protect(buf, n, []byte(test.sent))
		}
		if err != nil {
			t.Fatal(err)
		}
		var r reader
		c.receive(buf[:n], 0, &r)
		if (payload != nil || header.Version == 2) != test.ok || string(payload) != test.want || header.Padding || header.PaddingSize != 0 {
			t.Errorf("%q: payload %q, header %+v", test.sent, payload, header)
		}
	}
	if got := c.Stats().ReceiveDropped; got != 3 {
		t.Errorf("%d packets dropped, want 3", got)
	}
}

func TestGarbageIsCountedAndHarmless(t *testing.T) {
	s, peer := testSocket(t), testSocket(t)
	heard := &deafHandler{}
	c := wired(t, s, peer.local, srtp.AEADAES128GCM, heard)
	garbage := [][]byte{
		{0}, {0x80}, {0x80, 0xc8}, {0x80, 0xc8, 0, 1, 0, 0, 0, 1}, {0x9f, 96, 0, 1}, {0xbf}, {20}, {64}, {255, 1, 2},
		slices.Concat([]byte{0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12), []byte{0, 6, 0xff, 0xff, 'a', ':', 'b', 0}),
		make([]byte, udp.MaxSize-1), make([]byte, udp.MaxSize+100),
	}
	sendTogether(t, peer, s.local, garbage)
	sendTogether(t, peer, s.local, protected(t, srtp.AEADAES128GCM, numbered(1)...))
	until(t, "the good packet", func() {}, func() bool { return c.Stats().PacketsReceived == 1 })
	if got := c.Stats().ReceiveDropped; got != 5 {
		t.Errorf("%d packets dropped, want 5", got)
	}
	if s.lost.Load() == 0 {
		t.Error("nothing counted as lost")
	}
}

func TestAPacketThatCannotBeSentDoesNotStopTheOthers(t *testing.T) {
	s, peer := testSocket(t), testSocket(t)
	got := make(chan uint16, 10)
	wired(t, peer, s.local, srtp.AEADAES128GCM, funcHandler(func(h *rtp.Header, _ []byte, _ *media.Burst) { got <- h.SequenceNumber }))
	out := udp.NewOutbox(3)
	nowhere, there := udp.NewAddress(netip.MustParseAddrPort("127.0.0.1:0")), udp.NewAddress(peer.local)
	packets := protected(t, srtp.AEADAES128GCM, numbered(1, 2, 3)...)
	for i, to := range []*udp.Address{&there, &nowhere, &there} {
		out.Add(packets[i], to)
	}
	if failed := out.Send(s.udp); failed != 1 {
		t.Errorf("%d packets failed, want 1", failed)
	}
	if a, b := <-got, <-got; a != 1 || b != 3 {
		t.Errorf("packets %d and %d arrived", a, b)
	}
}

func TestABatchGrowsWithItsTurns(t *testing.T) {
	s := testSocket(t)
	c := wired(t, s, sink(t), srtp.AEADAES128GCM, &deafHandler{})
	var b media.Burst
	h := rtp.Header{Version: 2, SSRC: 5}
	for range 3 * maxMessages {
		h.SequenceNumber++
		c.WriteRTP(&h, make([]byte, 1300), &b)
	}
	own := s.batch(&b)
	if got := len(own.arena) / maxPacket; got != maxMessages {
		t.Errorf("room for %d messages, want %d", got, maxMessages)
	}
	b.Flush()
	if own.used != 0 || c.Stats().PacketsSent != 3*maxMessages {
		t.Errorf("%d bytes left, %d packets sent", own.used, c.Stats().PacketsSent)
	}
	c.WriteRTP(&h, make([]byte, maxPacket), &b)
	if c.Stats().SendDropped != 1 {
		t.Error("a packet that is too long was not dropped")
	}
}

// Several producers write to one connection at once, each with its own burst.
func TestProducersMayWriteAtTheSameTime(t *testing.T) {
	const producers, each = 4, 500
	s, peer := testSocket(t), testSocket(t)
	var got atomic.Int64
	wired(t, peer, s.local, srtp.AEADAES128GCM, funcHandler(func(*rtp.Header, []byte, *media.Burst) { got.Add(1) }))
	c := wired(t, s, peer.local, srtp.AEADAES128GCM, &deafHandler{})
	done := make(chan bool)
	for ssrc := range uint32(producers) {
		go func() {
			var b media.Burst
			for seq := range uint16(each) {
				c.WriteRTP(&rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq}, []byte("x"), &b)
				if seq%10 == 9 {
					b.Flush()
				}
			}
			done <- true
		}()
	}
	for range producers {
		<-done
	}
	until(t, "all packets", func() {}, func() bool { return got.Load() == producers*each })
}

func TestFourGoroutinesPerConnectionRemain(t *testing.T) {
	const pairs, perConn, perSocket = 5, 4, 1
	pool := newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}, Sockets: 1})
	warm := newSide(t, ConnConfig{Pool: pool})
	gather(t, warm)
	warm.Close()
	before := runtime.NumGoroutine()
	for range pairs {
		a := newSide(t, ConnConfig{Pool: pool})
		b := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}, Sockets: 1})})
		connect(t, a, b)
		exchange(t, a, b, 1)
		exchange(t, b, a, 1)
	}
	most := before + pairs*(2*perConn+perSocket)
	until(t, fmt.Sprint("end of DTLS: at most ", most, " goroutines"), func() {}, func() bool { return runtime.NumGoroutine() <= most })
}

func TestLocalUfragOfChecks(t *testing.T) {
	build := func(setters ...stun.Setter) []byte {
		m, err := stun.Build(setters...)
		if err != nil {
			t.Fatal(err)
		}
		return m.Raw
	}
	for _, test := range []struct {
		packet []byte
		want   string
	}{
		{build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("local:remote")), "local"},
		{build(stun.BindingRequest, stun.TransactionID, stun.NewSoftware("x"), stun.NewUsername("l:r"), stun.Fingerprint), "l"},
		{build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("nocolon")), ""},
		{build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("a-name-that-is-longer-than-any-of-ours:r")), ""},
		{build(stun.BindingRequest, stun.TransactionID), ""},
		{build(stun.BindingSuccess, stun.TransactionID, stun.NewUsername("local:remote")), ""},
	} {
		if !isSTUN(test.packet) {
			t.Errorf("%x is not STUN", test.packet)
		}
		if got := string(localUfrag(test.packet)); got != test.want {
			t.Errorf("%x: %q, want %q", test.packet, got, test.want)
		}
	}
}

// FuzzPacket gives a socket's read loop any packet, once from a stranger and
// once from a connection's peer.
func FuzzPacket(f *testing.F) {
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("local:remote"), stun.Fingerprint)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Raw)
	for _, p := range protected(f, srtp.AEADAES128GCM, rtp.Header{Version: 2, SSRC: 5, Padding: true, CSRC: []uint32{1}}) {
		f.Add(p)
	}
	f.Add([]byte{0x80, 0xc8, 0, 1, 0, 0, 0, 1})
	f.Add([]byte{22, 254, 253})
	s := &Socket{byUfrag: map[string]*hostConn{}, byPeer: map[udp.Key]*hostConn{}}
	peer := netip.MustParseAddrPort("192.0.2.1:5")
	c := wired(f, s, peer, srtp.AEADAES128GCM, &deafHandler{})
	s.byUfrag["local"] = s.byPeer[udp.KeyOf(peer)]
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > udp.MaxSize {
			return
		}
		for _, from := range []udp.Key{udp.KeyOf(peer), {}} {
			s.handle(slices.Clone(p), from, s.find(p, from), 0)
		}
		c.recv.early = nil
	})
}

func TestSocketTablesUseOneFormOfAnAddress(t *testing.T) {
	mapped := netip.MustParseAddrPort("[::ffff:192.0.2.1]:5")
	if udp.KeyOf(mapped) != udp.KeyOf(netip.MustParseAddrPort("192.0.2.1:5")) {
		t.Error("an IPv4 address has two keys")
	}
	for _, text := range []string{"192.0.2.1:5", "[2001:db8::1]:7"} {
		addr := netip.MustParseAddrPort(text)
		if got := udp.KeyOf(addr).AddrPort(); got != addr {
			t.Errorf("%v became %v", addr, got)
		}
	}
	// As the kernel reports it.
	s, peer := testSocket(t), testSocket(t)
	heard := make(chan uint16, 1)
	wired(t, s, peer.local, srtp.AEADAES128GCM, funcHandler(func(h *rtp.Header, _ []byte, _ *media.Burst) { heard <- h.SequenceNumber }))
	to := udp.NewAddress(s.local)
	if err := peer.udp.Send(protected(t, srtp.AEADAES128GCM, numbered(9)...)[0], &to); err != nil {
		t.Fatal(err)
	}
	if seq := <-heard; seq != 9 {
		t.Errorf("packet %d", seq)
	}
}
