package stream

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// receive gives s a video packet with the given number and timestamp.
func receive(b *bench, ssrc uint32, pt uint8, seq uint16, timestamp uint32, at time.Duration, payload []byte) {
	b.HandleRTP(&rtp.Header{
		Version: 2, PayloadType: pt, SSRC: ssrc, SequenceNumber: seq, Timestamp: timestamp,
		CSRC: []uint32{9},
	}, payload, at, &b.burst)
}

func TestReceiverWritesPackets(t *testing.T) {
	b := newBench(t)
	out := new(sink)
	route(b.video.Output(), out)
	receive(b, peerSSRC, videoPT, 65535, 900, b.now, vp8KeyPayload)
	receive(b, peerSSRC, videoPT, 0, 900, b.now+time.Millisecond, []byte{0x00, 7})
	receive(b, peerSSRC, videoPT, 0, 900, b.now+time.Millisecond, []byte{0x00, 7}) // duplicate
	receive(b, peerSSRC, videoPT, 1, 900, b.now+time.Millisecond, nil)             // padding alone
	receive(b, peerSSRC, 50, 2, 900, b.now, vp8KeyPayload)                         // not negotiated
	got := out.take()
	if len(got) != 3 {
		t.Fatalf("%d packets, want 3", len(got))
	}
	for i, p := range got {
		if p.Format != b.video.Output().Format() || p.PTS != b.now || p.Key != (i == 0) || p.Burst != &b.burst || p.RTP.CSRC != nil {
			t.Errorf("packet %d is %+v", i, p)
		}
		if p.RTP.SequenceNumber != 65535+uint16(i) || p.RTP.SSRC != peerSSRC {
			t.Errorf("packet %d has header %+v", i, p.RTP)
		}
	}
	st := b.video.Stats()
	if st.Packets != 3 || st.Bytes != uint64(len(vp8KeyPayload)+2) || st.Discarded != 1 || st.SSRC != peerSSRC || st.Lost != 0 {
		t.Errorf("statistics %+v", st)
	}
	if b.stray.Load() != 1 {
		t.Errorf("%d stray packets", b.stray.Load())
	}
}

func TestFormatFollowsThePayloadType(t *testing.T) {
	b := newBench(t)
	receive(b, peerSSRC, videoPT, 1, 0, b.now, vp8KeyPayload)
	receive(b, peerSSRC, videoPT, 3, 3000, b.now, vp8KeyPayload)
	first := b.video.Output().Format()
	receive(b, peerSSRC, h264.PayloadType, 4, 6000, b.now, []byte{0x67})
	second := b.video.Output().Format()
	if first == second || *second != h264.Format || b.formatsChanged != 2 {
		t.Errorf("format %v after %v, told %d times", second, first, b.formatsChanged)
	}
	receive(b, peerSSRC, videoPT, 2, 1500, b.now, vp8KeyPayload) // late, of the format before
	if b.video.Output().Format() != second || b.video.Stats().Discarded != 1 {
		t.Error("a late packet brought the format before back")
	}
}

func TestKeyMarksOneFrameOnce(t *testing.T) {
	b := newBench(t)
	out := new(sink)
	route(b.video.Output(), out)
	for i, payload := range [][]byte{{0x67, 0x42}, {0x68, 0xce}, {0x65, 0x88}, {0x65, 0x20}, {0x61, 0xe0}} {
		receive(b, peerSSRC, h264.PayloadType, uint16(i), 0, b.now, payload)
	}
	receive(b, peerSSRC, h264.PayloadType, 5, 3000, b.now, []byte{0x65, 0x88})
	keys := ""
	for _, p := range out.take() {
		keys += map[bool]string{true: "k", false: "-"}[p.Key]
	}
	if keys != "k----k" {
		t.Errorf("marked %s, want k----k", keys)
	}
}

