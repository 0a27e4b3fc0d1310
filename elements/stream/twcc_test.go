package stream

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const wideID = 4

// withTWCC negotiates transport-wide congestion control on all lines.
func withTWCC(lines []Line) {
	for i := range lines {
		l := &lines[i]
		l.Extensions.TransportCC = wideID
		l.Receive, l.Send = append([]Codec(nil), l.Receive...), append([]Codec(nil), l.Send...)
		for j := range l.Receive {
			l.Receive[j].Feedback.TWCC = true
		}
		for j := range l.Send {
			l.Send[j].Feedback.TWCC = true
		}
	}
}

// wideHeader is a header with a transport-wide number.
func wideHeader(pt uint8, ssrc uint32, seq, number uint16) *rtp.Header {
	h := &rtp.Header{Version: 2, PayloadType: pt, SSRC: ssrc, SequenceNumber: seq}
	_ = h.SetExtension(wideID, binary.BigEndian.AppendUint16(nil, number))
	return h
}

func TestArrivalsOfAllLinesAreReported(t *testing.T) {
	b := newBench(t, withRTX, withTWCC)
	at := b.now
	b.HandleRTP(wideHeader(videoPT, peerSSRC, 1, 65534), vp8KeyPayload, at, &b.burst)
	b.HandleRTP(wideHeader(audioPT, peerSSRC+1, 1, 65535), []byte{1}, at+2*time.Millisecond, &b.burst)
	b.HandleRTP(wideHeader(rtxPT, peerSSRC+2, 1, 1), nil, at+40*time.Millisecond, &b.burst)
	b.HandleRTP(wideHeader(audioPT, peerSSRC+1, 2, 2), []byte{1}, at+30*time.Millisecond, &b.burst)
	if next := b.tickAt(at + wideInterval - 1); next > at+wideInterval {
		t.Errorf("looks again after %v", next-at)
	}
	if sent := ofType[*rtcp.TransportLayerCC](b.wire.takeRTCP()); len(sent) != 0 {
		t.Errorf("reported too early: %v", sent)
	}
	b.tickAt(at + wideInterval)
	sent := ofType[*rtcp.TransportLayerCC](b.wire.takeRTCP())
	if len(sent) != 1 {
		t.Fatalf("%d reports", len(sent))
	}
	m := sent[0]
	if m.SenderSSRC != localSSRC+1 || m.MediaSSRC != peerSSRC+1 || m.BaseSequenceNumber != 65534 || m.PacketStatusCount != 5 || m.FbPktCount != 0 {
		t.Errorf("reported %+v", m)
	}
	want := map[uint16]time.Duration{65534: at, 65535: at + 2*time.Millisecond, 1: at + 40*time.Millisecond, 2: at + 30*time.Millisecond}
	readReport(t, m, want)
	b.tickAt(at + 10*wideInterval)
	if sent := ofType[*rtcp.TransportLayerCC](b.wire.takeRTCP()); len(sent) != 0 {
		t.Errorf("reported again: %v", sent)
	}
	b.HandleRTP(wideHeader(audioPT, peerSSRC+1, 3, 0), []byte{1}, at+time.Second, &b.burst) // late
	b.tickAt(at + 2*time.Second)
	if sent := ofType[*rtcp.TransportLayerCC](b.wire.takeRTCP()); len(sent) != 1 || sent[0].BaseSequenceNumber != 0 || sent[0].FbPktCount != 1 {
		t.Errorf("reported %v about a late packet", sent)
	}
}

// readReport compares a report, read by Pion and by us, with when its packets came. Those that are not in
// want have not come.
func readReport(t *testing.T, m *rtcp.TransportLayerCC, want map[uint16]time.Duration) {
	t.Helper()
	raw, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = readWide(raw, func(number uint16, received bool, at int64) {
		n++
		came, ok := want[number]
		if ok != received || ok && at&0xffffff != int64(came/wideTick)&0xffffff {
			t.Errorf("packet %d: received %v at %d, want %v at %d", number, received, at, ok, int64(came/wideTick))
		}
	})
	if err != nil || n != int(m.PacketStatusCount) {
		t.Errorf("read %d of %d packets: %v", n, m.PacketStatusCount, err)
	}
}

