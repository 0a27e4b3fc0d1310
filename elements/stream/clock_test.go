package stream

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// capture simulates one stream of a peer: an RTP clock that drifts against true
// time, and a delay between capture and sending.
type capture struct {
	pt       uint8
	ssrc     uint32
	rate     float64
	drift    float64 // RTP clock, parts of one
	interval time.Duration
	delay    time.Duration // between capture and sending
	base     uint32
	seq      uint16
	next     time.Duration // true time of the next capture
}

func (c *capture) timestamp(t time.Duration) uint32 {
	return c.base + uint32(int64(t.Seconds()*c.rate*(1+c.drift)))
}

// remote simulates a peer whose wall clock has an offset and a drift, on a
// network with a least delay and jitter.
type remote struct {
	audio, video *capture
	wallOffset   time.Duration
	wallDrift    float64
	delay        time.Duration
	jitter       time.Duration
	random       *rand.Rand
	reportAt     time.Duration
	reports      bool
}

func newRemote(seed uint64) *remote {
	random := rand.New(rand.NewPCG(seed, 1))
	return &remote{
		audio: &capture{
			pt: audioPT, ssrc: peerSSRC + 1, rate: 48000, interval: 20 * time.Millisecond,
			delay: 25 * time.Millisecond, base: random.Uint32(), seq: uint16(random.Uint32()),
		},
		video: &capture{
			pt: videoPT, ssrc: peerSSRC, rate: 90000, interval: time.Second / 30,
			delay: 90 * time.Millisecond, base: random.Uint32(), seq: uint16(random.Uint32()),
		},
		wallOffset: 40 * 365 * 24 * time.Hour, delay: 30 * time.Millisecond, jitter: 15 * time.Millisecond,
		random: random, reports: true,
	}
}

func (p *remote) ntp(t time.Duration) uint64 {
	wall := p.wallOffset + t + time.Duration(float64(t)*p.wallDrift)
	return uint64(wall/time.Second)<<32 | uint64(wall%time.Second)<<32/uint64(time.Second)
}

func (p *remote) arrival(sent time.Duration) time.Duration {
	return sent + p.delay + time.Duration(p.random.Int64N(int64(p.jitter)+1))
}

// observed is one packet as it came out of the session.
type observed struct {
	captured, pts time.Duration
	timestamp     uint32
}

// observer keeps what each packet was presented at.
type observer struct {
	captured func() time.Duration
	got      []observed
}

func (o *observer) Write(p *media.Packet) {
	o.got = append(o.got, observed{captured: o.captured(), pts: p.PTS, timestamp: p.RTP.Timestamp})
}

// play runs the peer from true time from to true time to, against session s
// whose clock is start ahead.
func (p *remote) play(t *testing.T, s *bench, start, from, to time.Duration, captured *time.Duration) {
	t.Helper()
	payload := vp8KeyPayload
	last := map[*capture]time.Duration{}
	for _, c := range []*capture{p.audio, p.video} {
		c.next = max(c.next, from)
	}
	for {
		c := p.audio
		if p.video.next+p.video.delay < p.audio.next+p.audio.delay {
			c = p.video
		}
		if c.next >= to {
			return
		}
		sent := c.next + c.delay
		if p.reports && sent >= p.reportAt {
			p.reportAt = sent + time.Second
			at := start + p.arrival(sent)
			for _, c := range []*capture{p.audio, p.video} {
				s.rtcp(t, at, &rtcp.SenderReport{SSRC: c.ssrc, NTPTime: p.ntp(sent), RTPTime: c.timestamp(sent)})
			}
		}
		*captured = c.next
		c.seq++
		h := rtp.Header{Version: 2, PayloadType: c.pt, SSRC: c.ssrc, SequenceNumber: c.seq, Timestamp: c.timestamp(c.next)}
		last[c] = max(last[c], start+p.arrival(sent)) // the network keeps the order
		s.HandleRTP(&h, payload, last[c], &s.burst)
		c.next += c.interval
	}
}

// checkSlew fails when pipeline time moved against media time faster than
// 1 ms per 100 ms, or backwards.
func checkSlew(t *testing.T, name string, got []observed, rate uint32) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		elapsed := span(int64(int32(got[i].timestamp-got[i-1].timestamp)), rate)
		moved := got[i].pts - got[i-1].pts - elapsed
		if moved.Abs() > elapsed/100+2 { // 2 ns of rounding
			t.Fatalf("%s packet %d at %v: moved by %v in %v", name, i, got[i].captured, moved, elapsed)
		}
		if got[i].pts <= got[i-1].pts {
			t.Fatalf("%s packet %d went from %v to %v", name, i, got[i-1].pts, got[i].pts)
		}
	}
}

