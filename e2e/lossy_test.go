//go:build e2e

package e2e

import "testing"

// 5 % of the packets are lost on a way of 50 ms there and back: at least four pictures of five are shown.
func TestLossyLink(t *testing.T) {
	for _, bad := range []string{"viewer", "publisher"} {
		t.Run("of the "+bad, func(t *testing.T) {
			s := startServer(t)
			links := newLinks(t)
			var result struct {
				Sent, Shown, Lost, Repaired, Freezes int
				Server                               []map[string]any
			}
			scenario(t, clients[0], "lossy.js", map[string]any{
				"ws": s.url(), "bad": bad, "seconds": 10, "quality": map[string]any{"loss": 0.05, "delay": 25},
			}, &result, links.handle)
			t.Logf("%d frames sent, %d shown, %d packets lost, %d repaired, %d freezes", result.Sent, result.Shown, result.Lost, result.Repaired, result.Freezes)
			t.Logf("server: %v", result.Server)
			if result.Sent < 150 {
				t.Errorf("the publisher made only %d frames in 10 s", result.Sent)
			}
			if float64(result.Shown) < 0.8*float64(result.Sent) {
				t.Errorf("%d of %d frames are shown", result.Shown, result.Sent)
			}
		})
	}
}