// TestReportsOfArrivalsCanBeRead has packets come with loss, reordering, pauses and restarts of the
// numbers.
func TestReportsOfArrivalsCanBeRead(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	var l arrivalLog
	at, number, reports := time.Hour, uint16(65000), 0
	for range 300 {
		came := make(map[uint16]time.Duration)
		for range random.IntN(700) {
			number++
			if random.IntN(10) == 0 {
				continue
			}
			at += time.Duration(random.IntN(int(20 * time.Millisecond)))
			when := at
			if random.IntN(300) == 0 {
				at += 20 * time.Second
			}
			l.add(number, 1, 2, when)
			came[number] = when
		}
		messages, local, _ := l.report(at + time.Minute)
		read := 0
		for _, m := range messages {
			raw, err := rtcp.Marshal([]rtcp.Packet{m})
			if err != nil {
				t.Fatal(err)
			}
			var parsed rtcp.TransportLayerCC
			if err := parsed.Unmarshal(raw); err != nil {
				t.Fatalf("%v: % x", err, raw)
			}
			if len(raw) > 1200 || local != 1 || parsed.MediaSSRC != 2 {
				t.Errorf("%d bytes, %+v", len(raw), parsed)
			}
			readReport(t, &parsed, came)
			read += len(parsed.RecvDeltas)
			reports++
		}
		if read < len(came) {
			t.Errorf("%d of %d arrivals reported", read, len(came))
		}
		number += uint16(random.IntN(2) * random.IntN(3000))
	}
	if reports < 300 {
		t.Errorf("only %d reports", reports)
	}
}

func TestPacketsCarryTransportWideNumbers(t *testing.T) {
	b := newBench(t, withRTX, withTWCC)
	video, audio := newSource(vp8.Format, 1, 500, 0), newSource(opus.Format, 2, 9, 0)
	route(video.out, b.videoOut)
	route(audio.out, b.audioOut)
	video.frame(b.now, true)
	audio.frame(b.now, true)
	video.frame(b.now, false)
	sent := b.wire.takeRTP()
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber))
	sent = append(sent, b.wire.takeRTP()...)
	for i, p := range sent {
		if e := p.h.GetExtension(wideID); len(e) != 2 || binary.BigEndian.Uint16(e) != uint16(i+1) {
			t.Errorf("packet %d has number % x", i, e)
		}
	}
	d, ok := b.departures.arrived(2)
	if !ok || d.size() != packetOverhead+len(vp8DeltaPayload) || d.ticks() != uint32(b.now/departureTick) {
		t.Errorf("departure %+v", d)
	}
	if _, ok := b.departures.arrived(2); ok {
		t.Error("arrived twice")
	}
	if _, ok := b.departures.lost(3); !ok {
		t.Error("the loss of a packet is not told")
	}
	if _, ok := b.departures.lost(3); ok {
		t.Error("lost twice")
	}
	if _, ok := b.departures.arrived(3); !ok {
		t.Error("a packet that came after it was reported lost did not come")
	}
	if _, ok := b.departures.arrived(9); ok {
		t.Error("a packet that was never sent has come")
	}
}

func TestNumbersAreTheSameWhenSentAgain(t *testing.T) {
	b := newBench(t, withTWCC)
	src := newSource(vp8.Format, 1, 500, 0)
	route(src.out, b.videoOut)
	src.frame(b.now, true)
	b.now += time.Second
	sent := b.wire.takeRTP()
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber))
	again := b.wire.takeRTP()
	if len(again) != 1 || string(again[0].h.GetExtension(wideID)) != string(sent[0].h.GetExtension(wideID)) || string(again[0].ext) != string(sent[0].ext) {
		t.Errorf("sent %+v, then %+v", sent, again)
	}
	if _, ok := b.departures.arrived(1); ok {
		t.Error("its arrival is taken for that of the first one")
	}
	b.rtcp(t, b.now, nack(localSSRC, sent[0].h.SequenceNumber+1)) // not sent yet
	if again := b.wire.takeRTP(); len(again) != 0 {
		t.Errorf("sent %+v", again)
	}
}

