package stream

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// ntpEpoch is the Unix time of the NTP epoch, 1 January 1900.
const ntpEpoch = -2208988800

// ntpTime is an instant of the pipeline clock as a 64-bit NTP timestamp
// (RFC 3550 section 4): seconds since 1900 and a binary fraction.
func ntpTime(at time.Duration) uint64 {
	t := media.Wall(at)
	return uint64(t.Unix()-ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// ntpDuration is the time since 1900 of a 64-bit NTP timestamp.
func ntpDuration(ntp uint64) time.Duration {
	fraction := (ntp & 0xffffffff) * uint64(time.Second) >> 32
	return time.Duration(ntp>>32)*time.Second + time.Duration(fraction)
}

// ntpMiddle is the middle 32 bits, in which reports refer to each other.
func ntpMiddle(ntp uint64) uint32 { return uint32(ntp >> 16) }

// fromMiddle is a time given in units of 1/65536 second.
func fromMiddle(units uint32) time.Duration {
	return time.Duration(uint64(units) * uint64(time.Second) >> 16)
}

// toMiddle is a time in units of 1/65536 second, as far as it fits.
func toMiddle(d time.Duration) uint32 {
	return uint32(min(max(d, 0), 65535*time.Second) << 16 / time.Second)
}

// absSendTime is the value of the abs-send-time header extension: seconds with
// an 18-bit fraction, 24 bits in all
// (http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time).
// It is worked out for each packet, therefore not by way of the time of day.
func absSendTime(at time.Duration) uint32 {
	return uint32(uint64(absZero+at) % uint64(absWrap) << 18 / uint64(time.Second))
}

// absWrap is after what time abs-send-time begins anew, absZero its value when the pipeline clock is zero.
const absWrap = 64 * time.Second

var absZero = time.Duration(media.Wall(0).Unix()-ntpEpoch)*time.Second%absWrap + time.Duration(media.Wall(0).Nanosecond())

// ticks is a time in units of an RTP clock.
func ticks(d time.Duration, rate uint32) int64 {
	r := int64(rate)
	return int64(d/time.Second)*r + int64(d%time.Second)*r/int64(time.Second)
}

// span is how long n ticks of an RTP clock take.
func span(n int64, rate uint32) time.Duration {
	r := int64(rate)
	return time.Duration(n/r)*time.Second + time.Duration(n%r)*time.Second/time.Duration(r)
}
