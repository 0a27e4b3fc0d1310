package stream

import (
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// again renegotiates the bench's lines with a change.
func (b *bench) again(t testing.TB, change func(lines []Line) []Line) {
	t.Helper()
	if err := b.Renegotiate(change(append([]Line(nil), b.lines()...))); err != nil {
		t.Fatal(err)
	}
}

func TestRenegotiationKeepsTheStreams(t *testing.T) {
	b := newBench(t)
	src, out := newSource(vp8.Format, 1, 500, 0), new(sink)
	route(src.out, b.videoOut)
	b.video.Output().SetRoutes([]media.Route{{Sink: out}})
	receive(b, peerSSRC, videoPT, 65535, 900, b.now, vp8KeyPayload)
	src.frame(b.now, true)
	b.again(t, func(lines []Line) []Line {
		moved := vp8
		moved.PayloadType = 100
		lines[0].Receive, lines[0].Send = []Codec{moved, h264}, []Codec{moved}
		lines[0].Extensions.AbsSendTime = 5
		return lines
	})
	receive(b, peerSSRC, videoPT, 0, 1800, b.now, vp8DeltaPayload) // not negotiated any more
	receive(b, peerSSRC, 100, 0, 1800, b.now, vp8DeltaPayload)
	src.frame(b.now+time.Second, false)

	sent := b.wire.takeRTP()
	if len(sent) != 2 || sent[1].h.SequenceNumber != sent[0].h.SequenceNumber+1 || sent[1].h.Timestamp != sent[0].h.Timestamp+90000 {
		t.Fatalf("sent %+v", sent)
	}
	if sent[0].h.PayloadType != videoPT || sent[1].h.PayloadType != 100 || len(sent[0].ext) != 3 || len(sent[1].h.GetExtension(5)) != 3 || sent[1].ext != nil {
		t.Errorf("payload types and extensions %+v", sent)
	}
	if got := out.take(); len(got) != 2 || got[0].Format != got[1].Format || b.formatsChanged != 1 {
		t.Errorf("received %+v, format changed %d times", got, b.formatsChanged)
	}
	if st := b.video.Stats(); st.Packets != 2 || st.Lost != 0 || st.SSRC != peerSSRC {
		t.Errorf("statistics %+v", st)
	}
	// What was sent by another header must not be sent again with this one.
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber, sent[1].h.SequenceNumber))
	if again := b.wire.takeRTP(); len(again) != 1 || again[0].h.SequenceNumber != sent[1].h.SequenceNumber {
		t.Errorf("sent again %+v", again)
	}
}

func TestLinesComeAndGo(t *testing.T) {
	b := newBench(t)
	b.started = true // says goodbye
	src := newSource(opus.Format, 1, 500, 0)
	route(src.out, b.audioOut)
	src.frame(b.now, true)
	audio := b.lines()[1]
	b.again(t, func(lines []Line) []Line { return lines[:1] })
	if bye := ofType[*rtcp.Goodbye](b.wire.takeRTCP()); len(bye) != 1 || len(bye[0].Sources) != 1 || bye[0].Sources[0] != localSSRC+1 {
		t.Errorf("goodbyes %v", bye)
	}
	src.frame(b.now+time.Second, true)
	receive(b, peerSSRC+1, audioPT, 1, 0, b.now, []byte{1})
	sent := b.wire.takeRTP()
	if len(sent) != 1 || b.audio.Stats().Packets != 0 || b.stray.Load() != 1 {
		t.Errorf("a line that is gone sent %d packets and took %d", len(sent), b.audio.Stats().Packets)
	}

	// It comes back with a sender of its own, whose numbers must not be those of before.
	audio.Sender = NewSender(media.Audio)
	b.again(t, func(lines []Line) []Line { return append(lines, audio) })
	route(src.out, audio.Sender)
	src.frame(b.now+2*time.Second, true)
	receive(b, peerSSRC+1, audioPT, 2, 0, b.now, []byte{1})
	again := b.wire.takeRTP()
	if len(again) != 1 || again[0].h.SequenceNumber != sent[0].h.SequenceNumber+1 || b.audio.Stats().Packets != 1 {
		t.Errorf("after it came back it sent %+v and took %d", again, b.audio.Stats().Packets)
	}
	if d := again[0].h.Timestamp - sent[0].h.Timestamp; d != 2*48000 {
		t.Errorf("timestamp moved by %d", d)
	}
	b.again(t, func([]Line) []Line { return nil })
	if len(ofType[*rtcp.Goodbye](b.wire.takeRTCP())) != 1 {
		t.Error("no goodbye at the end of all lines")
	}
	b.started = false
}

