//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// A digit that one browser dials is heard by another, whatever codec that speaks.
func TestDTMF(t *testing.T) {
	for _, pair := range [][2]string{{"audio/opus", "audio/opus"}, {"audio/opus", "audio/PCMU"}, {"audio/PCMA", "audio/opus"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			var result struct {
				Can      bool
				Distance float64
				Codec    string
				Lost     int
			}
			scenario(t, clients[0], "dtmf.js", map[string]any{
				"ws": s.url(), "from": pair[0], "to": pair[1], "digit": "5", "tones": []int{770, 1336},
			}, &result)
			t.Logf("%+v", result)
			if !result.Can || result.Distance < 20 {
				t.Errorf("events negotiated: %v; the tones of the digit are %.0f dB above everything else", result.Can, result.Distance)
			}
			if !strings.EqualFold(result.Codec, pair[1]) || result.Lost != 0 {
				t.Errorf("codec %s, %d packets lost", result.Codec, result.Lost)
			}
		})
	}
}
