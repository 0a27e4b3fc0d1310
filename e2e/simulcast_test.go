//go:build e2e

package e2e

import "testing"

// A browser publishes two layers; each viewer gets the one that it can take, and another when that changes.
func TestSimulcast(t *testing.T) {
	eachBrowser(t, func(t *testing.T, browser, executable string) {
		s := startServer(t)
		var result struct {
			Full   int // lines of the better layer
			Layers []string
			Lost   int // packets of the viewer that was limited, up to 40 pictures after the limit was lifted
		}
		scenarioIn(t, browser, executable, clients[0], "simulcast.js", map[string]any{"ws": s.url()}, &result)
		if len(result.Layers) != 2 || result.Layers[0] == result.Layers[1] {
			t.Errorf("statistics of layers with SSRCs %q", result.Layers)
		}
		if result.Lost > 0 {
			t.Errorf("%d packets lost", result.Lost)
		}
		t.Logf("%+v", result)
	})
}
