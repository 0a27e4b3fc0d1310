package webrtc

import "testing"

func TestCodePoints(t *testing.T) {
	for v, want := range map[DSCPValue]uint8{
		"CS0": 0, "CS5": 40, "CS7": 56, "AF11": 10, "AF43": 38, "EF": 46, "AUDIO_HIGH": 46, "VIDEO_MEDIUM_THROUGHPUT": 38, "LE": 1,
		"NO_DSCP": 0, "NO_VALUE": 0,
	} {
		if got := v.codePoint(); got != want {
			t.Errorf("%s is %d, want %d", v, got, want)
		}
	}
	for _, v := range DSCPValue("").Values() {
		if dscp := DSCPValue(v).codePoint(); dscp > 63 {
			t.Errorf("%s is %d", v, dscp)
		}
	}
}
