//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/elements/player/rtsp/rtsptest"
)

// An H264 camera is recorded as it is into every container that holds H264. FLV has no Opus: the client is told, and gets
// the picture.
func TestRecordCamera(t *testing.T) {
	t.Parallel()
	eachClient(t, func(t *testing.T, version string) {
		t.Parallel()
		s := startServer(t)
		c := rtsptest.Start(t, rtsptest.Options{})
		filmWithCamera(t, c)
		files := map[string]string{"MKV": s.path("camera.mkv"), "MP4": s.path("camera.mp4"), "FLV": s.path("camera.flv")}
		uris := map[string]string{}
		for profile, file := range files {
			uris[profile] = "file://" + file
		}
		const seconds = 6
		var result struct{ Events map[string][]string }
		scenario(t, version, "recordcamera.js", map[string]any{"ws": s.url(), "camera": c.URI(), "files": uris, "seconds": seconds}, &result)

		for profile, file := range files {
			t.Run(profile, func(t *testing.T) {
				want := []string{"audio opus", "video h264"}
				events := result.Events[profile]
				if profile == "FLV" {
					want = want[1:]
					told := slices.IndexFunc(events, func(e string) bool { return strings.Contains(e, "opus") && strings.Contains(e, "FLV") })
					if told < 0 {
						t.Errorf("nobody is told that there is no sound: %q", events)
					}
				} else if !slices.Equal(events, []string{"Recording", "Paused", "Recording", "Stopped"}) {
					t.Errorf("events %q", events)
				}
				info := probe(t, file)
				var streams []string
				for _, stream := range info.Streams {
					streams = append(streams, stream.Type+" "+stream.Codec)
				}
				if slices.Sort(streams); !slices.Equal(streams, want) {
					t.Errorf("streams %q, want %q", streams, want)
				}
				// After the pause the picture begins with the next of the camera's key frames, one a second.
				if d := info.Format.Duration; d < seconds-2.5 || d > seconds+1.5 {
					t.Errorf("duration %.2f s", d)
				}
				checkDecodes(t, file)
				t.Logf("%.2f s of %q, events %q", info.Format.Duration, streams, events)
			})
		}
	})
}
