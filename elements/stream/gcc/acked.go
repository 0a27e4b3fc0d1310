package gcc

import "time"

const (
	ackedBucket = 50 * time.Millisecond
	ackedWindow = 10 // buckets: several frames of video
)

// acked measures what arrives.
type acked struct {
	started bool
	first   int64                // bucket of the first packet
	newest  int64                // the highest bucket with a packet
	bytes   [ackedWindow + 1]int // one more, because the newest is not complete
	latest  time.Duration
}

func (a *acked) add(at time.Duration, size int) {
	bucket := int64(at / ackedBucket)
	switch {
	case !a.started || bucket-a.newest > 4*ackedWindow || bucket < a.newest-ackedWindow:
		// After a pause the measure begins anew: silence says nothing about the path.
		*a = acked{started: true, first: bucket, newest: bucket}
	case bucket > a.newest:
		for b := a.newest + 1; b <= bucket; b++ {
			a.bytes[slot(b)] = 0
		}
		a.newest = bucket
	}
	a.latest = max(a.latest, at)
	a.bytes[slot(bucket)] += size
}

// slot is where a bucket is kept; the peer's clock may be below zero.
func slot(bucket int64) int { return int(uint64(bucket) % (ackedWindow + 1)) }

// bitrate is in bit/s; false as long as less than a window was measured.
func (a *acked) bitrate() (bps float64, known bool) {
	if !a.started || a.newest-a.first < ackedWindow {
		return 0, false
	}
	sum := 0
	for _, n := range a.bytes {
		sum += n
	}
	span := ackedWindow*ackedBucket + a.latest - time.Duration(a.newest)*ackedBucket
	return float64(8*sum) / span.Seconds(), true
}
