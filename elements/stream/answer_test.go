package stream

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestAbsSendTimeIsTheSameWhenSentAgain(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 0, 0)
	route(src.out, b.videoOut)
	for i := range 3 {
		b.now = time.Hour + time.Duration(i)*time.Second
		src.frame(b.now, i == 0)
	}
	sent := b.wire.takeRTP()
	value := func(p sentPacket) uint32 {
		if len(p.ext) != 3 {
			t.Fatalf("extension % x", p.ext)
		}
		return uint32(p.ext[0])<<16 | uint32(p.ext[1])<<8 | uint32(p.ext[2])
	}
	b.rtcp(t, b.now, nack(localSSRC, sent[1].h.SequenceNumber))
	again := b.wire.takeRTP()
	if len(again) != 1 {
		t.Fatalf("%d packets sent again", len(again))
	}
	if got, want := value(again[0]), absSendTime(time.Hour+time.Second); got != want || value(sent[1]) != want {
		t.Errorf("abs-send-time %d, was %d, want %d", got, value(sent[1]), want)
	}
}

// nack reports numbers of ssrc as lost.
func nack(ssrc uint32, seqs ...uint16) rtcp.Packet {
	return &rtcp.TransportLayerNack{
		SenderSSRC: peerSSRC, MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs),
	}
}

func TestLossReportsAreAnswered(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 65000, 0)
	route(src.out, b.videoOut)
	at := time.Hour
	for i := range 1000 {
		src.p.Data = append([]byte{0x10, 0x01}, byte(i), byte(i>>8))
		src.p.RTP.Marker = i%3 == 0
		src.frame(at+time.Duration(i)*time.Millisecond, i == 0)
	}
	sent := b.wire.takeRTP()
	number := func(i int) uint16 { return sent[i].h.SequenceNumber }

	b.rtcp(t, at, nack(localSSRC, number(990), number(995), number(999)))
	again := b.wire.takeRTP()
	if len(again) != 3 {
		t.Fatalf("%d packets sent again, want 3", len(again))
	}
	for i, n := range []int{990, 995, 999} {
		h, was := again[i].h, sent[n].h
		if h.SequenceNumber != was.SequenceNumber || h.Timestamp != was.Timestamp || h.SSRC != was.SSRC ||
			h.PayloadType != was.PayloadType || h.Marker != was.Marker || string(again[i].payload) != string(sent[n].payload) {
			t.Errorf("packet %d sent again as %+v, was %+v", n, again[i], sent[n])
		}
	}

	b.rtcp(t, at+leastResend-1, nack(localSSRC, number(995), number(996)))
	if again := b.wire.takeRTP(); len(again) != 1 || again[0].h.SequenceNumber != number(996) {
		t.Errorf("sent again within the pause: %d packets", len(again))
	}
	b.rtcp(t, at+leastResend, nack(localSSRC, number(995)))
	if again := b.wire.takeRTP(); len(again) != 1 {
		t.Errorf("not sent again after the pause: %d packets", len(again))
	}
	b.rtcp(t, at+time.Second, nack(localSSRC, number(100), number(999)+1), nack(localSSRC+1, number(900)), nack(77, number(901)))
	if again := b.wire.takeRTP(); len(again) != 0 {
		t.Errorf("%d packets sent that were too old, not sent yet or of another stream", len(again))
	}

	var flood []uint16
	for i := 500; i < 1000; i++ {
		flood = append(flood, number(i))
	}
	b.rtcp(t, at+2*time.Second, nack(localSSRC, flood...))
	if again := b.wire.takeRTP(); len(again) != maxResend {
		t.Errorf("%d packets sent for one message, want %d", len(again), maxResend)
	}
	st := b.videoOut.Stats()
	if st.NACK != 5 || st.Resent != 3+1+1+maxResend || st.Packets != 1000+st.Resent {
		t.Errorf("statistics %+v", st)
	}
}

func TestNothingIsResentOfAFormerSource(t *testing.T) {
	b := newBench(t)
	first, second := newSource(vp8.Format, 1, 10, 0), newSource(vp8.Format, 2, 10, 0)
	route(first.out, b.videoOut)
	first.frame(time.Hour, true)
	first.disconnect(b.videoOut)
	route(second.out, b.videoOut)
	second.frame(time.Hour+time.Second, true)
	sent := b.wire.takeRTP()
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber, sent[1].h.SequenceNumber))
	again := b.wire.takeRTP()
	if len(again) != 1 || again[0].h.SequenceNumber != sent[1].h.SequenceNumber {
		t.Errorf("sent again: %+v", again)
	}
}

