//go:build e2e

package e2e

import "testing"

// Four browsers' members of a Composite see four tiles with the right colours in the right places, and hear all but themselves.
func TestComposite(t *testing.T) {
	s := startServer(t)
	var result struct {
		Heard [4][3]float64 // dB of the tones, by member
		Rates [4]float64    // pictures shown a second
		Lost  []int
	}
	scenario(t, clients[0], "composite.js", map[string]any{"ws": s.url()}, &result)
	t.Logf("%+v", result)
	for member, tones := range result.Heard { // the page waited for it
		for tone, level := range tones {
			if own := member == tone; own && level > -70 || !own && level < -50 {
				t.Errorf("member %d hears tone %d at %.0f dB", member, tone, level)
			}
		}
	}
	for member, rate := range result.Rates {
		if rate < 10 || rate > 16.5 {
			t.Errorf("member %d sees %.1f pictures a second, want 15", member, rate)
		}
	}
	for _, n := range result.Lost {
		if n != 0 {
			t.Errorf("%d packets lost", n)
		}
	}
}