// offset is the mean of presentation minus capture time between two times.
func offset(got []observed, from, to time.Duration) time.Duration {
	var sum time.Duration
	n := 0
	for _, o := range got {
		if o.captured >= from && o.captured < to {
			sum += o.pts - o.captured
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / time.Duration(n)
}

func TestAudioAndVideoOfAPeerStayTogether(t *testing.T) {
	tests := []struct {
		name                           string
		audioDrift, videoDrift, wall   float64
		audioDelay, videoDelay, jitter time.Duration
	}{
		{"perfect clocks", 0, 0, 0, 25 * time.Millisecond, 90 * time.Millisecond, 15 * time.Millisecond},
		{"clocks drift apart", 200e-6, -200e-6, 0, 25 * time.Millisecond, 90 * time.Millisecond, 15 * time.Millisecond},
		{"the peer's clock is fast", 0, 0, 500e-6, 25 * time.Millisecond, 90 * time.Millisecond, 15 * time.Millisecond},
		{"the peer's clock is slow", 0, 0, -500e-6, 25 * time.Millisecond, 90 * time.Millisecond, 15 * time.Millisecond},
		{"video comes late", 50e-6, 0, 20e-6, 20 * time.Millisecond, 300 * time.Millisecond, 5 * time.Millisecond},
		{"bad network", 50e-6, -50e-6, 100e-6, 25 * time.Millisecond, 90 * time.Millisecond, 150 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newBench(t)
			p := newRemote(7)
			p.audio.drift, p.video.drift, p.wallDrift = tt.audioDrift, tt.videoDrift, tt.wall
			p.audio.delay, p.video.delay, p.jitter = tt.audioDelay, tt.videoDelay, tt.jitter
			var captured time.Duration
			audio := &observer{captured: func() time.Duration { return captured }}
			video := &observer{captured: func() time.Duration { return captured }}
			route(s.audio.Output(), audio)
			route(s.video.Output(), video)
			p.play(t, s, time.Hour, 0, 120*time.Second, &captured)

			checkSlew(t, "audio", audio.got, 48000)
			checkSlew(t, "video", video.got, 90000)
			for from := 60 * time.Second; from < 120*time.Second; from += 5 * time.Second {
				a, v := offset(audio.got, from, from+5*time.Second), offset(video.got, from, from+5*time.Second)
				if apart := (a - v).Abs(); apart > 5*time.Millisecond {
					t.Errorf("%v after the start sound and picture are %v apart", from, apart)
				}
				// Both are presented when a report captured with them would have come.
				least := time.Hour + p.delay
				if a < least-5*time.Millisecond || a > least+tt.jitter+10*time.Millisecond {
					t.Errorf("%v after the start audio is presented %v after capture", from, a-time.Hour)
				}
			}
		})
	}
}

func TestClockStepsWhileNobodyConsumes(t *testing.T) {
	s := newBench(t)
	p := newRemote(3)
	p.video.delay = 400 * time.Millisecond
	var captured time.Duration
	p.play(t, s, time.Hour, 0, 3*time.Second, &captured)
	audio := &observer{captured: func() time.Duration { return captured }}
	video := &observer{captured: func() time.Duration { return captured }}
	route(s.audio.Output(), audio)
	route(s.video.Output(), video)
	p.play(t, s, time.Hour, 3*time.Second, 5*time.Second, &captured)
	checkSlew(t, "audio", audio.got, 48000)
	checkSlew(t, "video", video.got, 90000)
	a, v := offset(audio.got, 0, time.Hour), offset(video.got, 0, time.Hour)
	if apart := (a - v).Abs(); apart > 5*time.Millisecond {
		t.Errorf("sound and picture are %v apart from the first packet that is consumed", apart)
	}
}

func TestClockFollowsArrivalWithoutReports(t *testing.T) {
	s := newBench(t)
	p := newRemote(5)
	p.reports = false
	p.audio.drift = 300e-6 // 90 ms in five minutes
	p.video.drift = -300e-6
	var captured time.Duration
	audio := &observer{captured: func() time.Duration { return captured }}
	video := &observer{captured: func() time.Duration { return captured }}
	route(s.audio.Output(), audio)
	route(s.video.Output(), video)
	p.play(t, s, time.Hour, 0, 5*time.Minute, &captured)
	checkSlew(t, "audio", audio.got, 48000)
	checkSlew(t, "video", video.got, 90000)
	for name, o := range map[string]struct {
		got   []observed
		delay time.Duration
	}{"audio": {audio.got, p.audio.delay}, "video": {video.got, p.video.delay}} {
		got := offset(o.got, 290*time.Second, 300*time.Second) - time.Hour
		if want := o.delay + p.delay; got < want-5*time.Millisecond || got > want+p.jitter {
			t.Errorf("%s is presented %v after capture, want about %v", name, got, want)
		}
	}
}

func TestClockDoesNotBelieveWildReports(t *testing.T) {
	c := streamClock{peer: new(PeerClock)}
	c.restart(90000)
	at := time.Hour
	c.pts(1000, at, true)
	c.report(uint64(3e9)<<32, 1000+90000*5, at) // 5 s ahead of its own packets
	c.report(0, 1000, at)                       // knows no time
	for i := range uint32(100) {
		at += 10 * time.Millisecond
		if pts := c.pts(1000+900*(i+1), at, true); pts != at {
			t.Fatalf("presented at %v, want %v", pts, at)
		}
	}
}

func TestClockGoesOnOverJumps(t *testing.T) {
	c := streamClock{peer: new(PeerClock)}
	c.restart(90000)
	at := time.Hour
	last := c.pts(5, at, false)
	for _, timestamp := range []uint32{5 + 3000, 1 << 31, 1<<31 + 3000, 77, 77 + 3000, 1 << 30, 1<<30 + 3000} {
		at += 33 * time.Millisecond
		pts := c.pts(timestamp, at, false)
		if pts < last || (pts-at).Abs() > 100*time.Millisecond {
			t.Errorf("timestamp %d at %v presented at %v, the one before at %v", timestamp, at, pts, last)
		}
		last = pts
	}
	c.restart(8000)
	if pts := c.pts(123, at, false); pts < last {
		t.Errorf("another clock rate goes back from %v to %v", last, pts)
	}
}

func TestClockLatePacketsKeepTheirDistance(t *testing.T) {
	c := streamClock{peer: new(PeerClock)}
	c.restart(90000)
	first := c.pts(0, time.Hour, false)
	c.pts(9000, time.Hour+100*time.Millisecond, false)
	if pts := c.pts(4500, time.Hour+120*time.Millisecond, false); pts != first+50*time.Millisecond {
		t.Errorf("a packet of 50 ms after the first is presented %v after it", pts-first)
	}
}

func TestPeerClockNoticesThatItWasSet(t *testing.T) {
	var c PeerClock
	c.report(1000*time.Second, 10*time.Second)
	for i := range 5 {
		d := time.Duration(i) * time.Second
		c.report(500*time.Second+d, 11*time.Second+d) // set back
	}
	if got := *c.offset.Load(); got != 11*time.Second-500*time.Second {
		t.Errorf("offset %v", got)
	}
	c.report(2000*time.Second, 20*time.Second) // set forward
	if got := *c.offset.Load(); got != 20*time.Second-2000*time.Second {
		t.Errorf("offset %v", got)
	}
}

func TestNTP(t *testing.T) {
	at := 90 * time.Minute
	want := media.Wall(at)
	since1900 := ntpDuration(ntpTime(at))
	got := time.Unix(ntpEpoch, 0).Add(since1900)
	if d := got.Sub(want).Abs(); d > time.Microsecond {
		t.Errorf("NTP time is off by %v", d)
	}
	if got := ticks(100*time.Hour+time.Millisecond, 90000); got != 100*3600*90000+90 {
		t.Errorf("%d ticks", got)
	}
	if got := span(-90000*3600*100-90, 90000); got != -100*time.Hour-time.Millisecond {
		t.Errorf("span %v", got)
	}
	if got := fromMiddle(toMiddle(1500 * time.Millisecond)); got != 1500*time.Millisecond {
		t.Errorf("1.5 s came back as %v", got)
	}
	if got := toMiddle(-time.Second); got != 0 {
		t.Errorf("negative time became %d", got)
	}
	if v := absSendTime(at+time.Second) - absSendTime(at); v&0xffffff != 1<<18 {
		t.Errorf("a second is %d in abs-send-time", v)
	}
}

func TestAbsSendTimeIsTheMiddleOfNTPTime(t *testing.T) {
	for at := time.Duration(0); at < 200*time.Second; at += 12_345_679 * time.Nanosecond {
		if got, want := absSendTime(at), uint32(ntpTime(at)>>14)&0xffffff; got != want {
			t.Fatalf("at %v: %d, want %d", at, got, want)
		}
	}
}
