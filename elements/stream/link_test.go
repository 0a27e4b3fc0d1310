package stream

import (
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// network carries packets between sessions on a simulated clock: with delay,
// loss and reordering.
type network struct {
	now    time.Duration
	random *rand.Rand
	events events
	order  int
}

type event struct {
	at    time.Duration
	order int // of two events of one time the one that was made first
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)   { *e = append(*e, v.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (n *network) at(t time.Duration, do func()) {
	n.order++
	heap.Push(&n.events, event{at: t, order: n.order, do: do})
}

// run does everything that happens up to the time end, with every session
// looking at its clock each millisecond.
func (n *network) run(end time.Duration, sessions ...*Session) {
	for ; n.now < end; n.now += time.Millisecond {
		for len(n.events) > 0 && n.events[0].at <= n.now {
			heap.Pop(&n.events).(event).do()
		}
		for _, s := range sessions {
			s.tick(n.now)
		}
	}
}

// link is the transport of one session: what is sent reaches peer.
type link struct {
	net     *network
	peer    *Session
	delay   time.Duration
	wobble  time.Duration // reorders packets that are closer together
	loss    float64       // of RTP packets
	lossOf  float64       // of RTCP packets
	rate    float64       // of RTP packets, bit/s, 0: any
	free    time.Duration
	dropped int
	burst   media.Burst
}

func (l *link) WriteRTP(h *rtp.Header, payload []byte, _ *media.Burst) {
	if l.net.random.Float64() < l.loss {
		l.dropped++
		return
	}
	c, data := h.Clone(), append([]byte(nil), payload...)
	at := l.arrival()
	if l.rate > 0 {
		l.free = max(l.free, l.net.now) + time.Duration(float64(8*(len(payload)+packetOverhead))/l.rate*float64(time.Second))
		at += l.free - l.net.now
	}
	l.net.at(at, func() { l.peer.HandleRTP(&c, data, l.net.now, &l.burst) })
}

func (l *link) WriteRTCP(packet []byte) {
	if l.net.random.Float64() < l.lossOf {
		return
	}
	data := append([]byte(nil), packet...)
	l.net.at(l.arrival(), func() { l.peer.HandleRTCP(data, l.net.now, &l.burst) })
}

func (l *link) arrival() time.Duration {
	return l.net.now + l.delay + time.Duration(l.net.random.Int64N(int64(l.wobble)+1))
}

// pair is a sender and a receiver at the two ends of a link.
type pair struct {
	*network
	out      *Sender
	in       *Receiver
	forward  *link
	sessions []*Session
	sink     sink
}

func newPair(t *testing.T, seed uint64, forward, back link, change ...func(lines []Line)) *pair {
	n := &network{now: time.Hour, random: rand.New(rand.NewPCG(seed, 2))}
	p := &pair{network: n, out: NewSender(media.Video), in: NewReceiver(media.Video, nil, nil), forward: &forward}
	forward.net, back.net = n, n
	clock := func() time.Duration { return n.now }
	for _, end := range []struct {
		transport *link
		line      Line
	}{
		{&forward, Line{SSRC: 1, Sender: p.out, Send: []Codec{vp8, h264}}},
		{&back, Line{SSRC: 2, Receiver: p.in, Receive: []Codec{vp8, h264}}},
	} {
		lines := []Line{end.line}
		for _, f := range change {
			f(lines)
		}
		s, err := NewSession(end.transport, lines, Options{CNAME: "c", Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		s.open()
		s.spread = func(mean time.Duration) time.Duration { return mean } // each run is the same
		p.sessions = append(p.sessions, s)
	}
	forward.peer, back.peer = p.sessions[1], p.sessions[0]
	p.in.Output().SetRoutes([]media.Route{{Sink: &p.sink}})
	return p
}

// numbered is a VP8 payload that carries n.
func numbered(n int) []byte {
	return binary.BigEndian.AppendUint32([]byte{0x10, 0x01}, uint32(n))
}

// produce has src write count packets, one each interval, from now on.
func (p *pair) produce(src *source, first, count int, interval time.Duration) {
	for i := range count {
		at := p.now + time.Duration(i)*interval
		p.at(at, func() {
			src.p.Data = numbered(first + i)
			src.frame(at, i == 0)
		})
	}
}

// arrived tells how often each number came.
func (p *pair) arrived() map[int]int {
	times := make(map[int]int)
	for _, pkt := range p.sink.got {
		times[int(binary.BigEndian.Uint32(pkt.Data[2:]))]++
	}
	return times
}

// extent is the first and the last of count numbers that came: of what was lost
// before and after them a receiver cannot know.
func extent(times map[int]int, count int) (first, last int) {
	last = count - 1
	for times[first] == 0 && first < last {
		first++
	}
	for times[last] == 0 && last > first {
		last--
	}
	return first, last
}

func TestLossIsRepaired(t *testing.T) {
	const count = 6000 // 30 s; the numbers of source and link wrap on the way
	tests := []struct {
		name          string
		forward, back link
		lost          int // at most
	}{
		{"perfect", link{delay: 20 * time.Millisecond}, link{delay: 20 * time.Millisecond}, 0},
		{"reordering", link{delay: 20 * time.Millisecond, wobble: 30 * time.Millisecond}, link{delay: 20 * time.Millisecond}, 0},
		{"loss of 5 %", link{delay: 20 * time.Millisecond, loss: 0.05}, link{delay: 20 * time.Millisecond, lossOf: 0.05}, 0},
		{"loss of 20 % and reordering", link{delay: 40 * time.Millisecond, wobble: 15 * time.Millisecond, loss: 0.2}, link{delay: 40 * time.Millisecond, lossOf: 0.2}, 20},
		{"slow", link{delay: 150 * time.Millisecond, loss: 0.03}, link{delay: 150 * time.Millisecond, lossOf: 0.03}, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t, 11, tt.forward, tt.back)
			p.out.splice.begin(63000, 1<<32-90000)
			src := newSource(vp8.Format, 9, 61000, 1)
			route(src.out, p.out)
			p.produce(src, 0, count, 5*time.Millisecond)
			p.run(p.now+count*5*time.Millisecond+3*time.Second, p.sessions...)
			times := p.arrived()
			missing := 0
			first, last := extent(times, count)
			for i := first; i <= last; i++ {
				switch times[i] {
				case 0:
					missing++
				case 1:
				default:
					t.Fatalf("packet %d came %d times", i, times[i])
				}
			}
			if missing > tt.lost {
				t.Errorf("%d of %d packets never came, %d were dropped on the way", missing, count, p.forward.dropped)
			}
			if tt.forward.loss == 0 && tt.forward.wobble == 0 && p.out.Stats().NACK != 0 {
				t.Error("packets were asked for although none was lost")
			}
			if repeated := int(p.out.Stats().Resent); tt.forward.wobble == 0 && repeated > 2*p.forward.dropped {
				t.Errorf("%d packets sent again for %d lost", repeated, p.forward.dropped)
			}
			if st := p.in.Stats(); st.Lost != int64(missing) {
				t.Errorf("%d counted as lost, want %d", st.Lost, missing)
			}
		})
	}
}

func TestSwitchesOverALossyLink(t *testing.T) {
	p := newPair(t, 5, link{delay: 20 * time.Millisecond, loss: 0.05}, link{delay: 20 * time.Millisecond})
	sources := []*source{
		newSource(vp8.Format, 1, 65000, 7), newSource(h264.Format, 2, 3, 1<<32-9), newSource(vp8.Format, 3, 30000, 0),
	}
	const count, interval = 400, 10 * time.Millisecond
	n := 0
	for round := range 6 {
		src := sources[round%len(sources)]
		route(src.out, p.out)
		p.produce(src, n, count, interval)
		n += count
		// Nothing can be asked for again once its source is gone: the last packets
		// of a round have time to be repaired.
		p.run(p.now+count*interval+500*time.Millisecond, p.sessions...)
		src.disconnect(p.out)
	}
	times := p.arrived()
	first, last := extent(times, n)
	for i := first; i <= last; i++ {
		if times[i] != 1 && i%count != count-1 {
			t.Errorf("packet %d came %d times", i, times[i])
		}
	}
	if st := p.in.Stats(); st.SSRC != 1 || int(st.Packets)+int(st.Lost) != last-first+1 {
		t.Errorf("the peer saw %d packets of SSRC %d and missed %d, want %d", st.Packets, st.SSRC, st.Lost, last-first+1)
	}
	end := p.sink.got[len(p.sink.got)-1]
	if stray := (end.PTS - p.now).Abs(); stray > time.Second {
		t.Errorf("the last packet is presented %v from its arrival", stray)
	}
}

func TestCountersAgreeOverALink(t *testing.T) {
	p := newPair(t, 3, link{delay: 30 * time.Millisecond, loss: 0.1}, link{delay: 30 * time.Millisecond})
	src := newSource(vp8.Format, 9, 1, 1)
	route(src.out, p.out)
	p.produce(src, 0, 2000, 5*time.Millisecond)
	p.run(p.now+12*time.Second, p.sessions...)
	in, out := p.in.Stats(), p.out.Stats()
	if out.NACK == 0 || out.Resent == 0 {
		t.Errorf("sender %+v", out)
	}
	if d := (out.RoundTrip - 60*time.Millisecond).Abs(); d > 10*time.Millisecond {
		t.Errorf("round trip %v, want 60 ms", out.RoundTrip)
	}
	if out.Lost != in.Lost {
		t.Errorf("the peer reported %d lost, it has %d", out.Lost, in.Lost)
	}
	if out.REMB/1000 != ownEstimate/1000 {
		t.Errorf("limit of the peer %d", out.REMB)
	}
}
