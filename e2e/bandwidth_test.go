//go:build e2e

package e2e

import (
	"fmt"
	"testing"
)

// bandwidthSample is what one second of the viewers was like.
type bandwidthSample struct {
	Phase         string
	Frames        int // that the publisher made, of its best layer
	First, Second struct{ Frames, Kbps, Height, Freezes, Lost int }
	Sent          []string
	Told, Allowed []int // kbit/s: the publisher, the viewers
}

// Of two viewers one has a link that falls from 2 Mbit/s to 500 kbit/s for ten seconds. Its video is smooth again within
// three seconds, and within eight of the recovery it may be as good as before. With simulcast the other viewer notices
// nothing; of one stream it gets what the first can take.
func TestNarrowLink(t *testing.T) {
	for name, layers := range map[string]any{
		"simulcast": []map[string]any{
			{"rid": "h", "maxBitrate": 1_100_000}, {"rid": "l", "scaleResolutionDownBy": 2, "maxBitrate": 250_000},
		},
		"one stream": nil,
	} {
		t.Run(name, func(t *testing.T) {
			var problems []string
			for range 3 { // a busy machine holds pictures back in the browser, which proves nothing
				samples := narrowLink(t, layers)
				if problems = judgeNarrowLink(samples, layers != nil); len(problems) == 0 {
					return
				}
				t.Logf("%q", problems) // first, where a long log is cut
				for i, s := range samples[beforeNarrow-1:] {
					t.Logf("%2d %-7s %d frames, first %+v second %+v sent %q told %v allowed %v", i, s.Phase, s.Frames, s.First, s.Second, s.Sent, s.Told, s.Allowed)
				}
			}
			t.Errorf("%q", problems)
		})
	}
}

// The phases of a measurement, in seconds.
const beforeNarrow, whileNarrow, afterNarrow = 12, 10, 10

func narrowLink(t *testing.T, layers any) []bandwidthSample {
	t.Helper()
	s := startServer(t)
	links := newLinks(t)
	var samples []bandwidthSample
	scenario(t, clients[0], "bandwidth.js", map[string]any{
		"ws": s.url(), "layers": layers, "phases": []int{beforeNarrow, whileNarrow, afterNarrow},
		"wide": map[string]any{"rate": 2_000_000, "delay": 20}, "narrow": map[string]any{"rate": 500_000, "delay": 20},
	}, &samples, links.handle)
	if len(samples) != beforeNarrow+whileNarrow+afterNarrow {
		t.Fatalf("%d samples", len(samples))
	}
	return samples
}

// judgeNarrowLink says what is wrong with the samples.
func judgeNarrowLink(samples []bandwidthSample, simulcast bool) (problems []string) {
	note := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	good := samples[beforeNarrow-1]
	frames, freezes := 0, 0
	for _, sample := range samples[beforeNarrow+3 : beforeNarrow+whileNarrow] {
		frames += sample.First.Frames
		freezes += sample.First.Freezes
	}
	// Fewer pictures than 30 a second are the encoder's choice at this bitrate.
	if seconds := whileNarrow - 3; frames < 8*seconds || freezes > seconds/2 {
		note("from 3 s after the link got narrow on, %d frames and %d freezes in %d s", frames, freezes, seconds)
	}
	again := samples[beforeNarrow+whileNarrow+7]
	if !simulcast {
		// The browser takes its time to use what it may.
		if limit := again.Told[0]; limit != 0 && limit < good.First.Kbps*8/10 {
			note("8 s after the recovery the publisher may send %d kbit/s, it had sent %d", limit, good.First.Kbps)
		}
		return problems
	}
	if again.First.Height < good.First.Height || again.First.Kbps < good.First.Kbps*6/10 {
		note("8 s after the recovery %+v, before the trouble %+v", again.First, good.First)
	}
	sent, shown := 0, 0
	for i, sample := range samples[beforeNarrow:] {
		sent += sample.Frames
		shown += sample.Second.Frames
		if sample.Second.Height < good.Second.Height || sample.Second.Lost > 0 {
			note("the other viewer, second %d: %+v", i+1, sample.Second)
		}
	}
	if shown < sent*95/100 {
		note("the other viewer was shown %d of %d frames", shown, sent)
	}
	return problems
}