func TestSSRCChangeRestartsTheStream(t *testing.T) {
	b := newBench(t)
	out := new(sink)
	route(b.video.Output(), out)
	at := b.now
	for i := range 5 {
		receive(b, peerSSRC, videoPT, uint16(100+i), uint32(i)*3000, at, vp8DeltaPayload)
		at += 33 * time.Millisecond
	}
	receive(b, 77, videoPT, 40000, 12345, at, vp8KeyPayload)
	receive(b, peerSSRC, videoPT, 105, 15000, at, vp8DeltaPayload) // straggler
	receive(b, 77, videoPT, 40002, 12345+6000, at+66*time.Millisecond, vp8DeltaPayload)
	got := out.take()
	if len(got) != 7 {
		t.Fatalf("%d packets, want 7", len(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i].PTS < got[i-1].PTS {
			t.Errorf("packet %d is presented at %v, before the one at %v", i, got[i].PTS, got[i-1].PTS)
		}
	}
	if st := b.video.Stats(); st.SSRC != 77 || st.Packets != 2 || st.Lost != 1 {
		t.Errorf("statistics %+v", st)
	}
	if b.formatsChanged != 1 {
		t.Errorf("told of %d changes of format", b.formatsChanged)
	}
	receive(b, peerSSRC, videoPT, 200, 0, at+3*time.Second, vp8KeyPayload) // it is back
	if st := b.video.Stats(); st.SSRC != peerSSRC {
		t.Errorf("the first stream does not come back: %+v", st)
	}
}

func TestMissingPacketsAreAskedForAgain(t *testing.T) {
	b := newBench(t)
	at := b.now
	receive(b, peerSSRC, videoPT, 65533, 0, at, vp8KeyPayload)
	receive(b, peerSSRC, videoPT, 1, 0, at, vp8DeltaPayload)
	asked := func() (seqs []uint16) {
		for _, n := range ofType[*rtcp.TransportLayerNack](b.wire.takeRTCP()) {
			if n.MediaSSRC != peerSSRC || n.SenderSSRC != localSSRC {
				t.Errorf("asked %v", n)
			}
			for i := range n.Nacks {
				seqs = append(seqs, n.Nacks[i].PacketList()...)
			}
		}
		return seqs
	}
	if got := asked(); len(got) != 3 || got[0] != 65534 || got[2] != 0 {
		t.Errorf("asked for %v", got)
	}
	receive(b, peerSSRC, videoPT, 65535, 0, at+10*time.Millisecond, vp8DeltaPayload)
	b.tickAt(at + assumedTrip - 1)
	if got := asked(); len(got) != 0 {
		t.Errorf("asked again for %v too early", got)
	}
	next := b.tickAt(at + assumedTrip)
	if got := asked(); len(got) != 2 || got[0] != 65534 || got[1] != 0 {
		t.Errorf("asked again for %v", got)
	}
	if next > at+2*assumedTrip {
		t.Errorf("looks again after %v", next-at)
	}
	st := b.video.Stats()
	if st.NACK != 2 || st.Lost != 2 {
		t.Errorf("statistics %+v", st)
	}
}

func TestTooMuchMissingNeedsAKeyFrame(t *testing.T) {
	b := newBench(t)
	receive(b, peerSSRC, videoPT, 1, 0, b.now, vp8KeyPayload)
	receive(b, peerSSRC, videoPT, 1000, 90000, b.now, vp8DeltaPayload)
	sent := b.wire.takeRTCP()
	if len(ofType[*rtcp.TransportLayerNack](sent)) != 0 || len(ofType[*rtcp.PictureLossIndication](sent)) != 1 {
		t.Errorf("sent %v", sent)
	}
}

func TestAudioIsAskedForOnlyWhenNegotiated(t *testing.T) {
	for _, negotiated := range []bool{false, true} {
		b := newBench(t, func(lines []Line) { lines[1].Receive[0].Feedback.NACK = negotiated })
		for _, seq := range []uint16{1, 3} {
			receive(b, peerSSRC+1, audioPT, seq, uint32(seq)*960, b.now, []byte{1})
		}
		if asked := len(ofType[*rtcp.TransportLayerNack](b.wire.takeRTCP())) > 0; asked != negotiated {
			t.Errorf("negotiated %v, asked %v", negotiated, asked)
		}
		if kept := b.audio.Resend(3, func(*media.Packet) {}); kept != negotiated {
			t.Errorf("negotiated %v, kept %v", negotiated, kept)
		}
	}
}

func TestKeyFrameRequests(t *testing.T) {
	b := newBench(t)
	b.video.RequestKeyFrame() // nobody to ask yet
	if sent := b.wire.takeRTCP(); len(sent) != 0 {
		t.Errorf("sent %v before the first packet", sent)
	}
	receive(b, peerSSRC, videoPT, 0, 0, b.now, vp8DeltaPayload)
	if sent := ofType[*rtcp.PictureLossIndication](b.wire.takeRTCP()); len(sent) != 1 {
		t.Error("the wish of before the first packet is forgotten")
	}
	receive(b, peerSSRC, videoPT, 1, 0, b.now, vp8DeltaPayload)
	if sent := b.wire.takeRTCP(); len(sent) != 0 {
		t.Errorf("sent %v unasked", sent)
	}
	b.video.RequestKeyFrame()
	sent := ofType[*rtcp.PictureLossIndication](b.wire.takeRTCP())
	if len(sent) != 1 || sent[0].MediaSSRC != peerSSRC || sent[0].SenderSSRC != localSSRC {
		t.Errorf("sent %v", sent)
	}
	receive(b, peerSSRC, h264.PayloadType, 2, 0, b.now, []byte{0x65}) // knows FIR only
	for i := range 2 {
		b.video.RequestKeyFrame()
		sent := ofType[*rtcp.FullIntraRequest](b.wire.takeRTCP())
		if len(sent) != 1 || len(sent[0].FIR) != 1 || sent[0].FIR[0].SSRC != peerSSRC || sent[0].FIR[0].SequenceNumber != uint8(i+1) {
			t.Errorf("sent %v", sent)
		}
	}
	receive(b, peerSSRC+1, audioPT, 1, 0, b.now, []byte{1})
	b.audio.RequestKeyFrame()
	b.Close()
	b.wire.takeRTCP()
	b.video.RequestKeyFrame()
	if sent := b.wire.takeRTCP(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
	if st := b.video.Stats(); st.PLI != 2 || st.FIR != 2 {
		t.Errorf("statistics %+v", st)
	}
}

func TestEstimate(t *testing.T) {
	tests := []struct{ viewers, min, max, want int }{
		{0, 0, 0, 2_000_000},
		{0, 0, 500_000, 500_000},
		{0, 0, 5_000_000, 5_000_000},
		{800_000, 0, 0, 800_000},
		{3_000_000, 0, 0, 2_000_000},
		{3_000_000, 0, 5_000_000, 3_000_000},
		{100_000, 0, 0, 300_000},
		{100_000, 0, 200_000, 200_000},
		{400_000, 600_000, 0, 600_000},
		{0, 3_000_000, 0, 3_000_000},
	}
	for _, tt := range tests {
		l := rateLimit{viewers: tt.viewers, min: tt.min, max: tt.max}
		if got := l.estimate(); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

func TestPolicies(t *testing.T) {
	tests := []struct {
		name string
		l    rateLimit
		want int
	}{
		{"slowest", rateLimit{viewers: 400_000, fastest: 900_000, policy: RembMin}, 400_000},
		{"fastest", rateLimit{viewers: 400_000, fastest: 900_000, policy: RembMax}, 900_000},
		{"somebody takes all", rateLimit{viewers: 400_000, policy: RembMax}, ownEstimate},
		{"floor", rateLimit{viewers: 100_000, fastest: 900_000, floor: 500_000}, 500_000},
		{"floor below", rateLimit{viewers: 100_000, floor: 50_000}, 100_000},
		{"floor of the fastest", rateLimit{viewers: 1, fastest: 2, policy: RembMax}, leastEstimate},
		{"measures itself", rateLimit{measures: true}, 0},
		{"measures itself, maximum", rateLimit{measures: true, max: 3_000_000}, 3_000_000},
		{"measures itself, minimum", rateLimit{measures: true, min: 3_000_000}, 0},
		{"measures itself, fast viewers", rateLimit{measures: true, viewers: 5_000_000}, 5_000_000},
		{"measures itself, no more viewers", rateLimit{measures: true, told: 500_000}, unlimited},
	}
	for _, tt := range tests {
		if got := tt.l.estimate(); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPublisherThatMeasuresIsToldLimitsOnly(t *testing.T) {
	b := newBench(t, withTWCC)
	told := func() (rates []int) {
		for _, m := range ofType[*rtcp.ReceiverEstimatedMaximumBitrate](b.wire.takeRTCP()) {
			rates = append(rates, int(m.Bitrate))
		}
		return rates
	}
	at := b.now
	receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
	b.tickAt(at)
	b.tickAt(at + time.Second)
	if got := told(); len(got) != 0 {
		t.Errorf("told %v without need", got)
	}
	from := b.video.Output().Open()
	from.SetMaxBitrate(640_000)
	b.tickAt(at + 2*time.Second)
	from.Close()
	b.tickAt(at + 3*time.Second)
	b.tickAt(at + 4*time.Second)
	if got := told(); len(got) != 2 || got[0] != 640_000 || got[1] != unlimited {
		t.Errorf("told %v, want the limit and that it is over", got)
	}
}

func TestPublisherIsToldTheBitrate(t *testing.T) {
	b := newBench(t)
	told := func() (rates []int) {
		for _, m := range ofType[*rtcp.ReceiverEstimatedMaximumBitrate](b.wire.takeRTCP()) {
			if len(m.SSRCs) != 1 || m.SSRCs[0] != peerSSRC {
				t.Errorf("told %v", m)
			}
			rates = append(rates, int(m.Bitrate))
		}
		return rates
	}
	at := b.now
	b.tickAt(at)
	if got := told(); len(got) != 0 {
		t.Errorf("told %v before there is a stream", got)
	}
	receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
	b.tickAt(at)
	if got := told(); len(got) != 1 || got[0] != 2_000_000 {
		t.Errorf("told %v at first", got)
	}
	b.video.SetMaxBitrate(640_000)
	next := b.tickAt(at + 50*time.Millisecond)
	if got := told(); len(got) != 0 || next > at+rembInterval {
		t.Errorf("told %v too early, next after %v", got, next-at)
	}
	b.tickAt(at + rembInterval)
	if got := told(); len(got) != 1 || got[0] != 640_000 {
		t.Errorf("told %v", got)
	}
	b.video.SetBitrateRange(1_280_000, 0)
	b.tickAt(at + 2*rembInterval)
	if got := told(); len(got) != 1 || got[0] != 1_280_000 {
		t.Errorf("told %v", got)
	}
	seq, times := uint16(1), 0
	for i := range 1000 { // 10 s
		at := at + time.Second + time.Duration(i)*10*time.Millisecond
		seq++
		receive(b, peerSSRC, videoPT, seq, uint32(i)*900, at, vp8DeltaPayload)
		b.tickAt(at)
		times += len(told())
	}
	if times < 7 || times > 15 {
		t.Errorf("told %d times in 10 s, want about 10", times)
	}
	if st := b.video.Stats(); st.REMB != 1_280_000 {
		t.Errorf("statistics %+v", st)
	}
}

func TestAReceiverKeepsThePastOfASourceThatMakesNoKeyFrames(t *testing.T) {
	for _, long := range []bool{false, true} {
		b := newBench(t)
		if long {
			b.video.KeepPast()
		}
		for i := range uint16(3000) { // two minutes
			payload := vp8DeltaPayload
			if i == 0 {
				payload = vp8KeyPayload
			}
			at := b.now + time.Duration(i)*frameTime
			receive(b, peerSSRC, videoPT, i, uint32(i)*3600, at, payload)
		}
		key := false
		kept := b.video.Resend(0, func(p *media.Packet) { key = p.Key })
		if kept != long || key != long {
			t.Errorf("long %v: the key frame is kept: %v", long, kept)
		}
	}
}
