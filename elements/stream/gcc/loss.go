package gcc

import (
	"math"
	"time"
)

const (
	lossLow  = 0.02 // below: more can be sent
	lossHigh = 0.10 // above: less
	// One measure of loss takes lossPackets, or else lossFew and lossInterval: random loss of a few per
	// cent must not look like more.
	lossPackets  = 100
	lossFew      = 20
	lossInterval = time.Second
	lossPause    = 300 * time.Millisecond // between two decreases, besides the round trip
	lossGrowth   = 1.25                   // per second
	// lossLeast is the part of what arrives below which one decrease does not go: who does not send less, or sends
	// much again, would be taken to nothing.
	lossLeast = 0.7
)

// loss is the controller that follows loss (draft section 6). Below lossHigh it does not limit what it
// did not limit before: radio links lose some and are not congested.
type loss struct {
	limit     float64 // bit/s, 0: none
	sent      int
	lost      int
	measured  time.Duration
	decreased time.Duration
	fraction  float64 // of the last measure
}

func (l *loss) add(lost bool) {
	l.sent++
	if lost {
		l.lost++
	}
}

// update judges what came since the last measure. byDelay is the other controller's estimate, 0: none; received is the
// bitrate that arrives.
func (l *loss) update(now, trip time.Duration, byDelay, received float64) {
	elapsed := now - l.measured
	if byDelay == 0 || l.sent < lossPackets && (l.sent < lossFew || elapsed < lossInterval) {
		return
	}
	l.fraction = float64(l.lost) / float64(l.sent)
	l.sent, l.lost, l.measured = 0, 0, now
	switch {
	case l.fraction > lossHigh:
		if now-l.decreased < lossPause+trip {
			return // what is lost now was sent before the last decrease
		}
		l.decreased = now
		if l.limit == 0 {
			l.limit = byDelay
		}
		l.limit = min(l.limit, byDelay)
		l.limit = max(l.limit*(1-l.fraction/2), min(l.limit, lossLeast*received), leastBitrate)
	case l.fraction < lossLow && l.limit > 0:
		grown := l.limit * math.Pow(lossGrowth, min(elapsed, lossInterval).Seconds())
		if l.limit = max(grown, proven*received); l.limit > byDelay {
			l.limit = 0
		}
	}
}
