package gcc

import (
	"math/rand/v2"
	"testing"
	"time"
)

// path is a link with a queue on a simulated clock: packets go in as a sender makes them, and the
// estimator hears of them as from a peer that reports every 60 ms.
type path struct {
	e        Estimator
	now      time.Duration
	capacity float64                    // bit/s
	source   func(estimate int) float64 // bit/s that the sender makes
	delay    time.Duration              // one way
	loss     float64
	jitter   float64       // mean, ms
	full     time.Duration // the longest queue
	skew     time.Duration // of the peer's clock
	random   *rand.Rand

	free     time.Duration // when the link has sent what it has
	frame    time.Duration // when the next frame is due
	reported []Packet      // since the last report
	feedback []message
	sent     int
	queue    time.Duration
}

type message struct {
	at      time.Duration
	packets []Packet
}

func newPath(capacity float64) *path {
	return &path{
		capacity: capacity, delay: 25 * time.Millisecond, full: 2 * time.Second, skew: 99 * time.Hour,
		jitter: 1, random: rand.New(rand.NewPCG(4, 2)), now: time.Hour,
		source: func(estimate int) float64 {
			if estimate == 0 {
				return 300_000
			}
			return float64(estimate)
		},
	}
}

// run lets time pass, one millisecond a step, and calls each with the estimate.
func (p *path) run(span time.Duration, each func(bps int)) {
	for end := p.now + span; p.now < end; p.now += time.Millisecond {
		p.send()
		if p.now%(60*time.Millisecond) == 0 && len(p.reported) > 0 {
			var came []Packet
			var kept []Packet
			for _, r := range p.reported {
				if r.Lost || r.Arrived-p.skew <= p.now {
					came = append(came, r)
				} else {
					kept = append(kept, r)
				}
			}
			p.reported = kept
			p.feedback = append(p.feedback, message{p.now + p.delay, came})
		}
		for len(p.feedback) > 0 && p.feedback[0].at <= p.now {
			p.e.Update(p.now, 2*p.delay, p.feedback[0].packets)
			p.feedback = p.feedback[1:]
		}
		if each != nil {
			each(p.e.Bitrate())
		}
	}
}

// probe sends a cluster of bps for a span, one packet after the other.
func (p *path) probe(bps float64, span time.Duration) {
	const size = 1000
	for at := p.now; at < p.now+span; at += time.Duration(8 * size / bps * float64(time.Second)) {
		p.packet(at, size)
		p.reported[len(p.reported)-1].Probe = true
	}
	p.run(300*time.Millisecond, nil)
}

// send makes a frame of video 30 times a second, whose packets leave one each 0.3 ms.
func (p *path) send() {
	if p.now < p.frame {
		return
	}
	p.frame = p.now + 33*time.Millisecond
	size := int(p.source(p.e.Bitrate()) * 0.033 / 8 * (0.7 + 0.6*p.random.Float64()))
	at := p.now
	for ; size > 0; size -= 1150 {
		p.packet(at, min(size, 1150)+50)
		at += 300 * time.Microsecond
	}
}

func (p *path) packet(at time.Duration, size int) {
	p.sent++
	begin := max(at, p.free)
	p.queue = begin - at
	if p.random.Float64() < p.loss || p.queue > p.full {
		p.reported = append(p.reported, Packet{Sent: at, Size: size, Lost: true})
		return
	}
	p.free = begin + time.Duration(float64(8*size)/p.capacity*float64(time.Second))
	jitter := time.Duration(p.random.ExpFloat64() * p.jitter * float64(time.Millisecond))
	p.reported = append(p.reported, Packet{Sent: at, Size: size, Arrived: (p.free + p.delay + jitter + p.skew).Round(250 * time.Microsecond)})
}

// settle runs and gives the mean, the least and the most of the estimate.
func (p *path) settle(span time.Duration) (mean, least, most int) {
	sum, n := 0, 0
	p.run(span, func(bps int) {
		sum, n = sum+bps, n+1
		if n == 1 {
			least = bps
		}
		least, most = min(least, bps), max(most, bps)
	})
	return sum / n, least, most
}

