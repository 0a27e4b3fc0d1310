package stream

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	videoPT   = 96
	audioPT   = 111
	localSSRC = 1000 // ours; +1 for audio
	peerSSRC  = 2000 // the peer's
)

var (
	vp8 = Codec{
		PayloadType: videoPT,
		Format:      media.Format{Kind: media.Video, Codec: media.VP8, Packed: true, ClockRate: 90000},
		Feedback:    Feedback{NACK: true, PLI: true, FIR: true, REMB: true},
	}
	h264 = Codec{
		PayloadType: 102,
		Format: media.Format{
			Kind: media.Video, Codec: media.H264, Packed: true, ClockRate: 90000,
			Params: "packetization-mode=1;profile-level-id=42e0",
		},
		Feedback: Feedback{NACK: true, FIR: true},
	}
	opus = Codec{
		PayloadType: audioPT,
		Format:      media.Format{Kind: media.Audio, Codec: media.Opus, Packed: true, ClockRate: 48000, Channels: 2},
	}

	vp8KeyPayload   = []byte{0x10, 0x00, 1, 2, 3} // S, first partition; key frame
	vp8DeltaPayload = []byte{0x10, 0x01, 1, 2, 3}
)

// sentPacket is an RTP packet as the transport got it.
type sentPacket struct {
	h       rtp.Header
	payload []byte
	ext     []byte // of id 3
}

// wire is a transport that keeps what it gets.
type wire struct {
	mu   sync.Mutex
	rtp  []sentPacket
	rtcp []rtcp.Packet
	raw  [][]byte // compound RTCP packets
	t    testing.TB
}

func (w *wire) WriteRTP(h *rtp.Header, payload []byte, _ *media.Burst) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := h.Clone()
	w.rtp = append(w.rtp, sentPacket{h: c, payload: append([]byte(nil), payload...), ext: c.GetExtension(3)})
}

func (w *wire) WriteRTCP(packet []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	packets, err := rtcp.Unmarshal(packet)
	if err != nil {
		w.t.Errorf("bad RTCP sent: %v", err)
	}
	if err := rtcp.CompoundPacket(packets).Validate(); err != nil {
		w.t.Errorf("bad compound sent: %v", err)
	}
	w.rtcp = append(w.rtcp, packets...)
	w.raw = append(w.raw, append([]byte(nil), packet...))
}

// takeRTP returns what was sent since the last call.
func (w *wire) takeRTP() []sentPacket {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.rtp
	w.rtp = nil
	return p
}

// takeRTCP returns the RTCP packets sent since the last call.
func (w *wire) takeRTCP() []rtcp.Packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.rtcp
	w.rtcp, w.raw = nil, nil
	return p
}

// ofType picks the packets of one type.
func ofType[T rtcp.Packet](packets []rtcp.Packet) []T {
	var found []T
	for _, p := range packets {
		if t, ok := p.(T); ok {
			found = append(found, t)
		}
	}
	return found
}

// silent is a transport that throws everything away.
type silent struct{ packets int }

func (s *silent) WriteRTP(*rtp.Header, []byte, *media.Burst) { s.packets++ }
func (s *silent) WriteRTCP([]byte)                           {}

// sink keeps a copy of each packet it gets.
type sink struct{ got []media.Packet }

func (s *sink) Write(p *media.Packet) {
	c := *p
	c.Data = append([]byte(nil), p.Data...)
	s.got = append(s.got, c)
}

// take returns what came since the last call.
func (s *sink) take() []media.Packet {
	p := s.got
	s.got = nil
	return p
}

// bench is a session with one line per kind whose clock stands still until a
// test moves it.
type bench struct {
	*Session
	wire           *wire
	video          *Receiver
	audio          *Receiver
	videoOut       *Sender
	audioOut       *Sender
	now            time.Duration
	states         []bool
	formatsChanged int
	burst          media.Burst
}

// newBench makes a session that receives and sends VP8 or H264, and Opus.
func newBench(t testing.TB, change ...func(lines []Line)) *bench {
	b := &bench{wire: &wire{t: t}, now: time.Hour}
	b.video = NewReceiver(media.Video, nil, func() { b.formatsChanged++ })
	b.audio = NewReceiver(media.Audio, nil, nil)
	b.videoOut, b.audioOut = NewSender(media.Video), NewSender(media.Audio)
	lines := []Line{
		{
			SSRC: localSSRC, Receiver: b.video, Receive: []Codec{vp8, h264},
			Sender: b.videoOut, Send: []Codec{vp8, h264}, Extensions: Extensions{AbsSendTime: 3},
		},
		{
			SSRC: localSSRC + 1, Receiver: b.audio, Receive: []Codec{opus},
			Sender: b.audioOut, Send: []Codec{opus},
		},
	}
	for _, f := range change {
		f(lines)
	}
	s, err := NewSession(b.wire, lines, Options{
		CNAME:      "rivero@test",
		MediaState: func(connected bool) { b.states = append(b.states, connected) },
		Now:        func() time.Duration { return b.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Session = s
	t.Cleanup(s.Close)
	s.open()
	return b
}

// tickAt lets the session do what is due at the time now.
func (b *bench) tickAt(now time.Duration) (next time.Duration) {
	b.now = now
	return b.tick(now)
}

// rtcp hands packets of the peer to the session.
func (b *bench) rtcp(t testing.TB, at time.Duration, packets ...rtcp.Packet) {
	t.Helper()
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		t.Fatal(err)
	}
	b.HandleRTCP(raw, at, &b.burst)
}

// route binds in to out, as the graph does.
func route(out *media.Output, sinks ...media.Sink) {
	var routes []media.Route
	for _, s := range sinks {
		if in, ok := s.(media.Input); ok {
			in.Bind(out.Format(), out.Open())
		}
		routes = append(routes, media.Route{Sink: s})
	}
	out.SetRoutes(routes)
}

// publisher makes the packets of one remote stream.
type publisher struct {
	h     rtp.Header
	burst media.Burst
}

func newPublisher(pt uint8, ssrc uint32) *publisher {
	return &publisher{h: rtp.Header{
		Version: 2, PayloadType: pt, SSRC: ssrc, SequenceNumber: 65530, Timestamp: 1<<32 - 5000,
	}}
}

// send gives the next packet to s.
func (p *publisher) send(s *Session, at time.Duration, payload []byte) {
	p.h.SequenceNumber++
	s.HandleRTP(&p.h, payload, at, &p.burst)
}

// repeater does several things again and again, each on a goroutine of its own, until it is told to end. The zero value is
// ready for use.
type repeater struct {
	work  sync.WaitGroup
	ended atomic.Bool
}

func (r *repeater) repeat(f func(i int)) {
	r.work.Go(func() {
		for i := 0; !r.ended.Load(); i++ {
			f(i)
		}
	})
}

// end returns when nothing is being done any more.
func (r *repeater) end() {
	r.ended.Store(true)
	r.work.Wait()
}
