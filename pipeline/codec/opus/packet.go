// Package opus knows Opus packets (RFC 6716) and their header in containers
// (RFC 7845). It imports nothing that moves media: bytes in, facts out.
package opus

import (
	"encoding/binary"
	"time"
)

// SampleRate is the rate of the Opus RTP clock and of its time stamps in
// containers, whatever the coded bandwidth.
const SampleRate = 48000

// frameTimes are the frame durations of the three modes (RFC 6716 §3.1, table 2),
// each for four consecutive configurations; hybrid has two.
var (
	silkTimes   = [4]time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond}
	hybridTimes = [2]time.Duration{10 * time.Millisecond, 20 * time.Millisecond}
	celtTimes   = [4]time.Duration{2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}
)

// Duration is how long a packet sounds, read from its table of contents; 0 for
// a packet that is no Opus, or longer than the 120 ms that are allowed.
func Duration(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	var frame time.Duration
	switch config := packet[0] >> 3; {
	case config < 12:
		frame = silkTimes[config&3]
	case config < 16:
		frame = hybridTimes[config&1]
	default:
		frame = celtTimes[config&3]
	}
	frames := 1
	switch packet[0] & 3 { // RFC 6716 §3.2
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = int(packet[1] & 0x3f)
	}
	if d := time.Duration(frames) * frame; d <= 120*time.Millisecond {
		return d
	}
	return 0
}

// Head returns the identification header (RFC 7845 §5.1) that containers keep
// as the codec's private data, for a live stream: no samples to skip, no gain.
func Head(channels int) []byte {
	h := append([]byte("OpusHead"), 1, byte(channels), 0, 0)
	h = binary.LittleEndian.AppendUint32(h, SampleRate)
	return append(h, 0, 0, 0) // gain, channel mapping family 0
}
