package stream

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// upstream records what a source is asked for, and keeps a ring.
type upstream struct {
	ring   *media.Ring
	keys   int
	limits []int
}

func (u *upstream) RequestKeyFrame()      { u.keys++ }
func (u *upstream) SetMaxBitrate(bps int) { u.limits = append(u.limits, bps) }
func (u *upstream) Resend(seq uint16, f func(*media.Packet)) bool {
	return u.ring.Resend(seq, f)
}

// source is a producer of packets other than a Receiver.
type source struct {
	up    upstream
	out   *media.Output
	burst media.Burst
	p     media.Packet
}

func newSource(f media.Format, ssrc uint32, seq uint16, timestamp uint32) *source {
	s := &source{up: upstream{ring: media.NewRing(media.RingSlots, 0)}}
	s.out = media.NewOutput(&s.up, nil)
	s.p = media.Packet{
		Format: s.out.SetFormat(f), Burst: &s.burst, Data: vp8DeltaPayload,
		RTP: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq, Timestamp: timestamp, PayloadType: 120},
	}
	return s
}

// frame writes one packet presented at pts.
func (s *source) frame(pts time.Duration, key bool) {
	s.p.RTP.SequenceNumber++
	s.p.RTP.Timestamp += uint32(ticks(pts-s.p.PTS, s.p.Format.ClockRate))
	s.p.PTS, s.p.Key = pts, key
	s.write(s.p)
}

// write keeps and writes p.
func (s *source) write(p media.Packet) {
	s.up.ring.Put(&p)
	s.out.Write(&p)
}

// disconnect unbinds what was connected.
func (s *source) disconnect(in media.Input) {
	s.out.SetRoutes(nil)
	in.Bind(nil, nil)
}

func TestAcceptTakesWhatWasNegotiated(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		name  string
		f     media.Format
		score int
		ok    bool
	}{
		{"first choice", vp8.Format, 2, true},
		{"second choice", h264.Format, 1, true},
		{"other profile", media.Format{Kind: media.Video, Codec: media.H264, Packed: true, ClockRate: 90000, Params: "profile-level-id=640c"}, 0, false},
		{"whole frames", media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: 90000}, 0, false},
		{"not negotiated", media.Format{Kind: media.Video, Codec: media.AV1, Packed: true, ClockRate: 90000}, 0, false},
		{"other kind", opus.Format, 0, false},
	}
	for _, tt := range tests {
		if score, ok := b.videoOut.Accept(tt.f); score != tt.score || ok != tt.ok {
			t.Errorf("%s: %d %v, want %d %v", tt.name, score, ok, tt.score, tt.ok)
		}
	}
	if _, ok := NewSender(media.Video).Accept(vp8.Format); ok {
		t.Error("a sender accepts before it is negotiated")
	}
	b.Close()
	if _, ok := b.videoOut.Accept(vp8.Format); ok {
		t.Error("a sender accepts after the end of its session")
	}
}

func TestSourceSwitchIsSeamless(t *testing.T) {
	b := newBench(t)
	at := time.Hour
	first := newSource(vp8.Format, 1, 65533, 4_000_000_000)
	route(first.out, b.videoOut)
	for i := range 10 {
		first.frame(at+time.Duration(i)*33*time.Millisecond, i == 0)
	}
	at += 9 * 33 * time.Millisecond
	first.disconnect(b.videoOut)
	second := newSource(h264.Format, 2, 100, 7)
	route(second.out, b.videoOut)
	first.frame(at+time.Millisecond, false) // under way while the route was swapped
	if second.up.keys != 1 {
		t.Errorf("asked for %d key frames at connect, want 1", second.up.keys)
	}
	second.frame(at+50*time.Millisecond, false)
	for i := range 10 {
		second.frame(at+time.Second+time.Duration(i)*40*time.Millisecond, i == 0)
	}
	second.disconnect(b.videoOut)
	route(first.out, b.videoOut)
	at += time.Second + 9*40*time.Millisecond
	first.frame(at, true) // presented at the very time of the last one

	sent := b.wire.takeRTP()
	if len(sent) != 21 {
		t.Fatalf("%d packets sent, want 21", len(sent))
	}
	steps := make([]uint32, 0, 20)
	for i := 1; i < len(sent); i++ {
		if sent[i].h.SequenceNumber != sent[i-1].h.SequenceNumber+1 {
			t.Errorf("packet %d: number %d after %d", i, sent[i].h.SequenceNumber, sent[i-1].h.SequenceNumber)
		}
		steps = append(steps, sent[i].h.Timestamp-sent[i-1].h.Timestamp)
	}
	for i, step := range steps {
		want := uint32(33 * 90)
		switch {
		case i == 9:
			want = 90000
		case i == 19:
			want = 90 // the least advance
		case i > 9:
			want = 40 * 90
		}
		if step != want {
			t.Errorf("timestamp step %d is %d, want %d", i, step, want)
		}
	}
	if sent[9].h.PayloadType != videoPT || sent[10].h.PayloadType != h264.PayloadType || sent[20].h.PayloadType != videoPT {
		t.Error("payload types do not follow the source's format")
	}
}

