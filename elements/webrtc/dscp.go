package webrtc

import "strings"

// dscpByName are the code points of the names that stand for a use (RFC 8837 §5, and what Chromium makes of it).
var dscpByName = map[DSCPValue]uint8{
	"AUDIO_VERYLOW": 1, "AUDIO_LOW": 0, "AUDIO_MEDIUM": 46, "AUDIO_HIGH": 46,
	"VIDEO_VERYLOW": 1, "VIDEO_LOW": 0, "VIDEO_MEDIUM": 36, "VIDEO_MEDIUM_THROUGHPUT": 38, "VIDEO_HIGH": 36, "VIDEO_HIGH_THROUGHPUT": 34,
	"DATA_VERYLOW": 1, "DATA_LOW": 0, "DATA_MEDIUM": 10, "DATA_HIGH": 18,
	"CHROME_HIGH": 56, "CHROME_MEDIUM": 56, "CHROME_LOW": 0, "CHROME_VERYLOW": 8,
	"EF": 46, "VOICEADMIT": 44, "LE": 1, // RFC 3246, RFC 5865, RFC 8622
}

// codePoint is the DSCP of packets, 0 for none and for NO_DSCP and NO_VALUE.
func (v DSCPValue) codePoint() uint8 {
	name := string(v)
	digit := func(i int) uint8 { return name[i] - '0' }
	switch {
	case len(name) == 3 && strings.HasPrefix(name, "CS"): // RFC 2474 §4.2.2.2
		return 8 * digit(2)
	case len(name) == 4 && strings.HasPrefix(name, "AF"): // RFC 2597 §6
		return 8*digit(2) + 2*digit(3)
	}
	return dscpByName[v]
}