func TestEstimateFollowsTheLink(t *testing.T) {
	p := newPath(2_000_000)
	p.run(8*time.Second, nil)
	mean, least, most := p.settle(20 * time.Second)
	if mean < 1_600_000 || mean > 2_000_000 || least < 1_400_000 || most > 2_300_000 {
		t.Errorf("at 2 Mbit/s: %d on average, from %d to %d", mean, least, most)
	}

	p.capacity = 500_000
	p.run(2*time.Second, nil)
	if bps := p.e.Bitrate(); bps > 500_000 || bps < 200_000 {
		t.Errorf("2 s after the fall to 500 kbit/s: %d", bps)
	}
	p.run(5*time.Second, nil)
	if p.queue > 100*time.Millisecond {
		t.Errorf("7 s after it packets wait %v", p.queue)
	}
	mean, least, most = p.settle(10 * time.Second)
	if mean < 350_000 || mean > 520_000 || least < 250_000 || most > 600_000 {
		t.Errorf("at 500 kbit/s: %d on average, from %d to %d", mean, least, most)
	}

	p.capacity = 2_000_000
	p.run(8*time.Second, nil)
	if bps := p.e.Bitrate(); bps < 1_500_000 {
		t.Errorf("8 s after it is 2 Mbit/s again: %d", bps)
	}
}

func TestLossOfRadioLinksDoesNotCount(t *testing.T) {
	for _, tt := range []struct {
		loss        float64
		least, most int
	}{
		{0.01, 1_500_000, 2_100_000},
		{0.05, 1_300_000, 2_100_000},
		{0.25, 30_000, 900_000}, // this is congestion
	} {
		p := newPath(2_000_000)
		p.loss = tt.loss
		p.run(12*time.Second, nil)
		if mean, _, _ := p.settle(10 * time.Second); mean < tt.least || mean > tt.most {
			t.Errorf("%.0f %% loss: %d on average, want from %d to %d", 100*tt.loss, mean, tt.least, tt.most)
		}
	}
	p := newPath(2_000_000)
	p.run(8*time.Second, nil)
	p.loss = 0.3
	p.run(4*time.Second, nil)
	low := p.e.Bitrate()
	p.loss = 0
	p.run(8*time.Second, nil)
	if bps := p.e.Bitrate(); low > 1_000_000 || bps < 1_500_000 {
		t.Errorf("%d while 30 %% are lost, %d after it", low, bps)
	}
}

func TestEstimateIsBoundByWhatIsSent(t *testing.T) {
	p := newPath(20_000_000)
	p.source = func(int) float64 { return 600_000 }
	p.run(10*time.Second, nil)
	p.run(10*time.Second, func(bps int) {
		if limit := 1.5*1.5*600_000 + headroomMargin; float64(bps) > limit {
			t.Fatalf("%d while 600 kbit/s are sent", bps)
		}
	})
	if bps := p.e.Bitrate(); bps < 700_000 {
		t.Errorf("only %d while 600 kbit/s arrive without a queue", bps)
	}
	before := p.e.Bitrate()
	p.source = func(int) float64 { return 40_000 }
	p.run(10*time.Second, nil)
	if bps := p.e.Bitrate(); bps < before*9/10 {
		t.Errorf("the estimate fell from %d to %d because less was sent", before, bps)
	}
}

// A moment of more shows what the path carries, and nothing when it was too short or came in one piece.
func TestProbes(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		capacity, probe, jitter float64
		span                    time.Duration
		least, most             int
		full                    bool
	}{
		{"room", 4_000_000, 1_500_000, 1, 60 * time.Millisecond, 1_200_000, 1_600_000, false},
		{"room and jitter", 4_000_000, 1_500_000, 5, 60 * time.Millisecond, 900_000, 1_600_000, false},
		{"less room", 1_000_000, 1_500_000, 1, 60 * time.Millisecond, 600_000, 1_000_000, false},
		{"no room", 400_000, 1_500_000, 1, 60 * time.Millisecond, 150_000, 400_000, false},
		{"too few", 4_000_000, 1_500_000, 1, 20 * time.Millisecond, 250_000, 400_000, false},
	} {
		p := newPath(220_000)
		p.run(5*time.Second, nil)
		p.source = func(int) float64 { return 180_000 }
		p.run(2*time.Second, nil)
		p.capacity, p.jitter = tt.capacity, tt.jitter
		before := p.e.Bitrate()
		p.probe(tt.probe, tt.span)
		if bps := p.e.Bitrate(); bps < tt.least || bps > tt.most || !p.e.Congested() {
			t.Errorf("%s: from %d to %d, want from %d to %d", tt.name, before, bps, tt.least, tt.most)
		}
	}
	var c cluster
	for i := range 20 {
		p := Packet{Sent: time.Duration(i) * 5 * time.Millisecond, Arrived: time.Second + time.Duration(i)*100*time.Microsecond, Size: 1000, Probe: i < 15}
		if i == 19 {
			p.Sent += time.Second
		}
		if bps := c.add(&p); bps != 0 {
			t.Errorf("%.0f bit/s of what arrived in one piece", bps)
		}
	}
}

