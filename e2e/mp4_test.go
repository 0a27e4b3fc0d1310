//go:build e2e

package e2e

import (
	"math"
	"net/http"
	"testing"
)

// MP4 files of H264 that Chromium publishes and of a film play in Chromium's <video> and in ffmpeg: when they are complete, and when the
// server was killed while it wrote one.
func TestMP4InABrowser(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	film := s.path("source.mp4")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=25,format=yuv420p", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", "30", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50", "-c:a", "aac", film)
	const seconds = 6
	scenario(t, clients[0], "mp4.js", map[string]any{"ws": s.url(), "film": "file://" + film, "files": s.files, "seconds": seconds}, new(any))
	s.kill()
	type played struct {
		Duration, Seekable, Landed   float64
		Width, Height, Frames, Sound int
	}
	var result map[string]played
	scenario(t, clients[0], "playfiles.js", map[string]any{"names": []string{"published", "film", "killed"}}, &result, func(mux *http.ServeMux) {
		mux.Handle("/files/", http.StripPrefix("/files/", http.FileServer(http.Dir(s.files))))
	})
	for name, sound := range map[string]string{"published": "opus", "film": "aac", "killed": "aac"} {
		t.Run(name, func(t *testing.T) {
			p, file := result[name], s.path(name+".mp4")
			info := probe(t, file)
			codecs := map[string]string{}
			for _, stream := range info.Streams {
				codecs[stream.Type] = stream.Codec
			}
			if len(info.Streams) != 2 || codecs["video"] != "h264" || codecs["audio"] != sound {
				t.Errorf("codecs %v", codecs)
			}
			checkDecodes(t, file)
			least := float64(seconds) - 1 // up to the first key frame nothing is recorded
			if info.Format.Duration < least || math.Abs(p.Seekable-info.Format.Duration) > 0.3 {
				t.Errorf("ffmpeg sees %.2f s, the browser %.2f, want %.1f", info.Format.Duration, p.Seekable, least)
			}
			if p.Width != 640 || p.Height != 360 || p.Frames <= 10 || p.Sound == 0 || math.Abs(p.Landed-p.Seekable/2) > 0.1 {
				t.Errorf("%+v", p)
			}
			t.Logf("%.2f s; in the browser %+v", info.Format.Duration, p)
		})
	}
}
