//go:build e2e

package e2e

import "testing"

// Packets are lost on a way of 50 ms there and back, one by one or several together, and some come late and after others: at
// least four pictures of five are shown.
func TestLossyLink(t *testing.T) {
	for _, c := range []struct {
		name, bad string
		quality   map[string]any
	}{
		{"5 % lost to the viewer", "viewer", map[string]any{"loss": 0.05, "delay": 25}},
		{"5 % lost from the publisher", "publisher", map[string]any{"loss": 0.05, "delay": 25}},
		{"bursts and jitter to the viewer", "viewer", map[string]any{"loss": 0.03, "burst": 4, "delay": 20, "jitter": 15}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for attempt := 1; ; attempt++ {
				s := startServer(t)
				links := newLinks(t)
				var result struct {
					Sent, Shown, Lost, Repaired, Freezes int
				}
				scenario(t, clients[0], "lossy.js", map[string]any{
					"ws": s.url(), "bad": c.bad, "seconds": 10, "quality": c.quality,
				}, &result, links.handle)
				t.Logf("%d frames sent, %d shown, %d packets lost, %d repaired, %d freezes", result.Sent, result.Shown, result.Lost, result.Repaired, result.Freezes)
				switch enough := result.Sent >= 250; {
				case !enough && attempt < 3: // of 300: the machine is too busy to tell anything
					continue
				case !enough:
					t.Errorf("the publisher made only %d frames in 10 s", result.Sent)
				case float64(result.Shown) < 0.8*float64(result.Sent):
					t.Errorf("%d of %d frames are shown", result.Shown, result.Sent)
				}
				return
			}
		})
	}
}
