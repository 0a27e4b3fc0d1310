//go:build e2e

package e2e

import "testing"

// bandwidthSample is what one second of the viewers was like.
type bandwidthSample struct {
	Phase         string
	First, Second struct{ Frames, Kbps, Height, Freezes, Lost int }
	Sent          []string
	Told, Allowed []int // kbit/s: the publisher, the viewers
}

// Of two viewers one has a link that falls from 2 Mbit/s to 500 kbit/s for ten seconds. Its video is smooth again within
// three seconds, and within eight of the recovery it may be as good as before. With simulcast the other viewer notices
// nothing; of one stream it gets what the first can take.
func TestNarrowLink(t *testing.T) {
	const before, narrow, after = 12, 10, 10 // seconds
	for name, layers := range map[string]any{
		"simulcast": []map[string]any{
			{"rid": "h", "maxBitrate": 1_100_000}, {"rid": "l", "scaleResolutionDownBy": 2, "maxBitrate": 250_000},
		},
		"one stream": nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t)
			links := newLinks(t)
			var samples []bandwidthSample
			scenario(t, clients[0], "bandwidth.js", map[string]any{
				"ws": s.url(), "layers": layers, "phases": []int{before, narrow, after},
				"wide": map[string]any{"rate": 2_000_000, "delay": 20}, "narrow": map[string]any{"rate": 500_000, "delay": 20},
			}, &samples, links.handle)
			if len(samples) != before+narrow+after {
				t.Fatalf("%d samples", len(samples))
			}
			for i, sample := range samples {
				t.Logf("%2d %-7s first %+v second %+v sent %q told %v allowed %v", i, sample.Phase, sample.First, sample.Second, sample.Sent, sample.Told, sample.Allowed)
			}
			good := samples[before-1]
			for i, sample := range samples[before+3 : before+narrow] {
				// Fewer pictures than 30 a second are the encoder's choice at this bitrate.
				if sample.First.Freezes > 1 || sample.First.Frames < 8 {
					t.Errorf("%d s after the link got narrow: %+v", i+4, sample.First)
				}
			}
			again := samples[before+narrow+7]
			if layers == nil {
				// The browser takes its time to use what it may.
				if limit := again.Told[0]; limit != 0 && limit < good.First.Kbps*8/10 {
					t.Errorf("8 s after the recovery the publisher may send %d kbit/s, it had sent %d", limit, good.First.Kbps)
				}
				return
			}
			if again.First.Height < good.First.Height || again.First.Kbps < good.First.Kbps*6/10 {
				t.Errorf("8 s after the recovery %+v, before the trouble %+v", again.First, good.First)
			}
			for i, sample := range samples[before:] {
				if sample.Second.Freezes > 0 || sample.Second.Height < good.Second.Height || sample.Second.Lost > 0 {
					t.Errorf("the other viewer, second %d: %+v", i+1, sample.Second)
				}
			}
		})
	}
}
