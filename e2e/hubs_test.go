//go:build e2e

package e2e

import "testing"

// What comes out of every other hub in a browser; the page waits for the right colours and tones.
func TestHubs(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	heard := map[string][2]float64{} // dB of the two tones
	scenario(t, clients[0], "hubs.js", map[string]any{"ws": s.url()}, &heard)
	t.Logf("%+v", heard)
	for hub, want := range map[string][2]bool{
		"AlphaBlending": {true, true}, "Dispatcher": {false, true}, "DispatcherOneToMany": {true, false}, "Mixer": {true, true},
	} {
		for i, level := range heard[hub] {
			if loud := level > -50; loud != want[i] || len(heard) != 4 {
				t.Errorf("%s: tone %d at %.0f dB, want it heard: %v", hub, i, level, want[i])
			}
		}
	}
}
