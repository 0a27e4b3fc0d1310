package stream

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// lossyPublisher sends 200 packets of video a second, of which every tenth is lost when it is told to.
type lossyPublisher struct {
	*bench
	seq uint16
}

// send goes on for some seconds and returns what the publisher was told in them.
func (p *lossyPublisher) send(seconds int, lossy bool) (told []int) {
	payload := append(append([]byte(nil), vp8DeltaPayload...), make([]byte, 1000)...)
	end := p.now + time.Duration(seconds)*time.Second
	for at := p.now; at < end; at += 5 * time.Millisecond {
		if p.seq++; lossy && p.seq%10 == 0 {
			continue
		}
		receive(p.bench, peerSSRC, videoPT, p.seq, uint32(p.seq)*450, at, payload)
		p.tickAt(at)
	}
	p.now = end
	for _, m := range ofType[*rtcp.ReceiverEstimatedMaximumBitrate](p.wire.takeRTCP()) {
		told = append(told, int(m.Bitrate))
	}
	return told
}

// estimate is what it is told now.
func (p *lossyPublisher) estimate() int {
	p.video.mu.Lock()
	defer p.video.mu.Unlock()
	return p.video.rate.estimate()
}

func TestLossBringsThePublisherDown(t *testing.T) {
	p := lossyPublisher{bench: newBench(t)}
	for _, bps := range p.send(5, false) {
		if bps != ownEstimate {
			t.Errorf("told %d with nothing lost", bps)
		}
	}
	told := p.send(1, true)
	if len(told) == 0 || told[len(told)-1] != ownEstimate/2 {
		t.Errorf("told %v after the first measures with loss, want half of the estimate", told)
	}
	told = p.send(5, true)
	if len(told) == 0 || told[len(told)-1] > ownEstimate/2 || p.estimate() < leastEstimate {
		t.Errorf("told %v with much lost", told)
	}
	low := p.estimate()
	p.send(10, false)
	if now := p.estimate(); now <= low {
		t.Errorf("%d 10 s after the loss, %d before", now, low)
	}
	p.send(120, false)
	told = p.send(3, false)
	if len(told) == 0 || told[len(told)-1] != ownEstimate {
		t.Errorf("told %v long after the loss", told)
	}
}

func TestLossOfWhoMeasuresItselfDoesNotCount(t *testing.T) {
	p := lossyPublisher{bench: newBench(t, withTWCC)}
	if told := p.send(5, true); len(told) != 0 {
		t.Errorf("told %v", told)
	}
}

func TestRepairedLossDoesNotCount(t *testing.T) {
	b := newBench(t)
	at, lost := b.now, uint16(0)
	for seq := uint16(1); seq < 1000; seq++ {
		at += 5 * time.Millisecond
		switch seq % 10 {
		case 0:
			lost = seq
			continue
		case 3:
			if lost != 0 {
				receive(b, peerSSRC, videoPT, lost, uint32(lost)*450, at, vp8DeltaPayload)
			}
		}
		receive(b, peerSSRC, videoPT, seq, uint32(seq)*450, at, vp8DeltaPayload)
	}
	b.tickAt(at)
	if st := b.video.Stats(); st.REMB != ownEstimate || st.Lost > 1 {
		t.Errorf("statistics %+v", st)
	}
}

// measures has an estimate of at most most measure n times, with a part of the packets lost.
func measures(l *lossEstimate, from time.Duration, n, lost, least, most int) (to time.Duration) {
	for range n {
		for i := range 101 {
			expected := 1
			if i == 1 {
				expected += lost
			}
			l.add(expected, 100, from, least, most)
			from += 10 * time.Millisecond
		}
	}
	return from
}

