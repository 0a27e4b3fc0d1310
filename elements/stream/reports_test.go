package stream

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestReceiverReports(t *testing.T) {
	b := newBench(t)
	at := b.now
	for _, seq := range []uint16{65534, 65535, 2, 3} {
		receive(b, peerSSRC, videoPT, seq, 0, at, vp8KeyPayload)
	}
	b.rtcp(t, at, &rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 0x1122_3344_5566_7788, RTPTime: 0})
	b.tickAt(at)
	b.wire.takeRTCP()
	b.tickAt(at + 2*firstReport)
	next := b.reportAt
	sent := b.wire.takeRTCP()
	reports := ofType[*rtcp.ReceiverReport](sent)
	if len(reports) == 0 || len(reports[0].Reports) != 1 || reports[0].SSRC != localSSRC {
		t.Fatalf("sent %v", sent)
	}
	want := rtcp.ReceptionReport{
		SSRC: peerSSRC, FractionLost: 2 * 256 / 6, TotalLost: 2, LastSequenceNumber: 1<<17 + 3,
		LastSenderReport: 0x3344_5566, Delay: toMiddle(2 * firstReport),
	}
	if got := reports[0].Reports[0]; got != want {
		t.Errorf("report %+v, want %+v", got, want)
	}
	names := ofType[*rtcp.SourceDescription](sent)
	if len(names) == 0 || names[0].Chunks[0].Source != localSSRC || names[0].Chunks[0].Items[0].Text != "rivero@test" {
		t.Errorf("named %v", names)
	}
	if d := next - (at + 2*firstReport); d < reportInterval/2 || d > 3*reportInterval/2 {
		t.Errorf("next report after %v", d)
	}
	// Nothing came since: no report, and no timer but the peer's time-out.
	next = b.tickAt(next + maxWait) // the missing packets are given up
	if sent := b.wire.takeRTCP(); len(sent) != 0 {
		t.Errorf("reported %v about nothing", sent)
	}
	if next != at+peerTimeout {
		t.Errorf("wakes after %v", next-at)
	}
	if next = b.tickAt(next); next != never {
		t.Errorf("wakes after %v with nothing to do", next-at)
	}
	receive(b, peerSSRC, videoPT, 4, 3000, at+time.Minute, vp8KeyPayload)
	if next = b.tickAt(at + time.Minute); next > at+time.Minute+2*firstReport {
		t.Error("no report is planned when packets come again")
	}
}

func TestSenderReportsKeepTheStreamsTogether(t *testing.T) {
	b := newBench(t)
	video, audio := newSource(vp8.Format, 1, 10, 77), newSource(opus.Format, 2, 20, 99)
	route(video.out, b.videoOut)
	route(audio.out, b.audioOut)
	at := b.now
	captured := at - 150*time.Millisecond // when the last packets of both are presented
	video.frame(captured-33*time.Millisecond, true)
	video.frame(captured, false)
	audio.frame(captured-20*time.Millisecond, true)
	audio.frame(captured, true)
	sent := b.wire.takeRTP()
	b.tickAt(at)
	b.tickAt(at + 2*firstReport)
	reports := ofType[*rtcp.SenderReport](b.wire.takeRTCP())
	if len(reports) != 2 {
		t.Fatalf("%d sender reports, want 2", len(reports))
	}
	// RFC 3550 section 6.4.1: what the peer takes for the capture time.
	wall := func(r *rtcp.SenderReport, timestamp, rate uint32) time.Duration {
		return ntpDuration(r.NTPTime) + span(int64(int32(timestamp-r.RTPTime)), rate)
	}
	v := wall(reports[0], sent[1].h.Timestamp, 90000)
	a := wall(reports[1], sent[3].h.Timestamp, 48000)
	if apart := (v - a).Abs(); apart > 100*time.Microsecond {
		t.Errorf("packets of one time are reported %v apart", apart)
	}
	want := ntpDuration(ntpTime(captured))
	if off := (v - want).Abs(); off > 100*time.Microsecond {
		t.Errorf("capture time reported with an error of %v", off)
	}
	if r := reports[0]; r.SSRC != localSSRC || r.PacketCount != 2 || r.OctetCount != uint32(2*len(vp8DeltaPayload)) {
		t.Errorf("report %+v", r)
	}
}