func TestSmallQueuesAreNoCongestion(t *testing.T) {
	for _, jitter := range []float64{1, 5, 10} {
		p := newPath(5_000_000)
		p.jitter = jitter
		p.source = func(int) float64 { return 1_500_000 }
		p.run(5*time.Second, nil)
		p.run(60*time.Second, func(bps int) {
			if bps < 1_500_000 || p.e.Congested() {
				t.Fatalf("jitter of %v ms: %d", jitter, bps)
			}
		})
	}
}

func TestBothEndsOfTheRange(t *testing.T) {
	p := newPath(20_000)
	p.run(20*time.Second, nil)
	if bps := p.e.Bitrate(); bps != leastBitrate {
		t.Errorf("%d where nearly nothing fits", bps)
	}
	p = newPath(50_000_000)
	p.run(30*time.Second, nil)
	if bps := p.e.Bitrate(); bps < 30_000_000 {
		t.Errorf("%d at 50 Mbit/s", bps)
	}
}

func TestJumpsOfTheClockAreSurvived(t *testing.T) {
	p := newPath(2_000_000)
	for _, jump := range []time.Duration{0, time.Hour, -2 * time.Hour, 5 * time.Second} {
		p.skew += jump
		p.run(10*time.Second, nil)
		if bps := p.e.Bitrate(); bps < 1_200_000 || bps > 2_600_000 {
			t.Errorf("10 s after a jump of %v: %d", jump, bps)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var e Estimator
	packets := make([]Packet, 20)
	at := time.Hour
	if n := testing.AllocsPerRun(1000, func() {
		for i := range packets {
			at += 3 * time.Millisecond
			packets[i] = Packet{Sent: at, Arrived: at + 40*time.Millisecond, Size: 1200, Lost: i == 7}
		}
		e.Update(at+80*time.Millisecond, 80*time.Millisecond, packets)
	}); n != 0 {
		t.Errorf("%v allocations per message", n)
	}
	if e.Bitrate() == 0 || e.Acknowledged() == 0 {
		t.Error("no estimate")
	}
}

// FuzzUpdate has a peer report anything: it can only spoil the estimate of its own path.
func FuzzUpdate(f *testing.F) {
	f.Add(int64(0), int64(1<<40), int64(-1<<60), uint16(1200))
	f.Fuzz(func(t *testing.T, sent, arrived, step int64, size uint16) {
		var e Estimator
		packets := make([]Packet, 40)
		for n := range 50 {
			for i := range packets {
				packets[i] = Packet{
					Sent: time.Duration(sent), Arrived: time.Duration(arrived), Size: int(size), Lost: i%9 == 8, Probe: i%5 > n%5,
				}
				sent += 3_000_000
				arrived += step
				if i%7 == 6 {
					step = -step * 3
				}
			}
			e.Update(time.Duration(n)*60*time.Millisecond, time.Duration(step), packets)
			if bps := e.Bitrate(); bps < 0 {
				t.Fatalf("%d", bps)
			}
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	var e Estimator
	packets := make([]Packet, 20)
	at := time.Hour
	for b.Loop() {
		for i := range packets {
			at += 3 * time.Millisecond
			packets[i] = Packet{Sent: at, Arrived: at + 40*time.Millisecond, Size: 1200}
		}
		e.Update(at+80*time.Millisecond, 80*time.Millisecond, packets)
	}
}

// What arrives without loss is carried, whatever was lost before.
func TestLossThatIsOver(t *testing.T) {
	p := newPath(2_000_000)
	p.source = func(int) float64 { return 200_000 }
	p.run(5*time.Second, nil)
	p.loss = 0.9
	p.run(3*time.Second, nil)
	low := p.e.Bitrate()
	p.loss = 0
	p.run(4*time.Second, nil)
	if bps := p.e.Bitrate(); low > 100_000 || bps < 150_000 {
		t.Errorf("%d while 90 %% are lost, %d 4 s after", low, bps)
	}
}
