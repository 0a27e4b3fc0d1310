package stream

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/elements/stream/gcc"
	"github.com/rivero-media/rivero/pipeline/media"
)

// congestion is what a session finds out about the path to its peer from transport-wide feedback.
// The read goroutine owns all but what is atomic.
type congestion struct {
	estimator gcc.Estimator
	packets   []gcc.Packet // of one message
	came      int64        // the last arrival on the peer's clock, in wideTicks, without wrapping
	congested bool
	sound     throughput
	queue     atomic.Int64 // ns that packets wait on the way, beyond the round trip of an empty path
	told      atomic.Int64 // estimate that the senders know, 0: all of them have to be told
}

// estimateStep is the part of the estimate by which it changes before the senders hear of it.
const estimateStep = 50

// wideFeedback takes a message about the packets that the peer got. It runs on the read goroutine.
func (s *Session) wideFeedback(raw []byte, at time.Duration) error {
	c := &s.congestion
	c.packets = c.packets[:0]
	err := readWide(raw, func(number uint16, received bool, came int64) {
		if received {
			s.wideArrival(number, at, came)
		} else if d, ok := s.departures.lost(number); ok {
			c.packets = append(c.packets, gcc.Packet{Sent: d.sent(at), Size: d.size(), Lost: true})
		}
	})
	if len(c.packets) == 0 {
		return err
	}
	c.estimator.Update(at, s.RoundTrip(), c.packets)
	c.queue.Store(int64(c.estimator.Queue()))
	bps := c.estimator.Bitrate()
	told := int(c.told.Load())
	if off := bps - told; max(off, -off) > told/estimateStep || c.congested != c.estimator.Congested() {
		c.told.Store(int64(bps))
		c.congested = c.estimator.Congested()
		s.share(bps, at)
	}
	return err
}

// wideArrival notes that a packet came at the time came of the peer's clock.
func (s *Session) wideArrival(number uint16, at time.Duration, came int64) {
	c := &s.congestion
	if c.came == 0 {
		c.came = 1 << 40 // far from zero on either side
	}
	c.came += int64(int32(uint32(came) - uint32(c.came)))
	switch d, ok := s.departures.arrived(number); {
	case ok:
		c.packets = append(c.packets, gcc.Packet{Sent: d.sent(at), Size: d.size(), Arrived: time.Duration(c.came) * wideTick, Probe: d.probe()})
	case d&sentTwice != 0 && d&reportedLost == 0:
		c.packets = append(c.packets, gcc.Packet{Sent: d.sent(at), Size: d.size(), Lost: true})
	}
}

// sent is when the packet left, seen from a time less than a day after it.
func (d departure) sent(now time.Duration) time.Duration {
	return now - time.Duration(int32(uint32(now/departureTick)-d.ticks()))*departureTick
}

// share tells the senders of video what the path carries of theirs.
func (s *Session) share(bps int, at time.Duration) {
	c, lines := &s.congestion, s.lines()
	video, sound := 0, uint64(0)
	for i := range lines {
		switch snd := lines[i].Sender; {
		case snd == nil:
		case snd.kind == media.Video:
			video++
		default:
			sound += snd.carried()
		}
	}
	if video == 0 {
		return
	}
	c.sound.count(sound, at)
	bps = max(bps-c.sound.bps, bps/2) / video
	for i := range lines {
		if snd := lines[i].Sender; snd != nil && snd.kind == media.Video {
			snd.pathCarries(bps, c.congested)
		}
	}
}

// carried is how many bytes the path has got from the sender.
func (s *Sender) carried() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters.bytes + packetOverhead*s.counters.packets
}

// throughput is the bitrate of a counter of bytes.
type throughput struct {
	bytes uint64
	at    time.Duration
	bps   int
}

// count takes the counter; from a second on the difference is a measure.
func (t *throughput) count(bytes uint64, at time.Duration) {
	if elapsed := at - t.at; t.at == 0 || bytes < t.bytes || elapsed >= time.Second {
		if t.at != 0 && bytes >= t.bytes {
			t.bps = int(float64(8*(bytes-t.bytes)) / elapsed.Seconds())
		}
		t.bytes, t.at = bytes, at
	}
}

// pathCarries takes the estimate of the bitrate that gets to the peer; it is a limit where the path was congested.
func (s *Sender) pathCarries(bps int, congested bool) {
	s.retarget(func() { s.estimate, s.congested = bps, congested })
}

// peerLimit is the bitrate that the peer can take, 0: there is no limit. What it says of itself counts only
// where nobody has measured. Called locked.
func (s *Sender) peerLimit() int {
	switch {
	case !s.measured:
		return s.remb
	case s.congested:
		return s.estimate
	}
	return 0
}

// measures tells whether who sends packets of these codecs on the line measures the path.
func (l *Line) measures(codecs []Codec) bool {
	return l.Extensions.TransportCC != 0 && slices.ContainsFunc(codecs, func(c Codec) bool { return c.Feedback.TWCC })
}
