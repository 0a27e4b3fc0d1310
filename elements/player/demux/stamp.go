package demux

import "time"

// Time stamps of MPEG have 33 bits and count 90000 a second (ISO/IEC 13818-1 §2.4.3.7).
const (
	StampClock = 90000
	StampWrap  = 1 << 33
)

// Unwrap makes a time of an MPEG time stamp: the one nearest to a time before.
func Unwrap(stamp int64, near time.Duration) time.Duration {
	n := Units(near, StampClock)
	stamp += (n - stamp) / StampWrap * StampWrap
	switch {
	case stamp-n > StampWrap/2:
		stamp -= StampWrap
	case n-stamp > StampWrap/2:
		stamp += StampWrap
	}
	return Ticks(stamp, StampClock)
}
