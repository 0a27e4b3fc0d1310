package stream

import (
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestForwardsFromReceiverToSender(t *testing.T) {
	in, out := newBench(t), newBench(t)
	peer := newPublisher(videoPT, peerSSRC)
	peer.send(in.Session, in.now, vp8DeltaPayload)
	if f := in.video.Output().Format(); f == nil || *f != vp8.Format {
		t.Fatalf("output has format %v after a VP8 packet", f)
	}
	if in.formatsChanged != 1 {
		t.Errorf("told of %d changes of format, want 1", in.formatsChanged)
	}
	route(in.video.Output(), out.videoOut)
	for i := range 10 {
		payload := vp8DeltaPayload
		if i == 3 {
			payload = vp8KeyPayload
		}
		peer.h.Timestamp += 3000
		peer.send(in.Session, in.now+time.Duration(i)*33*time.Millisecond, payload)
	}
	sent := out.wire.takeRTP()
	if len(sent) != 7 {
		t.Fatalf("%d packets sent, want 7: all from the key frame on", len(sent))
	}
	for i, p := range sent {
		if p.h.SSRC != localSSRC || p.h.PayloadType != videoPT || p.h.Version != 2 {
			t.Errorf("packet %d has header %+v", i, p.h)
		}
		if i == 0 {
			continue
		}
		if d := p.h.SequenceNumber - sent[i-1].h.SequenceNumber; d != 1 {
			t.Errorf("packet %d: sequence number moved by %d", i, d)
		}
		if d := p.h.Timestamp - sent[i-1].h.Timestamp; d != 3000 {
			t.Errorf("packet %d: timestamp moved by %d", i, d)
		}
	}
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	const viewers = 5
	in := newBench(t)
	peer := newPublisher(videoPT, peerSSRC)
	payload := append(append([]byte(nil), vp8KeyPayload...), make([]byte, 1100)...)
	peer.send(in.Session, in.now, payload)
	transport, senders := new(silent), []media.Sink(nil)
	for range viewers {
		s := NewSender(media.Video)
		session, err := NewSession(transport, []Line{{SSRC: 1, Sender: s, Send: []Codec{vp8}, Extensions: Extensions{AbsSendTime: 3}}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(session.Close)
		session.open()
		senders = append(senders, s)
	}
	route(in.video.Output(), senders...)
	at := in.now
	next := func() {
		at += 5 * time.Millisecond
		peer.h.Timestamp += 450
		peer.send(in.Session, at, payload)
	}
	for range media.RingSlots {
		next()
	}
	if n := testing.AllocsPerRun(2000, next); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if transport.packets < viewers*(media.RingSlots+2000) {
		t.Errorf("only %d packets came through", transport.packets)
	}
}