func TestSSRCChangeIsSeamless(t *testing.T) {
	b := newBench(t)
	at := time.Hour
	src := newSource(vp8.Format, 1, 500, 1)
	from := handle(src)
	src.out.SetRoutes([]media.Route{{Sink: b.videoOut}})
	b.videoOut.Bind(src.out.Format(), from)
	src.frame(at, true)
	src.frame(at+33*time.Millisecond, false)
	src.p.RTP.SSRC, src.p.RTP.SequenceNumber, src.p.RTP.Timestamp = 2, 40000, 99
	src.frame(at+66*time.Millisecond, false) // the new stream's key frame is still to come
	src.frame(at+99*time.Millisecond, true)
	sent := b.wire.takeRTP()
	if len(sent) != 3 {
		t.Fatalf("%d packets sent, want 3", len(sent))
	}
	if d := sent[2].h.SequenceNumber - sent[1].h.SequenceNumber; d != 1 {
		t.Errorf("number moved by %d", d)
	}
	if d := sent[2].h.Timestamp - sent[1].h.Timestamp; d != 66*90 {
		t.Errorf("timestamp moved by %d", d)
	}
	if from.keys != 2 {
		t.Errorf("asked for %d key frames, want one at connect and one for the new stream", from.keys)
	}
	// Both streams can still be asked for.
	for _, i := range []int{1, 2} {
		b.rtcp(t, b.now, nack(localSSRC, sent[i].h.SequenceNumber))
		again := b.wire.takeRTP()
		if len(again) != 1 || again[0].h.Timestamp != sent[i].h.Timestamp {
			t.Errorf("packet %d sent again as %+v", i, again)
		}
	}
}

func TestGapsAndReorderingStayVisible(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 0, 0)
	route(src.out, b.videoOut)
	at := time.Hour
	numbers := []uint16{65530, 65531, 65534, 65533, 3, 1, 65529}
	for i, n := range numbers {
		p := src.p
		p.RTP.SequenceNumber, p.RTP.Timestamp, p.PTS, p.Key = n, uint32(n), at, i == 0
		src.write(p)
	}
	sent := b.wire.takeRTP()
	if len(sent) != len(numbers)-1 {
		t.Fatalf("%d packets sent, want all but the one before the key frame", len(sent))
	}
	for i := range sent {
		if d := sent[i].h.SequenceNumber - sent[0].h.SequenceNumber; d != numbers[i]-numbers[0] {
			t.Errorf("packet %d is %d after the first, want %d", i, d, numbers[i]-numbers[0])
		}
		if d := sent[i].h.Timestamp - sent[0].h.Timestamp; d != uint32(numbers[i])-uint32(numbers[0]) {
			t.Errorf("packet %d: timestamp %d after the first", i, d)
		}
	}
}

func TestWaitingForAKeyFrameAsksAgain(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 0, 0)
	route(src.out, b.videoOut)
	from := handle(src)
	b.videoOut.Bind(src.out.Format(), from)
	for i := range 201 {
		src.frame(time.Hour+time.Duration(i)*10*time.Millisecond, false)
	}
	if from.keys != 5 { // at Bind, which counts for the first 500 ms, and each 500 ms
		t.Errorf("asked %d times in 2 s, want 5", from.keys)
	}
	src.frame(time.Hour+3*time.Second, true)
	src.frame(time.Hour+9*time.Second, false)
	if from.keys != 5 {
		t.Error("asked although the key frame came")
	}
}

// recorder is a Source that keeps what it is told, without the pauses that an
// Output makes between requests.
type recorder struct{ upstream }

