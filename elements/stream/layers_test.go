package stream

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	ridID, repairedID = 5, 6
	layerSSRC         = 3000 // of the first layer, the next ones follow
)

// withLayers has the peer send three layers.
func withLayers(lines []Line) {
	withRTX(lines)
	lines[0].RIDs = []string{"h", "m", "l"}
	lines[0].Extensions.RID, lines[0].Extensions.RepairedRID = ridID, repairedID
}

// simulcaster is a publisher of three layers of VP8, 25 frames a second.
type simulcaster struct {
	session *Session
	layers  []*simLayer
	burst   media.Burst
	asked   []uint32 // SSRCs that key frames were asked of
}

type simLayer struct {
	h    rtp.Header
	rid  string
	bps  int  // 0: does not flow
	key  bool // the next frame is one
	id   uint16
	sent int
}

func newSimulcaster(bps ...int) *simulcaster {
	s := new(simulcaster)
	for i, n := range bps {
		s.layers = append(s.layers, &simLayer{
			rid: []string{"h", "m", "l"}[i], bps: n, key: true, id: uint16(1000 * (i + 1)),
			h: rtp.Header{
				Version: 2, PayloadType: videoPT, SSRC: layerSSRC + uint32(i),
				SequenceNumber: uint16(20000 * (i + 1)), Timestamp: uint32(i) * 1e9,
			},
		})
	}
	return s
}

func (s *simulcaster) WriteRTP(*rtp.Header, []byte, *media.Burst) {}

// WriteRTCP has the next frame of a layer be a key frame when one is asked for.
func (s *simulcaster) WriteRTCP(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		panic(err)
	}
	for _, p := range ofType[*rtcp.PictureLossIndication](packets) {
		s.asked = append(s.asked, p.MediaSSRC)
		for _, l := range s.layers {
			l.key = l.key || l.h.SSRC == p.MediaSSRC
		}
	}
}

// frame sends a frame of each layer.
func (s *simulcaster) frame(at time.Duration) {
	for _, l := range s.layers {
		if l.bps == 0 {
			continue
		}
		l.h.Timestamp += 3600
		l.id++
		head := vp8Picture(l.id, uint8(l.id), l.key)
		l.key = false
		for left := l.bps / 25 / 8; left > 0; left -= 1100 {
			l.h.SequenceNumber++
			l.h.Marker = left <= 1100
			l.h.Extension, l.h.Extensions = false, nil
			if l.sent++; l.sent < 4 { // until the receiver knows, as browsers do
				_ = l.h.SetExtension(ridID, []byte(l.rid))
			}
			s.session.HandleRTP(&l.h, append(head, make([]byte, min(left, 1100))...), at, &s.burst)
			head[0] &^= 0x10 // not the start of a partition
		}
	}
}

