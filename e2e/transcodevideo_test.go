//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// Behind an element that was asked for another size and rate viewers get that, whatever others get; who comes late to the
// encoder sees a picture soon, and the encoder goes with its last viewer.
func TestTranscodedVideo(t *testing.T) {
	s := startServer(t)
	const bitrate = 100_000
	var result struct {
		Width, Height, Direct, Lost int
		Difference, Rate, Measured  float64
		FirstPictures               []float64 // ms from connection to picture
		Transcoding                 bool
		Told                        []string
	}
	scenario(t, clients[0], "transcodevideo.js", map[string]any{"ws": s.url(), "late": 5, "bitrate": bitrate}, &result)
	t.Logf("%+v", result)
	if result.Width != 320 || result.Height != 180 || result.Direct != 640 {
		t.Errorf("%d×%d beside the direct %d", result.Width, result.Height, result.Direct)
	}
	if result.Difference > 8 {
		t.Errorf("the pictures differ by %.1f of 255 levels", result.Difference)
	}
	if result.Rate < 10 || result.Rate > 17 {
		t.Errorf("%.1f pictures a second, want 15", result.Rate)
	}
	if result.Measured > 1.25*bitrate || result.Measured < bitrate/4 {
		t.Errorf("%.0f bit/s, want up to %d", result.Measured, bitrate)
	}
	if late := slices.Max(result.FirstPictures); late > 300 {
		t.Errorf("a late viewer sees a picture %.0f ms after it is connected", late)
	}
	if result.Lost != 0 || !result.Transcoding {
		t.Errorf("%d packets lost, transcoding %v", result.Lost, result.Transcoding)
	}
	if !slices.ContainsFunc(result.Told, func(text string) bool {
		return strings.HasPrefix(text, "VIDEO TRANSCODING: ") && strings.Contains(text, "gets VP8 320x0@15/1: a client has asked for it; about 0.")
	}) {
		t.Errorf("told %q", result.Told)
	}
}
