//go:build e2e

package e2e

import (
	"slices"
	"testing"
)

// A browser sees and hears itself through one WebRtcEndpoint, for ten seconds.
func TestLoopback(t *testing.T) {
	eachClient(t, func(t *testing.T, version string) { testLoopback(t, "chromium", env.chromium, version) })
	t.Run("Firefox", func(t *testing.T) { testLoopback(t, "firefox", env.firefox, clients[0]) })
}

func testLoopback(t *testing.T, browser, executable, version string) {
	s := startServer(t)
	var result struct {
		Width, Height int
		Samples       []struct { // one per second
			FramesDecoded int
			PacketsLost   int
			AudioEnergy   float64 // totalAudioEnergy of getStats
			Loudest       float64 // amplitude in the AnalyserNode
			Pixels        []int   // a small copy of the picture
		}
	}
	const seconds = 10
	scenarioIn(t, browser, executable, version, "loopback.js", map[string]any{"ws": s.url(), "seconds": seconds}, &result)

	if result.Width == 0 || result.Height == 0 {
		t.Errorf("the remote video is %d×%d", result.Width, result.Height)
	}
	if len(result.Samples) != seconds+1 {
		t.Fatalf("%d samples, want %d", len(result.Samples), seconds+1)
	}
	heard := 0
	for i, sample := range result.Samples[1:] {
		before := result.Samples[i]
		// 30 frames per second are sent; two busy cores may lose some, but the picture must not stand still.
		if grown := sample.FramesDecoded - before.FramesDecoded; grown < 10 {
			t.Errorf("second %d: %d new frames", i+1, grown)
		}
		if slices.Equal(sample.Pixels, before.Pixels) {
			t.Errorf("second %d: the picture did not change", i+1)
		}
		// Firefox runs no AudioContext where there is no sound card.
		if sample.AudioEnergy > before.AudioEnergy && (browser == "firefox" || sample.Loudest > 0.01) {
			heard++
		}
	}
	if heard < seconds-1 { // the fake microphone beeps once per second, so one second may fall between two beeps
		t.Errorf("sound in %d of %d seconds", heard, seconds)
	}
	last := result.Samples[seconds]
	if last.PacketsLost != 0 {
		t.Errorf("%d packets lost on loopback", last.PacketsLost)
	}
	t.Logf("%d×%d, %d frames in %d s, audio energy %.4f", result.Width, result.Height,
		last.FramesDecoded-result.Samples[0].FramesDecoded, seconds, last.AudioEnergy)
}
