//go:build e2e

package e2e

import (
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Records ten seconds of a page that flashes and beeps, judges the file with ffmpeg, and plays it back to the browser.
func TestRecordAndPlay(t *testing.T) {
	eachClient(t, func(t *testing.T, version string) {
		s := startServer(t)
		file := s.path("flash-and-beep.webm")
		recorded := record(t, s, version, file)

		t.Run("streams and duration", func(t *testing.T) { checkStreams(t, file, recorded) })
		t.Run("decodes without complaint", func(t *testing.T) { checkDecodes(t, file) })
		t.Run("our decoder shows what ffmpeg shows", func(t *testing.T) { checkDecoder(t, s, file) })
		t.Run("flash and beep together", func(t *testing.T) { checkFlashAndBeep(t, file, recorded) })
		t.Run("plays back", func(t *testing.T) { playBack(t, s, version, file, false) })
		t.Run("plays back when started early", func(t *testing.T) { playBack(t, s, version, file, true) })
	})
}

// How much a page may stall for its recording to be judged. A machine without time to spare tears sound and picture apart
// already inside Chromium.
const (
	maxSoundStall   = 40  // ms
	maxPictureStall = 100 // ms
	attempts        = 3
)

// record makes the file and returns its length in seconds as the browser saw it, from Recording to stop. It tries again
// when the page stalled; the last recording is judged in any case.
func record(t *testing.T, s *server, version, file string) float64 {
	t.Helper()
	var result struct {
		Events  []string
		Seconds float64
		Stalls  struct{ Sound, Picture float64 } // ms
	}
	for range attempts {
		scenario(t, version, "record.js", map[string]any{"ws": s.url(), "uri": "file://" + file, "seconds": 10}, &result)
		if want := []string{"START", "Recording", "STOP", "Stopped"}; !slices.Equal(result.Events, want) {
			t.Errorf("events %v, want %v", result.Events, want)
		}
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Fatalf("the recording: %v, %v", info, err)
		}
		t.Logf("the page stalled for %.0f ms of sound, %.0f ms of picture", result.Stalls.Sound, result.Stalls.Picture)
		if result.Stalls.Sound <= maxSoundStall && result.Stalls.Picture <= maxPictureStall {
			break
		}
	}
	return result.Seconds
}

// checkDecoder compares the pictures that our VP8 decoder makes of Chromium's frames with those of libvpx.
func checkDecoder(t *testing.T, s *server, file string) {
	ivf := s.path("chromium.ivf")
	ffmpeg(t, "-v", "error", "-i", file, "-map", "0:v", "-c", "copy", "-y", ivf)
	var want []string
	for line := range strings.Lines(ffmpeg(t, "-v", "error", "-c:v", "libvpx", "-i", ivf, "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "framemd5", "-")) {
		if fields := strings.Split(line, ","); len(fields) > 1 && line[0] != '#' {
			want = append(want, strings.TrimSpace(fields[len(fields)-1]))
		}
	}
	out, err := exec.Command("go", "run", "../examples/vp8-md5", ivf).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); !slices.Equal(got, want) || len(want) < 100 {
		t.Errorf("%d pictures, ffmpeg has %d, and they differ", len(got), len(want))
	}
}

func checkStreams(t *testing.T, file string, recorded float64) {
	info := probe(t, file)
	codecs := map[string]string{}
	for _, stream := range info.Streams {
		codecs[stream.Type] = stream.Codec
	}
	if len(info.Streams) != 2 || codecs["video"] != "vp8" || codecs["audio"] != "opus" {
		t.Errorf("streams %+v, want vp8 and opus", info.Streams)
	}
	if duration := info.Format.Duration; math.Abs(duration-recorded) > 0.3 {
		t.Errorf("duration %.3f s, recorded for %.3f s", duration, recorded)
	}
	t.Logf("duration %.3f s, recorded for %.3f s", info.Format.Duration, recorded)
}

func checkDecodes(t *testing.T, file string) {
	if complaints := decode(t, file); complaints != "" {
		t.Errorf("ffmpeg complains:\n%s", complaints)
	}
}

// maxOffset is how far apart flash and beep may be; people notice from about 80 ms (ITU-R BT.1359).
const maxOffset = 0.080

func checkFlashAndBeep(t *testing.T, file string, recorded float64) {
	flashes := risingEdges(videoLuma(t, file), 128)
	beeps := risingEdges(audioPeaks(t, file), -30)
	if want := int(recorded) - 1; len(flashes) < want || len(beeps) < want {
		t.Fatalf("%d flashes at %.3f, %d beeps at %.3f, want at least %d of each", len(flashes), flashes, len(beeps), beeps, want)
	}
	pairs := 0
	for _, flash := range flashes {
		beep := nearest(beeps, flash)
		if math.Abs(beep-flash) > 0.5 { // its partner is before the start or behind the end of the file
			continue
		}
		pairs++
		if math.Abs(beep-flash) > maxOffset {
			t.Errorf("flash at %.3f s, beep at %.3f s: %+.0f ms apart", flash, beep, 1000*(beep-flash))
		}
		t.Logf("flash at %.3f s, beep %+.0f ms", flash, 1000*(beep-flash))
	}
	if pairs < int(recorded)-1 {
		t.Errorf("%d pairs of flash and beep in %.1f s", pairs, recorded)
	}
}

func playBack(t *testing.T, s *server, version, file string, early bool) {
	info := probe(t, file)
	var result struct {
		Events        []string
		Seconds       float64 // from play to EndOfStream
		Width, Height int
		FramesEarly   int
		FramesDecoded int
		AudioEnergy   float64
		PacketsLost   int
	}
	scenario(t, version, "play.js", map[string]any{"ws": s.url(), "uri": "file://" + file, "timeout": 30000, "early": early}, &result)

	if want := []string{"START", "STOP", "EndOfStream"}; !slices.Equal(result.Events, want) {
		t.Errorf("events %v, want %v", result.Events, want)
	}
	if result.Width != 320 || result.Height != 180 {
		t.Errorf("picture %d×%d, want 320×180", result.Width, result.Height)
	}
	if result.FramesDecoded <= result.FramesEarly || float64(result.FramesDecoded) < 10*info.Format.Duration {
		t.Errorf("%d frames decoded, %d of them early, in %.1f s", result.FramesDecoded, result.FramesEarly, info.Format.Duration)
	}
	if result.AudioEnergy < 0.01 {
		t.Errorf("audio energy %v", result.AudioEnergy)
	}
	if result.PacketsLost != 0 {
		t.Errorf("%d packets lost on loopback", result.PacketsLost)
	}
	if math.Abs(result.Seconds-info.Format.Duration) > 1 {
		t.Errorf("played for %.2f s, the file is %.2f s long", result.Seconds, info.Format.Duration)
	}
	t.Logf("%d frames, %.2f s of a file of %.2f s", result.FramesDecoded, result.Seconds, info.Format.Duration)
}