func TestRenegotiationThatFailsChangesNothing(t *testing.T) {
	b := newBench(t, withRTX)
	tests := []struct {
		name string
		bad  func(lines []Line) []Line
	}{
		{"no ssrc", func(l []Line) []Line { l[1].SSRC = 0; return l }},
		{"another ssrc", func(l []Line) []Line { l[0].SSRC = 77; return l }},
		{"another ssrc of retransmissions", func(l []Line) []Line { l[0].RTX = 78; return l }},
		{"payload type twice", func(l []Line) []Line { l[1].Receive = append(l[1].Receive, l[1].Receive[0]); return l }},
		{"receiver twice", func(l []Line) []Line { return append(l, Line{SSRC: 9, Receiver: b.video}) }},
		{"extension id", func(l []Line) []Line { l[1].Extensions.RID = 15; return l }},
	}
	for _, tt := range tests {
		before := b.table.Load()
		if err := b.Renegotiate(tt.bad(append([]Line(nil), b.lines()...))); err == nil || b.table.Load() != before {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
	receive(b, peerSSRC, videoPT, 1, 900, b.now, vp8KeyPayload)
	if b.video.Stats().Packets != 1 {
		t.Error("nothing is received any more")
	}
	b.Close()
	if err := b.Renegotiate(nil); err == nil {
		t.Error("renegotiated after the end")
	}
}

// TestRenegotiationUnderTraffic renegotiates while packets flow: those of the line that stays all come
// through, in order.
func TestRenegotiationUnderTraffic(t *testing.T) {
	const count = 20_000
	b := newBench(t)
	var got []uint16
	in := sinkFunc(func(p *media.Packet) { got = append(got, p.RTP.SequenceNumber) })
	b.video.Output().SetRoutes([]media.Route{{Sink: in}, {Sink: b.videoOut}})
	peer := newPublisher(videoPT, peerSSRC)
	first := peer.h.SequenceNumber + 1
	peer.send(b.Session, b.now, vp8KeyPayload)
	b.videoOut.Bind(b.video.Output().Format(), b.video.Output().Open())

	stop := make(chan struct{})
	var wg sync.WaitGroup
	lines := append([]Line(nil), b.lines()...)
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			n := append([]Line(nil), lines[:1+i%2]...)
			n[0].Receive = append([]Codec(nil), vp8, h264)[:1+i%2]
			if err := b.Renegotiate(n); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range count {
		peer.h.Timestamp += 90
		peer.send(b.Session, b.now, vp8KeyPayload)
	}
	close(stop)
	wg.Wait()
	if len(got) != count+1 {
		t.Fatalf("%d packets came, want %d", len(got), count+1)
	}
	for i, seq := range got {
		if seq != first+uint16(i) {
			t.Fatalf("packet %d has number %d", i, seq)
		}
	}
	sent := b.wire.takeRTP()
	if len(sent) != count {
		t.Fatalf("%d packets were sent on, want %d", len(sent), count)
	}
	for i := 1; i < len(sent); i++ {
		if sent[i].h.SequenceNumber != sent[i-1].h.SequenceNumber+1 {
			t.Fatalf("packet %d has number %d after %d", i, sent[i].h.SequenceNumber, sent[i-1].h.SequenceNumber)
		}
	}
}

// sinkFunc is a sink that is a function.
type sinkFunc func(p *media.Packet)

func (f sinkFunc) Write(p *media.Packet) { f(p) }