func (*recorder) Close() {}

// handle is a recorder in front of the ring of src.
func handle(src *source) *recorder { return &recorder{upstream{ring: src.up.ring}} }

func TestAudioStartsAtOnce(t *testing.T) {
	b := newBench(t)
	src := newSource(opus.Format, 1, 0, 0)
	route(src.out, b.audioOut)
	src.frame(time.Hour, true)
	if sent := b.wire.takeRTP(); len(sent) != 1 || sent[0].h.SSRC != localSSRC+1 || sent[0].h.PayloadType != audioPT {
		t.Errorf("sent %+v", sent)
	}
	if src.up.keys != 0 {
		t.Error("audio was asked for a key frame")
	}
}

func TestPicturesGoOnOverASwitch(t *testing.T) {
	vp9 := vp8
	vp9.PayloadType, vp9.Format.Codec = 98, media.VP9
	tests := []struct {
		name    string
		codec   Codec
		picture func(id uint16, tl0 uint8, key bool) []byte
	}{
		{"VP8", vp8, vp8Picture},
		{"VP9", vp9, func(id uint16, tl0 uint8, _ bool) []byte { return vp9Picture(id, tl0, true) }},
		{"VP9 with 7 bits", vp9, func(id uint16, tl0 uint8, _ bool) []byte { return vp9Picture(id, tl0, false) }},
	}
	for _, tt := range tests {
		b := newBench(t, func(lines []Line) { lines[0].Send = []Codec{tt.codec} })
		first, second := newSource(tt.codec.Format, 1, 10, 0), newSource(tt.codec.Format, 2, 70, 0)
		route(first.out, b.videoOut)
		for i := range 3 {
			first.p.Data = tt.picture(100+uint16(i), 5+uint8(i), i == 0)
			first.frame(time.Hour+time.Duration(i)*33*time.Millisecond, i == 0)
		}
		first.disconnect(b.videoOut)
		route(second.out, b.videoOut)
		for i := range 3 {
			second.p.Data = tt.picture(9000+uint16(i), 200+uint8(i), i == 0)
			second.frame(time.Hour+time.Second+time.Duration(i)*33*time.Millisecond, i == 0)
		}
		sent := b.wire.takeRTP()
		b.rtcp(t, b.now, nack(localSSRC, sent[4].h.SequenceNumber))
		sent = append(sent, b.wire.takeRTP()...)
		if len(sent) != 7 {
			t.Fatalf("%s: %d packets sent", tt.name, len(sent))
		}
		for i, want := range []uint16{0, 1, 2, 3, 4, 5, 4} {
			if id, tl0 := pictureOf(t, tt.codec.Format.Codec, sent[i].payload); id != 100+want || tl0 != 5+uint8(want) {
				t.Errorf("%s: packet %d has picture %d, layer %d", tt.name, i, id, tl0)
			}
		}
	}
}

func TestSenderPassesKeyFrameRequestsOn(t *testing.T) {
	b := newBench(t)
	if b.videoOut.RequestKeyFrame() {
		t.Error("asked without a source")
	}
	from := handle(newSource(vp8.Format, 1, 10, 0))
	b.videoOut.Bind(&vp8.Format, from)
	if !b.videoOut.RequestKeyFrame() || from.keys != 2 {
		t.Errorf("asked %d times, want once at Bind and once now", from.keys)
	}
}

func TestSenderTakesWhatThePeerCanDecodeBesides(t *testing.T) {
	high := media.Format{Kind: media.Video, Codec: media.H264, Packed: true, ClockRate: 90000, Params: "6400;1"}
	base := high
	base.Params = "42e0;1"
	s := NewSender(media.Video)
	s.codecs = []Codec{
		{PayloadType: 98, Format: high, Takes: func(f media.Format) bool { return f == base }},
		{PayloadType: 99, Format: base},
	}
	if i := s.codecFor(base); i != 1 {
		t.Errorf("codec %d, wanted the one of the very format", i)
	}
	s.codecs = s.codecs[:1]
	if score, ok := s.Accept(base); !ok || score != 1 {
		t.Errorf("accepted %v with score %d", ok, score)
	}
	other := base
	other.Codec = media.VP8
	if _, ok := s.Accept(other); ok {
		t.Error("VP8 is accepted as H264")
	}
}