func FuzzReadWide(f *testing.F) {
	var l arrivalLog
	for i := range uint16(40) {
		if i%5 != 0 {
			l.add(i*i, 1, 2, time.Hour+time.Duration(i)*30*time.Millisecond)
		}
	}
	messages, _, _ := l.report(2 * time.Hour)
	for _, m := range messages {
		raw, err := m.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := 0
		err := readWide(raw, func(uint16, bool, int64) { n++ })
		if n > 1<<16 {
			t.Errorf("%d packets", n)
		}
		var p rtcp.TransportLayerCC
		if err == nil && len(raw) >= 20 && raw[0]&(1<<5) == 0 && p.Unmarshal(raw) == nil && n > int(p.PacketStatusCount) {
			t.Errorf("%d packets of %d", n, p.PacketStatusCount)
		}
	})
}

// FuzzWideFeedback has a peer report anything about packets that were sent.
func FuzzWideFeedback(f *testing.F) {
	var l arrivalLog
	for i := range uint16(300) {
		l.add(i+1, 1, 2, time.Hour+time.Duration(i)*3*time.Millisecond)
	}
	messages, _, _ := l.report(2 * time.Hour)
	for _, m := range messages {
		raw, err := m.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, uint32(1<<31))
	}
	f.Fuzz(func(t *testing.T, raw []byte, step uint32) {
		b := newBench(t, withTWCC)
		at := b.now
		for range 40 {
			for range 40 {
				at += 2 * time.Millisecond
				b.departures.add(1200, at, 0)
			}
			b.HandleRTCP(raw, at, &b.burst)
			if len(raw) > 19 { // the next ones, at another time
				binary.BigEndian.PutUint16(raw[12:], binary.BigEndian.Uint16(raw[12:])+40)
				binary.BigEndian.PutUint32(raw[16:], binary.BigEndian.Uint32(raw[16:])+step)
			}
		}
		if st := b.videoOut.Stats(); st.Estimate < 0 || st.TargetBitrate < 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestFeedbackOfPionCanBeRead reads what another implementation writes.
func TestFeedbackOfPionCanBeRead(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pion := twcc.NewRecorder(5)
	at, number := 10*time.Hour, uint16(64000)
	for range 200 {
		came := make(map[uint16]time.Duration)
		for range 1 + random.IntN(100) {
			number++
			at += time.Duration(random.IntN(int(15 * time.Millisecond)))
			if random.IntN(8) > 0 {
				pion.Record(2, number, at.Microseconds())
				came[number] = at
			}
		}
		for _, m := range pion.BuildFeedbackPacket() {
			raw, err := m.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := readWide(raw, func(number uint16, received bool, got int64) {
				want, ok := came[number]
				if ok != received || ok && (time.Duration(got)*wideTick-want).Abs()%(1<<24*64*time.Millisecond) > 2*wideTick {
					t.Errorf("packet %d: received %v at %v, want %v at %v", number, received, time.Duration(got)*wideTick, ok, want)
				}
				delete(came, number)
			}); err != nil {
				t.Fatal(err)
			}
		}
		if len(came) > 0 {
			t.Errorf("nothing said about %v", came)
		}
	}
}

func BenchmarkForwardTWCC(b *testing.B) {
	in := NewReceiver(media.Video, nil, nil)
	transport := new(silent)
	lines := []Line{{SSRC: 1, Receiver: in, Receive: []Codec{vp8}}}
	withTWCC(lines)
	s, err := NewSession(transport, lines, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	out := NewSender(media.Video)
	lines = []Line{{SSRC: 1, Sender: out, Send: []Codec{vp8}, Extensions: Extensions{AbsSendTime: 3}}}
	withTWCC(lines)
	v, err := NewSession(transport, lines, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	v.open()
	payload := append(append([]byte(nil), vp8KeyPayload...), make([]byte, 1100)...)
	h, at := wideHeader(videoPT, peerSSRC, 1, 1), media.Now()
	number := h.GetExtension(wideID)
	var burst media.Burst
	s.HandleRTP(h, payload, at, &burst)
	route(in.Output(), out)
	b.ReportAllocs()
	for b.Loop() {
		at += 5 * time.Millisecond
		h.Timestamp += 450
		h.SequenceNumber++
		binary.BigEndian.PutUint16(number, h.SequenceNumber)
		s.HandleRTP(h, payload, at, &burst)
	}
}