// newLayered makes the session that gets the simulcast.
func newLayered(t *testing.T, s *simulcaster, now func() time.Duration) *Receiver {
	r := NewReceiver(media.Video, nil, nil)
	lines := []Line{{SSRC: 77, Receiver: r, Receive: []Codec{vp8}}}
	withLayers(lines)
	session, err := NewSession(s, lines, Options{CNAME: "c", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	t.Cleanup(r.Output().Close)
	session.open()
	s.session = session
	return r
}

func TestLayersAreToldApart(t *testing.T) {
	at := time.Hour
	pub := newSimulcaster(900_000, 400_000, 100_000)
	r := newLayered(t, pub, func() time.Duration { return at })
	all := new(layeredSink)
	r.Output().SetRoutes([]media.Route{{Sink: all}})
	for range 50 {
		pub.frame(at)
		at += 40 * time.Millisecond
	}
	var last [4]uint16
	var pts [4]time.Duration
	for _, p := range all.got {
		if p.Layer < 1 || p.Layer > 3 || p.RTP.SSRC != layerSSRC+uint32(p.Layer)-1 {
			t.Fatalf("a packet of layer %d has SSRC %d", p.Layer, p.RTP.SSRC)
		}
		if l := last[p.Layer]; l != 0 && p.RTP.SequenceNumber != l+1 {
			t.Errorf("layer %d: number %d after %d", p.Layer, p.RTP.SequenceNumber, l)
		}
		last[p.Layer], pts[p.Layer] = p.RTP.SequenceNumber, p.PTS
	}
	if (pts[1]-pts[2]).Abs() > time.Millisecond || (pts[1]-pts[3]).Abs() > time.Millisecond {
		t.Errorf("layers of one time are presented at %v", pts[1:])
	}
	st := r.Stats()
	if len(st.Layers) != 3 || st.SSRC != layerSSRC || int(st.Packets) != len(all.got) || st.Lost != 0 {
		t.Errorf("statistics %+v", st)
	}
	for i, l := range st.Layers {
		want := pub.layers[i]
		if l.RID != want.rid || l.SSRC != want.h.SSRC || l.Bitrate < want.bps || l.Bitrate > want.bps*3/2 || int(l.Packets) != want.sent {
			t.Errorf("layer %d: %+v, want %+v", i, l, want)
		}
	}
	// What no layer is known for is not taken.
	stray := rtp.Header{Version: 2, PayloadType: videoPT, SSRC: 5}
	pub.session.HandleRTP(&stray, vp8KeyPayload, at, &pub.burst)
	stray.PayloadType = rtxPT
	pub.session.HandleRTP(&stray, append([]byte{0, 1}, vp8KeyPayload...), at, &pub.burst)
	if got := r.Stats(); got.Packets != st.Packets || got.Spare != 0 {
		t.Errorf("strays were taken: %+v", got)
	}

	// A retransmission finds its layer by name, then by SSRC.
	m := pub.layers[1]
	m.h.SequenceNumber += 3
	m.h.Extensions, m.h.Extension = nil, false
	pub.session.HandleRTP(&m.h, vp8DeltaPayload, at, &pub.burst)
	all.take()
	rtx := rtp.Header{Version: 2, PayloadType: rtxPT, SSRC: 4001}
	_ = rtx.SetExtension(repairedID, []byte("m"))
	for back := uint16(2); back > 0; back-- {
		osn := m.h.SequenceNumber - back
		pub.session.HandleRTP(&rtx, append([]byte{byte(osn >> 8), byte(osn)}, vp8DeltaPayload...), at, &pub.burst)
		rtx.Extension, rtx.Extensions = false, nil
	}
	if got := all.take(); len(got) != 2 || got[0].Layer != 2 || got[1].Layer != 2 {
		t.Errorf("retransmissions became %+v", got)
	}

	from := r.Output().Open().(media.LayeredSource)
	pub.asked = nil
	from.RequestLayerKeyFrame(3)
	if len(pub.asked) != 1 || pub.asked[0] != layerSSRC+2 {
		t.Errorf("key frames asked of %v", pub.asked)
	}
	for layer := uint8(1); layer <= 3; layer++ {
		if !from.ResendLayer(layer, last[layer], func(p *media.Packet) {
			if p.Layer != layer || p.RTP.SSRC != layerSSRC+uint32(layer)-1 {
				t.Errorf("layer %d: %+v sent again", layer, p)
			}
		}) {
			t.Errorf("layer %d is not kept", layer)
		}
	}
	from.SetMaxBitrate(50_000)
	if got := r.rate.estimate(); got != ownEstimate {
		t.Errorf("a slow viewer presses the publisher to %d", got)
	}
}

// layeredSink keeps the packets of all layers.
type layeredSink struct{ sink }

func (*layeredSink) TakesLayers() {}

func TestBestLayer(t *testing.T) {
	rates := media.LayerBitrates{1: 1500, 2: 500, 3: 150}
	tests := []struct {
		rates         media.LayerBitrates
		target, extra int
		want          uint8
	}{
		{rates, 0, 100, 1},
		{rates, 1500, 100, 1},
		{rates, 1499, 100, 2},
		{rates, 1700, 120, 2},
		{rates, 1800, 120, 1},
		{rates, 100, 100, 3},
		{media.LayerBitrates{}, 100, 100, 0},
		{media.LayerBitrates{3: 700}, 100, 100, 3},
	}
	for _, tt := range tests {
		if got := best(&tt.rates, tt.target, tt.extra); got != tt.want {
			t.Errorf("%v for %d with %d %%: layer %d, want %d", tt.rates, tt.target, tt.extra, got, tt.want)
		}
	}
}

// TestViewerGetsOneLayer has a viewer's limit go up and down and looks at what it gets.
func TestViewerGetsOneLayer(t *testing.T) {
	viewer := newBench(t)
	at := viewer.now
	pub := newSimulcaster(900_000, 400_000, 100_000)
	r := newLayered(t, pub, func() time.Duration { return at })
	pub.frame(at) // so that there is a format
	r.Output().SetRoutes([]media.Route{{Sink: viewer.videoOut}})
	viewer.videoOut.Bind(r.Output().Format(), layeredRecorder{r})
	frames := func(span time.Duration) {
		for end := at + span; at < end; at += 40 * time.Millisecond {
			viewer.now = at
			pub.frame(at)
		}
	}
	limit := func(bps float32) {
		viewer.rtcp(t, at, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bps, SSRCs: []uint32{localSSRC}})
	}
	layer := func(want int, why string) {
		t.Helper()
		if got := viewer.videoOut.Stats().Layer; got != want {
			t.Errorf("%s: layer %d, want %d", why, got, want)
		}
	}
	frames(3 * time.Second)
	layer(1, "without a limit")
	limit(500_000)
	frames(700 * time.Millisecond)
	layer(2, "limit of 500 kbit/s")
	limit(50_000)
	frames(700 * time.Millisecond)
	layer(3, "less than the lowest layer")
	limit(1_000_000)
	frames(800 * time.Millisecond)
	layer(3, "too early to go up")
	frames(3 * time.Second)
	layer(2, "room for the middle one, not enough for the highest")
	limit(1_500_000)
	frames(5 * time.Second)
	layer(1, "room for all")
	pub.layers[0].bps = 0
	frames(3 * time.Second)
	layer(2, "the highest has ended")
	pub.layers[0].bps, pub.layers[0].key = 900_000, true
	frames(6 * time.Second)
	layer(1, "it is back")

	sent := viewer.wire.takeRTP()
	for i, p := range sent[1:] {
		before := sent[i]
		if p.h.SequenceNumber != before.h.SequenceNumber+1 {
			t.Fatalf("packet %d: number %d after %d", i+1, p.h.SequenceNumber, before.h.SequenceNumber)
		}
		if d := int32(p.h.Timestamp - before.h.Timestamp); d < 0 || d > 90000/5 && d > 2*90000 {
			t.Fatalf("packet %d: timestamp moved by %d", i+1, d)
		}
		id, _ := pictureOf(t, media.VP8, p.payload)
		was, _ := pictureOf(t, media.VP8, before.payload)
		if id != was && id != was+1 {
			t.Fatalf("packet %d: picture %d after %d", i+1, id, was)
		}
	}
	if len(sent) < 1000 {
		t.Errorf("only %d packets sent", len(sent))
	}
	// The last packets, and those around a switch, come out of the right ring.
	viewer.rtcp(t, at, nack(localSSRC, sent[len(sent)-1].h.SequenceNumber, sent[len(sent)-50].h.SequenceNumber))
	again := viewer.wire.takeRTP()
	if len(again) != 2 {
		t.Fatalf("%d packets sent again", len(again))
	}
	for i, want := range []sentPacket{sent[len(sent)-1], sent[len(sent)-50]} {
		if again[i].h.SequenceNumber != want.h.SequenceNumber || string(again[i].payload) != string(want.payload) || again[i].h.Timestamp != want.h.Timestamp {
			t.Errorf("sent %+v again as %+v", want.h, again[i].h)
		}
	}
}

func TestLayersComeAndGo(t *testing.T) {
	viewer := newBench(t)
	at := viewer.now
	pub := newSimulcaster(900_000, 400_000)
	r := newLayered(t, pub, func() time.Duration { return at })
	layered := append([]Line(nil), pub.session.lines()...)
	single := append([]Line(nil), layered...)
	single[0].RIDs = nil
	frames := func() {
		for range 50 {
			pub.frame(at)
			at += 40 * time.Millisecond
		}
	}
	begin := func(lines []Line, ssrc uint32, layers ...int) {
		if err := pub.session.Renegotiate(lines); err != nil {
			t.Fatal(err)
		}
		at += 2 * time.Second
		for i, bps := range layers {
			l := pub.layers[i]
			l.bps, l.sent, l.key, l.h.SSRC = bps, 0, true, ssrc+uint32(i)
		}
		frames()
	}
	begin(single, 50, 500_000, 0)
	r.Output().SetRoutes([]media.Route{{Sink: viewer.videoOut}})
	viewer.videoOut.Bind(r.Output().Format(), r.Output().Open())
	begin(single, 60, 500_000, 0)
	if st := viewer.videoOut.Stats(); st.Layer != 0 || st.Packets == 0 {
		t.Errorf("one stream: %+v", st)
	}
	begin(layered, 70, 900_000, 400_000)
	if st := viewer.videoOut.Stats(); st.Layer != 1 {
		t.Errorf("two layers: %+v", st)
	}
	if st := r.Stats(); len(st.Layers) != 3 || st.SSRC != 70 || st.Layers[1].SSRC != 71 {
		t.Errorf("two layers: %+v", st)
	}
	begin(single, 80, 500_000, 0)
	if st := viewer.videoOut.Stats(); st.Layer != 0 {
		t.Errorf("one stream again: %+v", st)
	}
	if st := r.Stats(); len(st.Layers) != 0 || st.SSRC != 80 {
		t.Errorf("one stream again: %+v", st)
	}
	sent := viewer.wire.takeRTP()
	for i := range sent[1:] {
		if sent[i+1].h.SequenceNumber != sent[i].h.SequenceNumber+1 {
			t.Fatalf("packet %d: number %d after %d", i+1, sent[i+1].h.SequenceNumber, sent[i].h.SequenceNumber)
		}
	}
}

// layeredRecorder is a Receiver as a source, without the pauses that an Output makes between requests.
type layeredRecorder struct{ *Receiver }

func (layeredRecorder) Close() {}

func TestNACKsFindTheLayerOfTheirTime(t *testing.T) {
	viewer := newBench(t)
	at := viewer.now
	pub := newSimulcaster(900_000, 400_000)
	r := newLayered(t, pub, func() time.Duration { return at })
	pub.frame(at)
	r.Output().SetRoutes([]media.Route{{Sink: viewer.videoOut}})
	viewer.videoOut.Bind(r.Output().Format(), layeredRecorder{r})
	frames := func(n int) {
		for range n {
			pub.frame(at)
			at += 40 * time.Millisecond
		}
	}
	limit := func(bps float32) {
		viewer.rtcp(t, at, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bps, SSRCs: []uint32{localSSRC}})
	}
	limit(600_000)
	frames(50)
	limit(2_000_000)
	for n := 0; viewer.videoOut.Stats().Layer != 1 && n < 200; n++ {
		frames(1)
	}
	frames(10) // still within media.RepairTime
	sent := viewer.wire.takeRTP()
	cut := 0
	for i := 1; i < len(sent); i++ {
		if len(sent[i].payload) > 0 && sent[i].payload[0]&0x10 != 0 && sent[i].payload[5]&1 == 0 {
			cut = i // the last key frame is that of the other layer
		}
	}
	if cut < 100 || viewer.videoOut.Stats().Layer != 1 {
		t.Fatalf("switched at packet %d to layer %d", cut, viewer.videoOut.Stats().Layer)
	}
	viewer.rtcp(t, at, nack(localSSRC, sent[cut-1].h.SequenceNumber, sent[cut].h.SequenceNumber))
	again := viewer.wire.takeRTP()
	if len(again) != 2 {
		t.Fatalf("%d packets sent again", len(again))
	}
	defer func() {
		limit(600_000)
		frames(20)
		down := viewer.wire.takeRTP()
		viewer.rtcp(t, at+time.Second, nack(localSSRC, down[0].h.SequenceNumber, down[len(down)-1].h.SequenceNumber))
		if again := viewer.wire.takeRTP(); viewer.videoOut.Stats().Layer != 2 || len(again) != 1 || again[0].h.SequenceNumber != down[len(down)-1].h.SequenceNumber {
			t.Errorf("after the way down %+v were sent again", again)
		}
	}()
	for i, p := range again {
		if want := sent[cut-1+i]; p.h.SequenceNumber != want.h.SequenceNumber || string(p.payload) != string(want.payload) || p.h.Timestamp != want.h.Timestamp {
			t.Errorf("sent %+v again as %+v", want.h, p.h)
		}
	}
}

