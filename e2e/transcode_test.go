//go:build e2e

package e2e

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Two browsers without a common audio codec hear each other: a tone arrives as it was sent, and the client is told.
func TestTranscodedSound(t *testing.T) {
	for _, pair := range [][2]string{{"audio/opus", "audio/PCMU"}, {"audio/PCMA", "audio/opus"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			const hz = 440
			var result struct {
				Codec                            string
				Lost, Received                   int
				Concealed, Peak, Level, Distance float64
				Transcoding                      bool
				States                           []string
			}
			scenario(t, clients[0], "transcode.js", map[string]any{"ws": s.url(), "from": pair[0], "to": pair[1], "hz": hz}, &result)
			t.Logf("%+v", result)
			if !strings.EqualFold(result.Codec, pair[1]) || result.Lost != 0 || !result.Transcoding {
				t.Errorf("codec %s, %d packets lost, transcoding %v", result.Codec, result.Lost, result.Transcoding)
			}
			if math.Abs(result.Peak-hz) > 6 || result.Distance < 20 || result.Level < -40 {
				t.Errorf("the loudest frequency is %.0f Hz at %.0f dB, %.0f dB above the others", result.Peak, result.Level, result.Distance)
			}
			if !slices.Contains(result.States, "AUDIO TRANSCODING") {
				t.Errorf("told %q", result.States)
			}
			if !strings.Contains(s.log.String(), "the sink does not take what the source gives") {
				t.Errorf("the log does not say why:\n%s", s.log.String())
			}
		})
	}
}
