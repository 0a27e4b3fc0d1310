package stream

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	rtxPT   = 97
	rtxSSRC = 1500 // ours
)

// withRTX has the video line of a bench repeat packets by RFC 4588.
func withRTX(lines []Line) {
	again := vp8
	again.RTX = rtxPT
	lines[0].RTX = rtxSSRC
	if lines[0].Receiver != nil {
		lines[0].Receive = []Codec{again, h264}
	}
	if lines[0].Sender != nil {
		lines[0].Send = []Codec{again, h264}
	}
}

// repeated gives b a retransmission of the peer.
func repeated(b *bench, osn uint16, timestamp uint32, at time.Duration, payload []byte) {
	h := rtp.Header{Version: 2, PayloadType: rtxPT, SSRC: peerSSRC + 500, SequenceNumber: osn * 7, Timestamp: timestamp}
	if payload != nil {
		payload = append(binary.BigEndian.AppendUint16(nil, osn), payload...)
	}
	b.HandleRTP(&h, payload, at, &b.burst)
}

func TestRetransmissionsTakeTheirPlace(t *testing.T) {
	b := newBench(t, withRTX)
	out := new(sink)
	route(b.video.Output(), out)
	repeated(b, 7, 900, b.now, vp8KeyPayload) // nothing has begun
	if b.video.Stats().SSRC != 0 {
		t.Error("a retransmission began a stream")
	}
	receive(b, peerSSRC, videoPT, 65535, 900, b.now, vp8KeyPayload)
	receive(b, peerSSRC, videoPT, 2, 3900, b.now+33*time.Millisecond, vp8DeltaPayload)
	jitter := b.video.tracks[0].arrivals.jitter
	at := b.now + 133*time.Millisecond
	repeated(b, 0, 900, at, []byte{0x00, 9})
	repeated(b, 0, 900, at, []byte{0x00, 9})     // again
	repeated(b, 2, 3900, at, vp8DeltaPayload)    // came already
	repeated(b, 3, 9000, at, vp8DeltaPayload)    // ahead of the stream
	repeated(b, 65000, 100, at, vp8DeltaPayload) // before it
	repeated(b, 1, 3900, at, nil)                // padding
	b.HandleRTP(&rtp.Header{PayloadType: rtxPT}, []byte{1}, at, &b.burst)
	got := out.take()
	if len(got) != 3 {
		t.Fatalf("%d packets, want 3", len(got))
	}
	p := got[2]
	if p.RTP.SequenceNumber != 0 || p.RTP.SSRC != peerSSRC || p.RTP.PayloadType != videoPT || (p.PTS-got[0].PTS).Abs() > time.Millisecond ||
		string(p.Data) != "\x00\x09" || p.Format != got[0].Format {
		t.Errorf("retransmission became %+v", p)
	}
	if !b.video.Resend(0, func(*media.Packet) {}) {
		t.Error("it is not kept for others")
	}
	st := b.video.Stats()
	if st.Packets != 3 || st.Repeated != 1 || st.Spare != 4 || st.Discarded != 0 || st.Lost != 1 || st.SSRC != peerSSRC {
		t.Errorf("statistics %+v", st)
	}
	if b.video.tracks[0].arrivals.jitter != jitter {
		t.Error("it counted for the jitter")
	}
	if b.RoundTrip() != 100*time.Millisecond {
		t.Errorf("round trip %v", b.RoundTrip())
	}
}

func TestLossReportsAreAnsweredByRetransmissions(t *testing.T) {
	b := newBench(t, withRTX)
	src := newSource(vp8.Format, 1, 65000, 0)
	route(src.out, b.videoOut)
	for i := range 10 {
		src.p.Data = []byte{0x10, 0x01, byte(i)}
		src.p.RTP.Marker = i%2 == 0
		src.frame(b.now+time.Duration(i)*time.Millisecond, i == 0)
	}
	sent := b.wire.takeRTP()
	b.now += time.Second
	b.rtcp(t, b.now, nack(localSSRC, sent[4].h.SequenceNumber, sent[7].h.SequenceNumber))
	b.again(t, func(lines []Line) []Line { lines[0].RTX = 0; return lines })
	b.again(t, func(lines []Line) []Line { lines[0].RTX = rtxSSRC; return lines })
	b.rtcp(t, b.now+time.Second, nack(localSSRC, sent[4].h.SequenceNumber))
	again := b.wire.takeRTP()
	if len(again) != 3 {
		t.Fatalf("%d packets sent again, want 3", len(again))
	}
	for i, n := range []int{4, 7, 4} {
		h, was := again[i].h, sent[n].h
		if h.SSRC != rtxSSRC || h.PayloadType != rtxPT || h.Timestamp != was.Timestamp || h.Marker != was.Marker {
			t.Errorf("packet %d sent again as %+v", n, h)
		}
		if h.SequenceNumber != again[0].h.SequenceNumber+uint16(i) {
			t.Errorf("retransmission %d has number %d after %d", i, h.SequenceNumber, again[0].h.SequenceNumber)
		}
		if osn := binary.BigEndian.Uint16(again[i].payload); osn != was.SequenceNumber || string(again[i].payload[2:]) != string(sent[n].payload) {
			t.Errorf("packet %d sent again with % x", n, again[i].payload)
		}
		want := absSendTime(b.now)
		if e := again[i].ext; len(e) != 3 || e[0] != byte(want>>16) || e[1] != byte(want>>8) || e[2] != byte(want) {
			t.Errorf("packet %d has abs-send-time % x, want that of now", n, e)
		}
	}
	if st := b.videoOut.Stats(); st.Packets != 10 || st.Resent != 3 {
		t.Errorf("statistics %+v", st)
	}
	src.frame(b.now, false)
	if next := b.wire.takeRTP(); len(next) != 1 || next[0].h.SequenceNumber != sent[9].h.SequenceNumber+1 || next[0].h.SSRC != localSSRC {
		t.Errorf("the stream goes on with %+v", next)
	}
}

func TestLossIsRepairedByRetransmissions(t *testing.T) {
	const count = 4000
	p := newPair(t, 7, link{delay: 30 * time.Millisecond, wobble: 5 * time.Millisecond, loss: 0.1}, link{delay: 30 * time.Millisecond, lossOf: 0.05}, withRTX)
	src := newSource(vp8.Format, 9, 61000, 1)
	route(src.out, p.out)
	p.produce(src, 0, count, 5*time.Millisecond)
	p.run(p.now+count*5*time.Millisecond+3*time.Second, p.sessions...)
	times := p.arrived()
	first, last := extent(times, count)
	missing := 0
	for i := first; i <= last; i++ {
		if times[i] > 1 {
			t.Fatalf("packet %d came %d times", i, times[i])
		}
		missing += 1 - times[i]
	}
	if missing > 2 {
		t.Errorf("%d packets never came", missing)
	}
	in, out := p.in.Stats(), p.out.Stats()
	if in.Repeated == 0 || in.Repeated+in.Spare > out.Resent || in.SSRC != 1 || p.sessions[1].stray.Load() != 0 {
		t.Errorf("received %+v, sent %+v", in, out)
	}
}
