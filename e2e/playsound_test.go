//go:build e2e

package e2e

import (
	"math"
	"path/filepath"
	"slices"
	"testing"
)

// The sound of a file is heard in a browser, which speaks none of these codecs over WebRTC.
func TestSoundOfFiles(t *testing.T) {
	for _, c := range []struct{ name, file, encoder string }{
		{"Vorbis", "vorbis.webm", "libvorbis"}, {"AAC", "aac.mkv", "aac"}, {"MP3", "mp3.mkv", "libmp3lame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), c.file)
			ffmpeg(t, "-f", "lavfi", "-i", "testsrc=size=320x180:rate=30:duration=5", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=5",
				"-ac", "2", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "30", "-c:a", c.encoder, file)
			s := startServer(t)
			var result struct {
				FramesDecoded int
				AudioEnergy   float64
				PacketsLost   int
			}
			scenario(t, clients[0], "play.js", map[string]any{"ws": s.url(), "uri": "file://" + file, "timeout": 30000}, &result)
			t.Logf("%+v", result)
			// A sine of an eighth of full level has 1/128 in a second.
			if result.AudioEnergy < 3.0/128 || result.AudioEnergy > 6.0/128 || result.FramesDecoded < 100 || result.PacketsLost != 0 {
				t.Errorf("energy %.4f, %d frames, %d packets lost", result.AudioEnergy, result.FramesDecoded, result.PacketsLost)
			}
		})
	}
}

// A file with H264 and AAC reaches the browser: the pictures as they are, the sound as Opus.
func TestPlayedMP4(t *testing.T) {
	file := filepath.Join(t.TempDir(), "film.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc=size=320x180:rate=30:duration=5,format=yuv420p", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=5",
		"-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-g", "30", "-bf", "0", "-c:a", "aac", "-ac", "2", file)
	s := startServer(t)
	var result struct {
		Events        []string
		Seconds       float64 // from play to EndOfStream
		Width, Height int
		FramesDecoded int
		AudioEnergy   float64
		PacketsLost   int
	}
	scenario(t, clients[0], "play.js", map[string]any{"ws": s.url(), "uri": "file://" + file, "timeout": 30000}, &result)
	t.Logf("%+v", result)
	if want := []string{"START", "STOP", "EndOfStream"}; !slices.Equal(result.Events, want) {
		t.Errorf("events %v, want %v", result.Events, want)
	}
	if result.Width != 320 || result.Height != 180 || result.FramesDecoded < 130 || result.PacketsLost != 0 {
		t.Errorf("%d frames of %d×%d, %d packets lost", result.FramesDecoded, result.Width, result.Height, result.PacketsLost)
	}
	if result.AudioEnergy < 3.0/128 || result.AudioEnergy > 6.0/128 || math.Abs(result.Seconds-5) > 1 {
		t.Errorf("energy %.4f, played for %.2f s", result.AudioEnergy, result.Seconds)
	}
}