func TestRoundTrip(t *testing.T) {
	b := newBench(t)
	src := newSource(opus.Format, 2, 20, 99)
	route(src.out, b.audioOut)
	src.frame(b.now, true)
	at := b.now
	b.tickAt(at)
	at += 2 * firstReport
	b.tickAt(at)
	sr := ofType[*rtcp.SenderReport](b.wire.takeRTCP())[0]
	b.rtcp(t, at+180*time.Millisecond, &rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, LastSenderReport: ntpMiddle(sr.NTPTime), Delay: toMiddle(100 * time.Millisecond), Jitter: 480,
	}}})
	if d := (b.RoundTrip() - 80*time.Millisecond).Abs(); d > time.Millisecond {
		t.Errorf("round trip %v, want 80 ms", b.RoundTrip())
	}
	if st := b.audioOut.Stats(); st.Jitter != 10*time.Millisecond || st.RoundTrip != b.RoundTrip() {
		t.Errorf("statistics %+v", st)
	}
	b.rtcp(t, at, &rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, LastSenderReport: ntpMiddle(sr.NTPTime), Delay: toMiddle(time.Hour),
	}}})
	if d := (b.RoundTrip() - 80*time.Millisecond).Abs(); d > time.Millisecond {
		t.Errorf("round trip %v after a report that cannot be", b.RoundTrip())
	}
}

func TestMediaState(t *testing.T) {
	report := &rtcp.ReceiverReport{SSRC: 31}
	bye := func(ssrc ...uint32) rtcp.Packet { return &rtcp.Goodbye{Sources: ssrc} }
	tests := []struct {
		name   string
		events func(t *testing.T, b *bench, at time.Duration)
		want   []bool
	}{
		{"nothing", func(*testing.T, *bench, time.Duration) {}, nil},
		{"a report", func(t *testing.T, b *bench, at time.Duration) { b.rtcp(t, at, report) }, []bool{true}},
		{"a packet", func(t *testing.T, b *bench, at time.Duration) {
			receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
		}, []bool{true}},
		{"goodbye", func(t *testing.T, b *bench, at time.Duration) {
			receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
			b.rtcp(t, at, report, bye(31, peerSSRC))
			receive(b, peerSSRC, videoPT, 2, 0, at+time.Millisecond, vp8KeyPayload) // was on its way
		}, []bool{true, false}},
		{"goodbye of some", func(t *testing.T, b *bench, at time.Duration) {
			receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
			b.rtcp(t, at, report, bye(31))
		}, []bool{true}},
		{"comes back after goodbye", func(t *testing.T, b *bench, at time.Duration) {
			receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
			b.rtcp(t, at, report, bye(31, peerSSRC))
			receive(b, peerSSRC, videoPT, 2, 0, at+2*time.Second, vp8KeyPayload)
		}, []bool{true, false, true}},
		{"silence", func(t *testing.T, b *bench, at time.Duration) {
			receive(b, peerSSRC, videoPT, 1, 0, at, vp8KeyPayload)
			b.rtcp(t, at+time.Second, report)
			b.tickAt(at + peerTimeout)
			if next := b.tickAt(at + peerTimeout + time.Second - 1); next != at+peerTimeout+time.Second {
				t.Errorf("looks again after %v", next-at)
			}
			b.tickAt(at + peerTimeout + time.Second)
			receive(b, peerSSRC, videoPT, 2, 0, at+time.Minute, vp8KeyPayload)
		}, []bool{true, false, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.events(t, b, b.now)
			if len(b.states) != len(tt.want) {
				t.Fatalf("told %v, want %v", b.states, tt.want)
			}
			for i := range tt.want {
				if b.states[i] != tt.want[i] {
					t.Errorf("told %v, want %v", b.states, tt.want)
				}
			}
		})
	}
}

func TestSourcesOfReportsAreBounded(t *testing.T) {
	b := newBench(t)
	for ssrc := range uint32(1000) {
		b.rtcp(t, b.now, &rtcp.ReceiverReport{SSRC: ssrc})
	}
	if len(b.sources) != maxSources {
		t.Errorf("%d sources remembered, want %d", len(b.sources), maxSources)
	}
}

