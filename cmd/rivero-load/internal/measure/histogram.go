package measure

import (
	"math/bits"
	"time"
)

const (
	histogramSteps = 32 // per power of two: values are kept to 3 %
	histogramBands = 24 // powers of two above histogramSteps µs: up to 9 minutes
)

// Histogram collects durations in fixed memory, in steps of 1 µs up to 32 µs and of 3 % above. The zero value is empty.
// It is not safe for concurrent use.
type Histogram struct {
	counts [histogramSteps * (histogramBands + 1)]uint32
	total  uint64
	max    time.Duration
}

// Add counts one duration; a negative one counts as 0.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
	h.max = max(h.max, d)
}

// Merge adds everything that other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.max = max(h.max, other.max)
}

// Count is the number of durations added.
func (h *Histogram) Count() uint64 { return h.total }

// Max is the longest duration added, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile is the duration that the share q (0..1) of all does not exceed, 0 if there is none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := uint64(q * float64(h.total-1))
	for i, n := range h.counts {
		if rank < uint64(n) {
			return min(upperBound(i), h.max)
		}
		rank -= uint64(n)
	}
	return h.max
}

func bucket(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < histogramSteps {
		return int(us)
	}
	band := bits.Len64(us) - bits.Len64(histogramSteps)
	if band >= histogramBands {
		return histogramSteps*(histogramBands+1) - 1
	}
	return histogramSteps*(band+1) + int(us>>band) - histogramSteps
}

// upperBound is the end of a bucket, where the next one begins.
func upperBound(i int) time.Duration {
	if i < histogramSteps {
		return time.Duration(i+1) * time.Microsecond
	}
	band := i/histogramSteps - 1
	return time.Duration(i%histogramSteps+histogramSteps+1) << band * time.Microsecond
}
