//go:build e2e

package e2e

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// A film that a page or ffmpeg posts is seen in the browser and recorded, at its own pace.
func TestPost(t *testing.T) {
	eachClient(t, func(t *testing.T, version string) {
		t.Run("WebM from a page", func(t *testing.T) {
			film := filepath.Join(t.TempDir(), "film.webm")
			ffmpeg(t, append(fiveSeconds(), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "30", "-c:a", "libopus", film)...)
			post(t, version, false, func(mux *http.ServeMux) {
				mux.HandleFunc("/film", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, film) })
			})
		})
		t.Run("MPEG-TS from ffmpeg", func(t *testing.T) {
			film := filepath.Join(t.TempDir(), "film.mp4")
			ffmpeg(t, append(fiveSeconds(), "-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-g", "30", "-bf", "0", "-c:a", "aac", film)...)
			post(t, version, true, func(mux *http.ServeMux) {
				mux.HandleFunc("/post", func(w http.ResponseWriter, r *http.Request) {
					cmd := exec.Command("ffmpeg", "-v", "error", "-i", film, "-c", "copy", "-f", "mpegts", "-method", "POST", r.URL.Query().Get("to"))
					if out, err := cmd.CombinedOutput(); err != nil {
						http.Error(w, err.Error()+": "+string(out), http.StatusInternalServerError)
					}
				})
			})
		})
	})
}

// fiveSeconds are ffmpeg's arguments for picture and sound.
func fiveSeconds() []string {
	return []string{"-f", "lavfi", "-i", "testsrc=size=320x180:rate=30:duration=5,format=yuv420p", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=5", "-ac", "2"}
}

func post(t *testing.T, version string, program bool, more func(*http.ServeMux)) {
	s := startServer(t)
	file := s.path("posted.mkv")
	var result struct {
		Events        []string
		Seconds       float64 // from the request to EndOfStream
		After         int     // status of a request to a URL that has expired
		Width, Height int
		FramesDecoded int
		AudioEnergy   float64
		PacketsLost   int
	}
	scenario(t, version, "post.js", map[string]any{"ws": s.url(), "program": program, "file": "file://" + file, "timeout": 30000}, &result, more)
	t.Logf("%+v", result)
	if want := []string{"MediaSessionStarted", "EndOfStream", "MediaSessionTerminated"}; !slices.Equal(result.Events, want) {
		t.Errorf("events %v, want %v", result.Events, want)
	}
	if result.After != http.StatusNotFound {
		t.Errorf("an expired URL answers %d", result.After)
	}
	if result.Width != 320 || result.Height != 180 || result.FramesDecoded < 130 || result.PacketsLost != 0 {
		t.Errorf("%d frames of %d×%d, %d packets lost", result.FramesDecoded, result.Width, result.Height, result.PacketsLost)
	}
	// A sine of an eighth of full level has 1/128 in a second.
	if result.AudioEnergy < 3.0/128 || result.Seconds < 4.5 || result.Seconds > 8 {
		t.Errorf("energy %.4f, played for %.2f s", result.AudioEnergy, result.Seconds)
	}
	// A recording begins when sound and picture have both come; a picture that came first is recorded from its next key frame on,
	// one a second.
	if info := probe(t, file); len(info.Streams) != 2 || info.Format.Duration < 3.5 || info.Format.Duration > 5.5 {
		t.Errorf("recorded %+v", info)
	}
	checkDecodes(t, file)
}