func TestFeedbackOfThePeerGoesUpstream(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 10, 0)
	b.rtcp(t, b.now, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 800_000, SSRCs: []uint32{localSSRC}})
	from := handle(src)
	b.videoOut.Bind(src.out.Format(), from)
	b.rtcp(t, b.now, &rtcp.PictureLossIndication{MediaSSRC: localSSRC})
	b.rtcp(t, b.now, &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: localSSRC}}})
	b.rtcp(t, b.now, &rtcp.PictureLossIndication{MediaSSRC: 5})
	if from.keys != 3 {
		t.Errorf("asked for %d key frames, want one at Bind, one for PLI, one for FIR", from.keys)
	}
	remb := func(bps float32) {
		b.rtcp(t, b.now, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bps, SSRCs: []uint32{localSSRC + 1, localSSRC}})
	}
	remb(1_000_000)
	b.videoOut.SetBitrateRange(0, 500_000)
	remb(2_000_000)
	b.videoOut.SetBitrateRange(100_000, 0)
	remb(50_000)
	want := []int{800_000, 1_000_000, 500_000, 500_000, 2_000_000, 100_000}
	if len(from.limits) != len(want) {
		t.Fatalf("limits %v, want %v", from.limits, want)
	}
	for i := range want {
		if from.limits[i]/1000 != want[i]/1000 { // the message keeps 18 bits
			t.Errorf("limits %v, want %v", from.limits, want)
			break
		}
	}
	b.rtcp(t, b.now, &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{
		{SSRC: localSSRC, FractionLost: 12, TotalLost: 0xfffffe, Jitter: 900},
	}})
	st := b.videoOut.Stats()
	if st.PLI != 1 || st.FIR != 1 || st.FractionLost != 12 || st.Lost != -2 || st.TargetBitrate != 100_000 {
		t.Errorf("statistics %+v", st)
	}
}

func TestSourceIsToldABitrateWhenItIsConnected(t *testing.T) {
	b := newBench(t)
	b.videoOut.SetRembOnConnect(300_000)
	b.audioOut.SetRembOnConnect(300_000) // no limit of the peer comes for it
	src, sound := newSource(vp8.Format, 1, 10, 0), newSource(opus.Format, 2, 10, 0)
	from, soundFrom := handle(src), handle(sound)
	b.videoOut.Bind(src.out.Format(), from)
	b.audioOut.Bind(sound.out.Format(), soundFrom)
	b.rtcp(t, b.now, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 800_000, SSRCs: []uint32{localSSRC}})
	if len(from.limits) != 2 || from.limits[0] != 300_000 || from.limits[1] != 800_000 || len(soundFrom.limits) != 0 {
		t.Errorf("told %v and %v", from.limits, soundFrom.limits)
	}
}

func TestNothingIsResentOfAFormerStreamWithTheSameNumbers(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 500, 1)
	route(src.out, b.videoOut)
	src.frame(time.Hour, true)
	src.p.RTP.SSRC, src.p.RTP.SequenceNumber = 2, 500
	src.frame(time.Hour+time.Second, true)
	sent := b.wire.takeRTP()
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber))
	if again := b.wire.takeRTP(); len(again) != 0 {
		t.Errorf("another stream's packet sent: %+v", again)
	}
}

func TestNothingIsSentAfterTheEnd(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 500, 1)
	route(src.out, b.videoOut)
	src.frame(time.Hour, true)
	sent := b.wire.takeRTP()
	b.Close()
	src.frame(time.Hour+time.Second, true)
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber))
	if after := b.wire.takeRTP(); len(after) != 0 {
		t.Errorf("sent %+v", after)
	}
}

func TestRepetitionsStayWithinTheLimit(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 65000, 0)
	from := handle(src)
	src.out.SetRoutes([]media.Route{{Sink: b.videoOut}})
	b.videoOut.Bind(src.out.Format(), from)
	from.keys = 0
	src.p.Data = append([]byte{0x10, 0x01}, make([]byte, 1000)...)
	for i := range 100 {
		src.frame(b.now+time.Duration(i)*time.Millisecond, i == 0)
	}
	sent := b.wire.takeRTP()
	var seqs []uint16
	for _, p := range sent {
		seqs = append(seqs, p.h.SequenceNumber)
	}
	b.rtcp(t, b.now, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 400_000, SSRCs: []uint32{localSSRC}})
	b.rtcp(t, b.now, nack(localSSRC, seqs...))
	most := 400_000 / 8 * resendShare / 100
	if n := len(b.wire.takeRTP()); n == 0 || n > most/1000+1 || from.keys != 1 {
		t.Errorf("%d packets sent again, %d key frames asked for; want at most %d and 1", n, from.keys, most/1000+1)
	}
	b.rtcp(t, b.now+rescueInterval/2, nack(localSSRC, seqs...))
	if n := len(b.wire.takeRTP()); n == 0 || n > most/1000+1 || from.keys != 1 {
		t.Errorf("a second later %d packets sent again, %d key frames asked for", n, from.keys)
	}
	src.frame(b.now+time.Second, true)
	src.frame(b.now+time.Second, false)
	last := b.wire.takeRTP()[1]
	b.rtcp(t, b.now+2*rescueInterval, nack(localSSRC, append(seqs, last.h.SequenceNumber)...))
	if again := b.wire.takeRTP(); len(again) != 1 || again[0].h.SequenceNumber != last.h.SequenceNumber || from.keys != 1 {
		t.Errorf("after the key frame %d packets sent again, %d key frames asked for", len(again), from.keys)
	}
}

func TestRepetitionsWaitForTheQueue(t *testing.T) {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 65000, 0)
	route(src.out, b.videoOut)
	src.frame(b.now, true)
	lost := nack(localSSRC, b.wire.takeRTP()[0].h.SequenceNumber)
	b.congestion.queue.Store(int64(time.Second))
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {900 * time.Millisecond, 0}, {time.Second + leastResend, 1}} {
		b.rtcp(t, b.now+tt.after, lost)
		if n := len(b.wire.takeRTP()); n != tt.want {
			t.Errorf("%d packets sent again after %v, want %d", n, tt.after, tt.want)
		}
	}
}
