//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// A browser restarts ICE twice on a live connection, adds sound and takes it away; neither it nor a viewer misses a picture.
func TestRenegotiation(t *testing.T) {
	eachClient(t, func(t *testing.T, version string) {
		s := startServer(t)
		type seen struct {
			Gap           float64 // ms between two pictures, the longest
			Lost, Freezes int
		}
		var result struct {
			Fragments   []string // the server's ICE user name fragments
			Lines       []string // m-lines of its last answer
			Own, Viewer seen
			States      string
		}
		scenario(t, version, "renegotiate.js", map[string]any{"ws": s.url()}, &result)
		f := result.Fragments
		if len(f) != 4 || f[0] == f[1] || f[1] == f[2] || f[2] != f[3] {
			t.Errorf("ICE user name fragments %v: want new ones after each restart and only then", f)
		}
		if l := result.Lines; len(l) != 2 || !strings.HasPrefix(l[0], "m=video") || !strings.HasPrefix(l[1], "m=audio 0 ") {
			t.Errorf("m-lines %v: want video, and audio closed", l)
		}
		if result.States != "CONNECTED" {
			t.Errorf("connection state %s", result.States)
		}
		for who, got := range map[string]seen{"the publisher": result.Own, "the viewer": result.Viewer} {
			// Two busy cores may hold a picture back; a glitch of the connection would take a key frame to end.
			if got.Lost > 0 || got.Freezes > 0 || got.Gap > 500 {
				t.Errorf("%s: %+v", who, got)
			}
			t.Logf("%s: longest gap between pictures %.0f ms, %d packets lost, %d freezes", who, got.Gap, got.Lost, got.Freezes)
		}
	})
}
