//go:build e2e

package e2e

import "testing"

// One publisher, ten viewers who come when the first key frame is long gone: each sees a picture within a second.
func TestLateViewers(t *testing.T) {
	eachBrowser(t, func(t *testing.T, browser, executable string) {
		s := startServer(t)
		const viewers, seconds = 10, 3
		var result []struct {
			FirstPicture *struct {
				After         float64 // ms from the viewer's first request to the picture on the screen
				Width, Height int
			}
			Before, After int // frames decoded, before and after `seconds`
			PacketsLost   int
		}
		scenarioIn(t, browser, executable, clients[0], "viewers.js", map[string]any{"ws": s.url(), "viewers": viewers, "seconds": seconds}, &result)

		if len(result) != viewers {
			t.Fatalf("%d viewers, want %d", len(result), viewers)
		}
		for i, v := range result {
			if v.FirstPicture == nil {
				t.Errorf("viewer %d: no picture", i+1)
				continue
			}
			if v.FirstPicture.After > 1000 || v.FirstPicture.Width == 0 {
				t.Errorf("viewer %d: first picture (%d×%d) after %.0f ms, want within 1000", i+1,
					v.FirstPicture.Width, v.FirstPicture.Height, v.FirstPicture.After)
			}
			if grown := v.After - v.Before; grown < 10*seconds {
				t.Errorf("viewer %d: %d new frames in %d s", i+1, grown, seconds)
			}
			if v.PacketsLost != 0 {
				t.Errorf("viewer %d: %d packets lost on loopback", i+1, v.PacketsLost)
			}
			t.Logf("viewer %d: first picture after %.0f ms, %d frames in %d s", i+1, v.FirstPicture.After, v.After-v.Before, seconds)
		}
	})
}
