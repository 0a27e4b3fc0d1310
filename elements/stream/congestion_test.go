package stream

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// adaptive has a source make what its receivers can take, 25 frames a second.
func (p *pair) adaptive(src *source, span time.Duration) {
	for at := p.now; at < p.now+span; at += 40 * time.Millisecond {
		p.at(at, func() {
			bps := 2_500_000
			if n := len(src.up.limits); n > 0 && src.up.limits[n-1] > 0 {
				bps = src.up.limits[n-1]
			}
			for left := bps / 25 / 8; left > 0; left -= 1100 {
				src.p.Data = append(numbered(0), make([]byte, min(left, 1100))...)
				src.frame(at, true)
			}
		})
	}
	p.run(p.now+span, p.sessions...)
}

func TestSenderFollowsThePath(t *testing.T) {
	p := newPair(t, 5, link{delay: 25 * time.Millisecond, rate: 1_500_000}, link{delay: 25 * time.Millisecond}, withRTX, withTWCC)
	src := newSource(vp8.Format, 9, 61000, 1)
	route(src.out, p.out)
	p.adaptive(src, 12*time.Second)
	if st := p.out.Stats(); st.Estimate < 1_100_000 || st.Estimate > 1_700_000 || st.TargetBitrate*95/100 > st.Estimate {
		t.Errorf("at 1.5 Mbit/s: %+v", st)
	}
	p.forward.rate = 400_000
	p.adaptive(src, 3*time.Second)
	if st := p.out.Stats(); st.Estimate > 400_000 {
		t.Errorf("at 400 kbit/s: %+v", st)
	}
	p.out.SetBitrateRange(700_000, 0)
	if st := p.out.Stats(); st.TargetBitrate != 700_000 {
		t.Errorf("target %d, below what the owner lets it be", st.TargetBitrate)
	}
	p.out.SetBitrateRange(0, 100_000)
	p.forward.rate = 4_000_000
	p.adaptive(src, 5*time.Second)
	if st := p.out.Stats(); st.TargetBitrate != 100_000 {
		t.Errorf("target %d, above what the owner lets it be", st.TargetBitrate)
	}
	if n := p.sessions[0].malformed.Load() + p.sessions[1].malformed.Load(); n > 0 {
		t.Errorf("%d messages could not be read", n)
	}
}

func TestREMBCountsWhereNobodyMeasures(t *testing.T) {
	for _, measured := range []bool{false, true} {
		b := newBench(t, func(lines []Line) {
			if measured {
				withTWCC(lines)
			}
		})
		b.rtcp(t, b.now, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 800_000, SSRCs: []uint32{localSSRC}})
		if got := b.videoOut.Stats().TargetBitrate; (got == 0) != measured {
			t.Errorf("measured %v: target %d", measured, got)
		}
	}
}