// TestSessionKeepsTime lets the session's goroutine run on a simulated clock: what it does when is what is tested, and
// sleeping is how the clock goes on.
func TestSessionKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, begin := &wire{t: t}, time.Now()
		now := func() time.Duration { return time.Since(begin) }
		r := NewReceiver(media.Video, nil, nil)
		s, err := NewSession(w, []Line{{SSRC: 5, Receiver: r, Receive: []Codec{vp8}}}, Options{CNAME: "c", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		s.Start()
		time.Sleep(time.Minute)
		if sent := w.takeRTCP(); len(sent) != 0 {
			t.Errorf("sent %v without anything to say", sent)
		}
		peer := newPublisher(videoPT, peerSSRC)
		for i := range 300 {
			if i == 100 {
				peer.h.SequenceNumber++ // lost for good
			}
			peer.h.Timestamp += 3000
			peer.send(s, now(), vp8KeyPayload)
			time.Sleep(time.Second / 30)
		}
		sent := w.takeRTCP()
		blocks := 0
		for _, r := range ofType[*rtcp.ReceiverReport](sent) {
			blocks += len(r.Reports)
		}
		if blocks < 7 || blocks > 20 {
			t.Errorf("%d reports in 10 s", blocks)
		}
		if n := len(ofType[*rtcp.TransportLayerNack](sent)); n != maxTries {
			t.Errorf("asked for a lost packet %d times, want %d", n, maxTries)
		}
		s.Close()
		s.Close()
		sent = w.takeRTCP()
		if bye := ofType[*rtcp.Goodbye](sent); len(bye) != 1 || bye[0].Sources[0] != 5 {
			t.Errorf("said %v at the end", sent)
		}
		peer.send(s, now(), vp8KeyPayload) // may still come
		s.Start()
		time.Sleep(time.Minute)
		if sent := w.takeRTCP(); len(sent) != 0 {
			t.Errorf("sent %v after the end", sent)
		}
	})
}

func TestSessionReportsItsOwnFailure(t *testing.T) {
	failed := make(chan any, 1)
	r := NewReceiver(media.Video, nil, nil)
	s, err := NewSession(new(broken), []Line{{SSRC: 5, Receiver: r, Receive: []Codec{vp8}}}, Options{
		Fail: func(v any) { failed <- v },
	})
	if err != nil {
		t.Fatal(err)
	}
	newPublisher(videoPT, peerSSRC).send(s, media.Now(), vp8KeyPayload)
	s.Start()
	if v := <-failed; v != "broken" {
		t.Errorf("told %v", v)
	}
	s.Close()
}

// broken is a transport that panics once.
type broken struct {
	silent
	done bool
}

func (b *broken) WriteRTCP([]byte) {
	if !b.done {
		b.done = true
		panic("broken")
	}
}

func TestNewSessionChecksItsLines(t *testing.T) {
	rcv, snd := NewReceiver(media.Video, nil, nil), NewSender(media.Video)
	with := func(change func(c *Codec)) []Codec {
		c := vp8
		change(&c)
		return []Codec{c}
	}
	tests := []struct {
		name  string
		lines []Line
		want  string
	}{
		{"no ssrc", []Line{{Receiver: rcv}}, "bad m-line 0: no local ssrc"},
		{"ssrc twice", []Line{{SSRC: 1}, {SSRC: 1}}, "bad m-line 0: local ssrc 1 is used twice"},
		{"payload type twice", []Line{{SSRC: 1, Receiver: rcv, Receive: []Codec{vp8, vp8}}}, "bad m-line 0: payload type 96 is used twice"},
		{"payload type too high", []Line{{SSRC: 1, Receiver: rcv, Receive: with(func(c *Codec) { c.PayloadType = 128 })}}, "bad m-line 0: payload type 128 is above 127"},
		{"no clock rate", []Line{{SSRC: 1, Sender: snd, Send: with(func(c *Codec) { c.Format.ClockRate = 0 })}}, "bad m-line 0: payload type 96 has no clock rate"},
		{"whole frames", []Line{{SSRC: 1, Sender: snd, Send: with(func(c *Codec) { c.Format.Packed = false })}}, "bad m-line 0: payload type 96 is not packed"},
		{"wrong kind", []Line{{SSRC: 1, Sender: snd, Send: []Codec{opus}}}, "bad m-line 0: payload type 111 is AUDIO on a line of VIDEO"},
		{"no sender", []Line{{SSRC: 1, Send: []Codec{vp8}}}, "bad m-line 0: formats to send without a sender"},
		{"extension id", []Line{{SSRC: 1, Extensions: Extensions{AbsSendTime: 15}}}, "bad m-line 0: extension id 15 is not between 1 and 14"},
	}
	for _, tt := range tests {
		s, err := NewSession(new(silent), tt.lines, Options{})
		if err == nil {
			s.Close()
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
}
