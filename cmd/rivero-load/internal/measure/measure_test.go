package measure

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHistogram(t *testing.T) {
	var a, b Histogram
	if a.Quantile(0.5) != 0 {
		t.Error("empty histogram has a median")
	}
	for i := range 10000 {
		d := time.Duration(i+1) * 100 * time.Microsecond
		if i%2 == 0 {
			a.Add(d)
		} else {
			b.Add(d)
		}
	}
	a.Merge(&b)
	for q, want := range map[float64]time.Duration{0: 100 * time.Microsecond, 0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := a.Quantile(q); math.Abs(float64(got-want)) > 0.035*float64(want) {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if a.Count() != 10000 || a.Max() != time.Second {
		t.Errorf("count %d, max %v", a.Count(), a.Max())
	}
}

func TestHistogramLimits(t *testing.T) {
	last := -1
	for us := time.Duration(0); us < 1<<40; us += us/50 + 1 {
		i := bucket(us * time.Microsecond)
		if i < last {
			t.Fatalf("%d µs falls into bucket %d, less than %d", us, i, last)
		}
		last = i
	}
	var h Histogram
	for _, d := range []time.Duration{-time.Second, 0, math.MaxInt64} {
		h.Add(d)
	}
	if got := h.Quantile(1); got < time.Minute {
		t.Errorf("the longest duration counts as %v", got)
	}
}

// link carries the packets of a reel to a meter under new RTP headers and VP8 payload descriptors, as a server does.
type link struct {
	ledger *Ledger
	meter  *Meter
	seq    uint16
	lose   bool
}

func (l *link) send(t testing.TB, p clip.Packet, start, marker bool) {
	t.Helper()
	l.ledger.Send(p.Slot)
	l.seq++
	if l.lose {
		return
	}
	l.meter.Packet(packet(t, l.seq, p.Payload, l.meter.vp8, start, marker))
}

func packet(t testing.TB, seq uint16, payload []byte, vp8, start, marker bool) []byte {
	t.Helper()
	if vp8 {
		descriptor := []byte{0x80, 0x80, byte(seq & 0x7f)} // 7 bit picture id
		if start {
			descriptor[0] |= 0x10
		}
		payload = append(descriptor, payload...)
	}
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: marker, SequenceNumber: seq, Timestamp: uint32(seq) * 3000, SSRC: 77},
		Payload: payload,
	}
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMeterCountsByTheTimeOfSending(t *testing.T) {
	reel := clip.Cut(clip.Synthesise(1_000_000), 1200)
	w := NewWindow()
	ledger := NewLedger(reel, w)
	video := &link{ledger: ledger, meter: NewVideoMeter(ledger, 90000), seq: math.MaxUint16 - 20}
	audio := &link{ledger: ledger, meter: NewAudioMeter(ledger, 48000)}
	round := func() (packets int64) {
		for i, u := range reel.Video.Units[:20] {
			for j, p := range u.Packets {
				video.lose = i == 5
				video.send(t, p, j == 0, j == len(u.Packets)-1)
				packets++
			}
			audio.send(t, reel.Audio.Units[i].Packets[0], false, true)
			packets++
		}
		return packets
	}
	round() // before the window
	w.Open(w.Now(), math.MaxInt64)
	sent := round()
	w.Shorten(w.Now())
	round() // after it

	var sum Counts
	video.meter.AddTo(&sum)
	audio.meter.AddTo(&sum)
	lost := int64(len(reel.Video.Units[5].Packets))
	if ledger.Expected() != sent || sum.Delivered != sent-lost || sum.Unknown != 0 || sum.Malformed != 0 {
		t.Errorf("expected %d delivered %d unknown %d, want %d sent and %d lost",
			ledger.Expected(), sum.Delivered, sum.Unknown, sent, lost)
	}
	if sum.Latency.Count() != uint64(sum.Delivered) {
		t.Errorf("%d latencies for %d packets", sum.Latency.Count(), sum.Delivered)
	}
	report, ok := video.meter.Report()
	if !ok || report.SSRC != 77 || report.TotalLost != uint32(3*lost) || report.FractionLost == 0 || report.LastSequenceNumber < 1<<16 {
		t.Errorf("receiver report %+v", report)
	}
}

func TestMeterUnknownAndMalformed(t *testing.T) {
	w := NewWindow()
	ledger := NewLedger(clip.Cut(clip.Synthesise(1_000_000), 1200), w)
	m := NewVideoMeter(ledger, 90000)
	if _, ok := m.Report(); ok {
		t.Error("report about nothing")
	}
	w.Open(w.Now(), math.MaxInt64)
	m.Packet(packet(t, 1, []byte("what no publisher sent"), true, true, true))
	m.Packet(packet(t, 2, ledger.reel.Video.Units[0].Packets[0].Payload, true, true, true)) // known, but never sent
	m.Packet([]byte{1, 2, 3})
	m.Packet(packet(t, 3, []byte{0x80}, false, false, false)) // descriptor cut off
	m.Packet(packet(t, 4, nil, false, false, false))          // padding only
	var sum Counts
	m.AddTo(&sum)
	if sum.Unknown != 2 || sum.Malformed != 2 || sum.Delivered != 0 {
		t.Errorf("got unknown %d malformed %d delivered %d", sum.Unknown, sum.Malformed, sum.Delivered)
	}
}

func TestMeterFindsTheFirstCompleteKeyFrame(t *testing.T) {
	key, inter := []byte{0, 1, 2}, []byte{1, 1, 2}
	type pkt struct {
		seq           uint16
		payload       []byte
		start, marker bool
	}
	for name, test := range map[string]struct {
		packets []pkt
		found   bool
	}{
		"one packet":       {[]pkt{{9, key, true, true}}, true},
		"three packets":    {[]pkt{{65534, key, true, false}, {65535, inter, false, false}, {0, inter, false, true}}, true},
		"inter frame":      {[]pkt{{1, inter, true, false}, {2, key, false, true}}, false},
		"middle missing":   {[]pkt{{1, key, true, false}, {3, inter, false, true}}, false},
		"begins too late":  {[]pkt{{2, key, false, true}}, false},
		"not ended":        {[]pkt{{1, key, true, false}, {2, inter, true, true}}, false},
		"second one whole": {[]pkt{{1, key, true, false}, {3, inter, false, true}, {4, key, true, false}, {5, inter, false, true}}, true},
	} {
		m := NewVideoMeter(NewLedger(clip.Cut(clip.Synthesise(300_000), 1200), NewWindow()), 90000)
		for _, p := range test.packets {
			m.Packet(packet(t, p.seq, p.payload, true, p.start, p.marker))
		}
		found := false
		select {
		case <-m.KeyFrame():
			found = true
		default:
		}
		if found != test.found || (m.KeyFrameAt() != 0) != test.found {
			t.Errorf("%s: found %v at %d", name, found, m.KeyFrameAt())
		}
	}
}

func TestMeterAllocatesNothing(t *testing.T) {
	w := NewWindow()
	reel := clip.Cut(clip.Synthesise(1_000_000), 1200)
	ledger := NewLedger(reel, w)
	m := NewVideoMeter(ledger, 90000)
	w.Open(w.Now(), math.MaxInt64)
	p := reel.Video.Units[3].Packets[0]
	data := packet(t, 1, p.Payload, true, true, false)
	if n := testing.AllocsPerRun(1000, func() { ledger.Send(p.Slot); m.Packet(data) }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

func BenchmarkMeter(b *testing.B) {
	w := NewWindow()
	reel := clip.Cut(clip.Synthesise(1_000_000), 1200)
	ledger := NewLedger(reel, w)
	m := NewVideoMeter(ledger, 90000)
	w.Open(w.Now(), math.MaxInt64)
	p := reel.Video.Units[3].Packets[0]
	data := packet(b, 1, p.Payload, true, true, false)
	ledger.Send(p.Slot)
	for b.Loop() {
		m.Packet(data)
	}
}

func FuzzMeter(f *testing.F) {
	f.Add(packet(f, 1, []byte{0, 1, 2}, true, true, true))
	f.Add(packet(f, 2, nil, false, false, false))
	f.Add([]byte{})
	ledger := NewLedger(clip.Cut(clip.Synthesise(300_000), 1200), NewWindow())
	ledger.window.Open(0, math.MaxInt64)
	f.Fuzz(func(t *testing.T, data []byte) {
		m := NewVideoMeter(ledger, 90000)
		m.Packet(data)
		var sum Counts
		m.AddTo(&sum)
		if sum.Delivered != 0 {
			t.Fatal("delivered what was never sent")
		}
		if report, ok := m.Report(); ok && report.SSRC != binary.BigEndian.Uint32(data[8:]) {
			t.Fatalf("report about %d", report.SSRC)
		}
	})
}