// linkedViewer is the viewer of a simulcast behind a link.
type linkedViewer struct {
	net  *network
	out  *Sender
	in   *Receiver
	link *link // to it
	run  func(span time.Duration)
}

func newLinkedViewer(t *testing.T, wide float64, layers ...int) *linkedViewer {
	n := &network{now: time.Hour, random: rand.New(rand.NewPCG(8, 2))}
	clock := func() time.Duration { return n.now }
	pub := newSimulcaster(layers...)
	r := newLayered(t, pub, clock)
	v := &linkedViewer{net: n, out: NewSender(media.Video), in: NewReceiver(media.Video, nil, nil)}
	forward, back := &link{net: n, delay: 25 * time.Millisecond, rate: wide}, &link{net: n, delay: 25 * time.Millisecond}
	v.link = forward
	join := func(transport Transport, l Line) *Session {
		lines := []Line{l}
		withRTX(lines)
		withTWCC(lines)
		s, err := NewSession(transport, lines, Options{CNAME: "c", Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		s.open()
		return s
	}
	sending := join(forward, Line{SSRC: 1, Sender: v.out, Send: []Codec{vp8}})
	receiving := join(back, Line{SSRC: 2, Receiver: v.in, Receive: []Codec{vp8}})
	forward.peer, back.peer = receiving, sending
	v.in.Output().SetRoutes([]media.Route{{Sink: &sink{}}})
	pub.frame(n.now)
	r.Output().SetRoutes([]media.Route{{Sink: v.out}})
	v.out.Bind(r.Output().Format(), layeredRecorder{r})
	v.run = func(span time.Duration) {
		for at := n.now; at < n.now+span; at += 40 * time.Millisecond {
			n.at(at, func() { pub.frame(at) })
		}
		n.run(n.now+span, sending, receiving, pub.session)
	}
	return v
}

// TestViewersLinkChoosesTheLayer has a viewer behind a link that gets narrow and wide again.
func TestViewersLinkChoosesTheLayer(t *testing.T) {
	v := newLinkedViewer(t, 4_000_000, 1_400_000, 450_000, 120_000)
	v.run(10 * time.Second)
	if st := v.out.Stats(); st.Layer != 1 {
		t.Errorf("at 4 Mbit/s: %+v", st)
	}
	v.link.rate = 700_000
	v.run(6 * time.Second)
	if st := v.out.Stats(); st.Layer < 2 {
		t.Errorf("at 700 kbit/s: %+v", st)
	}
	v.run(25 * time.Second)
	if st := v.out.Stats(); st.Layer < 2 || st.Estimate > 800_000 {
		t.Errorf("at 700 kbit/s after a while: %+v", st)
	}
	v.link.rate = 4_000_000
	v.run(6 * time.Second)
	if st := v.out.Stats(); st.Layer != 1 || st.Probes == 0 {
		t.Errorf("at 4 Mbit/s again: %+v", st)
	}
	if st := v.in.Stats(); st.Spare == 0 || st.SSRC != 1 {
		t.Errorf("the viewer got %+v", st)
	}
}

// However long a link was narrow, the better layer is back within six seconds.
func TestTheBetterLayerComesBack(t *testing.T) {
	var longest time.Duration
	for narrow := 6 * time.Second; narrow < 30*time.Second; narrow += 5100 * time.Millisecond {
		v := newLinkedViewer(t, 2_000_000, 1_100_000, 187_000)
		v.run(10 * time.Second)
		v.link.rate = 500_000
		v.run(narrow)
		if layer := v.out.Stats().Layer; layer != 2 {
			t.Errorf("layer %d after %v at 500 kbit/s", layer, narrow)
		}
		v.link.rate = 2_000_000
		back := v.net.now
		for v.out.Stats().Layer != 1 && v.net.now-back < time.Minute {
			v.run(200 * time.Millisecond)
		}
		longest = max(longest, v.net.now-back)
	}
	if longest > 6*time.Second {
		t.Errorf("it took %v", longest)
	}
}