func TestRembParams(t *testing.T) {
	tests := []struct {
		name         string
		params       RembParams
		lost         int // in a measure of about 100
		fallen, next int // the estimate after a measure with loss and one without
	}{
		{"Kurento's", RembParams{}, 20, 1_000_000, 1_040_000},
		{"few lost", RembParams{}, 3, 2_000_000, 2_000_000},
		{"fewer may be lost", RembParams{UpLosses: 2}, 3, 1_000_000, 1_040_000},
		{"more may be lost", RembParams{UpLosses: 100}, 20, 2_000_000, 2_000_000},
		{"falls less", RembParams{DecrementFactor: 0.75}, 20, 1_500_000, 1_560_000},
		{"never rises by loss", RembParams{DecrementFactor: 7}, 20, 2_000_000, 2_000_000},
		{"grows faster", RembParams{ExponentialFactor: 0.1}, 20, 1_000_000, 1_100_000},
		{"threshold", RembParams{ThresholdFactor: 0.4}, 20, 1_000_000, 1_040_000},
		{"grade", RembParams{ThresholdFactor: 0.4, LinealFactorGrade: 12}, 20, 1_000_000, 1_100_000},
		{"least growth", RembParams{ThresholdFactor: 0.4, LinealFactorMin: 200_000}, 20, 1_000_000, 1_200_000},
		{"longer measures", RembParams{PacketsRecvIntervalTop: 100_000}, 20, 2_000_000, 2_000_000},
		{"nonsense", RembParams{
			PacketsRecvIntervalTop: -1, ExponentialFactor: math.NaN(), LinealFactorMin: -1, LinealFactorGrade: -1,
			DecrementFactor: math.Inf(-1), ThresholdFactor: -1, UpLosses: -1,
		}, 20, 1_000_000, 1_040_000},
	}
	for _, tt := range tests {
		l := lossEstimate{params: tt.params}
		at := measures(&l, time.Hour, 1, tt.lost, leastEstimate, ownEstimate)
		if got := l.limit(ownEstimate); got != tt.fallen {
			t.Errorf("%s: fell to %d, want %d", tt.name, got, tt.fallen)
		}
		measures(&l, at, 1, 0, leastEstimate, ownEstimate)
		if got := l.limit(ownEstimate); got != tt.next {
			t.Errorf("%s: then %d, want %d", tt.name, got, tt.next)
		}
	}
}

func TestLossEstimateKeepsItsBounds(t *testing.T) {
	var l lossEstimate
	at := measures(&l, time.Hour, 10, 100, leastEstimate, ownEstimate)
	if got := l.limit(ownEstimate); got != leastEstimate {
		t.Errorf("fell to %d, want %d", got, leastEstimate)
	}
	at = measures(&l, at, 10, 100, 50_000, ownEstimate)
	if got := l.limit(ownEstimate); got >= leastEstimate || got < 50_000 {
		t.Errorf("fell to %d where the owner lets it", got)
	}
	l = lossEstimate{}
	at = measures(&l, at, 10, 100, leastEstimate, 200_000)
	if got := l.limit(200_000); got != 200_000 {
		t.Errorf("%d with a maximum below what loss presses to", got)
	}
	l = lossEstimate{}
	measures(&l, at, 1, 100, leastEstimate, 5_000_000)
	if got := l.limit(5_000_000); got != 2_500_000 {
		t.Errorf("fell to %d from a higher maximum", got)
	}
	if got := l.limit(1_000_000); got != 1_000_000 {
		t.Errorf("%d above a new maximum", got)
	}
}

func TestRembParamsActAtOnce(t *testing.T) {
	p := lossyPublisher{bench: newBench(t)}
	p.send(1, false)
	p.video.SetRembParams(RembParams{UpLosses: 200})
	p.send(3, true)
	if got := p.estimate(); got != ownEstimate {
		t.Errorf("%d, but nearly all may be lost", got)
	}
	p.video.SetRembParams(RembParams{DecrementFactor: 0.9})
	p.send(1, true)
	if got := p.estimate(); got < ownEstimate*8/10 || got > ownEstimate*9/10 {
		t.Errorf("fell to %d, want 9/10 in each of one or two measures", got)
	}
}
