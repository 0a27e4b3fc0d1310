package stream

import (
	"math"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// leastMeasure is the least time in which loss is measured: what a publisher was told needs that to show.
const leastMeasure = 500 * time.Millisecond

// RembParams tune the estimate that a publisher is told who does not measure its path itself. What is not above zero
// is as in Kurento.
type RembParams struct {
	PacketsRecvIntervalTop int     // packets of a measure, 0: 100
	ExponentialFactor      float64 // growth in a measure below the threshold, 0: 0.04
	LinealFactorMin        int     // least growth in a measure above it in bit/s, 0: 50
	LinealFactorGrade      float64 // measures that it takes from the threshold to where too much was lost, 0: 30
	DecrementFactor        float64 // what is left of the estimate when too much is lost, 0: 0.5
	ThresholdFactor        float64 // the threshold then, as part of the estimate before, 0: 0.8
	UpLosses               int     // packets of 256 that may be lost, 0: 12
}

// lossEstimate finds from loss what a path carries, as Kurento does: it falls when too much is lost and then
// grows, slowly where it failed before.
type lossEstimate struct {
	params    RembParams
	bps       float64 // 0: nothing was lost yet, or all is well again
	threshold float64
	lineal    float64

	since              time.Duration // of the measure
	expected, received int           // packets in it
	bytes              int
}

// add counts a packet and those found missing before it; late ones are not expected any more. It tells whether
// the estimate fell. It lies between least and most, the bitrate without loss.
func (l *lossEstimate) add(expected, size int, at time.Duration, least, most int) (fell bool) {
	if l.received == 0 {
		l.since = at
	}
	l.expected += expected
	l.received++
	l.bytes += size
	elapsed := at - l.since
	if l.expected < positive(l.params.PacketsRecvIntervalTop, 100) || elapsed < leastMeasure {
		return false
	}
	lost := (l.expected - l.received) * 256 / l.expected
	rate := float64(8*l.bytes) / elapsed.Seconds()
	l.expected, l.received, l.bytes = 0, 0, 0
	if lost > positive(l.params.UpLosses, 12) {
		l.fall(rate, float64(least), float64(most))
		return true
	}
	l.grow(float64(most))
	return false
}

func (l *lossEstimate) fall(rate, least, most float64) {
	before := most
	if l.bps > 0 {
		before = min(l.bps, most)
	}
	l.threshold = before * positive(l.params.ThresholdFactor, 0.8)
	l.lineal = max(float64(positive(l.params.LinealFactorMin, 50)),
		(before-l.threshold)/positive(l.params.LinealFactorGrade, 30))
	left := max(before, rate) * min(positive(l.params.DecrementFactor, 0.5), 1)
	l.bps = max(min(left, before), min(least, most))
}

func (l *lossEstimate) grow(most float64) {
	switch {
	case l.bps == 0:
		return
	case l.bps < l.threshold:
		l.bps *= 1 + positive(l.params.ExponentialFactor, 0.04)
	default:
		l.bps += l.lineal
	}
	if l.bps >= most {
		l.bps = 0
	}
}

// limit is the estimate, at most most.
func (l *lossEstimate) limit(most int) int {
	if l.bps == 0 || l.bps >= float64(most) {
		return most
	}
	return int(math.Round(l.bps))
}

// positive is v, or def where v is no sensible value.
func positive[T int | float64](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// SetRembParams tunes the estimate for a publisher who does not measure its path itself. It may be called at any time.
func (r *Receiver) SetRembParams(p RembParams) {
	r.limits(func(l *rateLimit) { l.loss.params = p })
}

// countLoss takes a packet into the estimate. Called locked.
func (r *Receiver) countLoss(expected, size int, at time.Duration) {
	l := &r.rate
	if r.kind != media.Video || l.measures {
		return
	}
	if l.loss.add(expected, size, at, l.least(), l.most()) {
		r.session.kick()
	}
}
