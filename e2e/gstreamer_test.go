//go:build e2e

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A viewer in Chromium sees what two GStreamerFilters, one behind the other, make of a picture that is red above and blue below.
func TestGStreamerFilters(t *testing.T) {
	t.Parallel()
	eachClient(t, func(t *testing.T, version string) {
		s := startServer(t)
		commands := []string{"videoflip method=vertical-flip", `textoverlay text="Every packet counts" valignment=top halignment=left font-desc="Sans Bold 36"`}
		var result struct {
			Width, Height int
			First, Second []byte
			Said          []string
			Refused       string
		}
		scenario(t, version, "gstreamer.js", map[string]any{
			"ws": s.url(), "commands": commands,
			"properties": [][]any{{0, "method", "none"}, {1, "text", "Drop-in,\nnot drop-out"}, {1, "valignment", "bottom"}, {1, "halignment", "right"}},
		}, &result)
		if result.Width != 640 || result.Height != 360 {
			t.Fatalf("%d×%d", result.Width, result.Height)
		}
		if strings.Join(result.Said, "|") != strings.Join(commands, "|") {
			t.Errorf("commands %q", result.Said)
		}
		if !strings.HasPrefix(result.Refused, "40001 ") || !strings.Contains(result.Refused, "No property named 'nope' in object 'videoflip0'") {
			t.Errorf("an unknown property is refused with %q", result.Refused)
		}
		first, second := keepPicture(t, "gstreamer-turned-"+version, result.First), keepPicture(t, "gstreamer-changed-"+version, result.Second)
		// The middle of both halves, away from the text.
		if !bluish(first.At(600, 30)) || !reddish(first.At(600, 330)) {
			t.Errorf("turned over: %v above, %v below", first.At(600, 30), first.At(600, 330))
		}
		if !reddish(second.At(40, 30)) || !bluish(second.At(40, 330)) {
			t.Errorf("not turned over any more: %v above, %v below", second.At(40, 30), second.At(40, 330))
		}
		for _, test := range []struct {
			name    string
			picture image.Image
			at      image.Rectangle // where the text is, and nothing else that is white or black
		}{{"above to the left", first, image.Rect(20, 20, 450, 90)}, {"below to the right", second, image.Rect(330, 230, 620, 340)}} {
			white, black := 0, 0
			for y := test.at.Min.Y; y < test.at.Max.Y; y++ {
				for x := test.at.Min.X; x < test.at.Max.X; x++ {
					r, g, b, _ := test.picture.At(x, y).RGBA()
					if min(r, g, b) > 0xc000 {
						white++
					} else if max(r, g, b) < 0x4000 {
						black++
					}
				}
			}
			if white < 1500 || black < 500 {
				t.Errorf("text %s: %d pixels are white and %d black", test.name, white, black)
			}
		}
	})
}

func reddish(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return r > 0x9000 && g < 0x6000 && b < 0x6000
}

func bluish(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return b > 0x9000 && r < 0x6000 && g < 0x6000
}

// keepPicture decodes a PNG and keeps it for eyes.
func keepPicture(t *testing.T, name string, data []byte) image.Image {
	t.Helper()
	if err := os.WriteFile(filepath.Join(artifacts(), name+".png"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// A recording behind filters has the size, rate and pitch that they make.
func TestGStreamerFiltersInARecording(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	clip, recording := s.path("clip.webm"), s.path("filtered.webm")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x192:rate=25", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", "4", "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "2M", "-c:a", "libopus", clip)
	k := connectTo(t, s.dialWebSocket(t))
	room := k.create("MediaPipeline", object{})
	player := k.create("PlayerEndpoint", object{"mediaPipeline": room, "uri": "file://" + clip})
	recorder := k.create("RecorderEndpoint", object{"mediaPipeline": room, "uri": "file://" + recording})
	from := player
	for _, command := range []string{"capsfilter caps=video/x-raw,width=160,framerate=5/1", "pitch pitch=1.5"} {
		filter := k.create("GStreamerFilter", object{"mediaPipeline": room, "command": command})
		k.invoke(from, "connect", object{"sink": filter})
		from = filter
	}
	k.invoke(from, "connect", object{"sink": recorder})
	k.subscribe(player, "EndOfStream")
	k.invoke(recorder, "record", object{})
	k.invoke(player, "play", object{})
	k.await(player, "EndOfStream")
	k.invoke(recorder, "stopAndWait", object{})

	if complaints := decode(t, recording); complaints != "" {
		t.Errorf("ffmpeg complains:\n%s", complaints)
	}
	if size := run(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", recording); strings.TrimSpace(size) != "160,96" {
		t.Errorf("the recording is %s large", size)
	}
	// 4 s at 5 pictures a second, less what a busy machine is too slow for.
	if n := len(videoLuma(t, recording)); n < 12 || n > 22 {
		t.Errorf("%d pictures, want 20", n)
	}
	if f := frequency(t, recording); f < 640 || f > 680 {
		t.Errorf("the tone of 440 Hz has %.0f Hz, want 660", f)
	}
}

// frequency counts how often the sound of a file changes its sign, from its second second on.
func frequency(t *testing.T, file string) float64 {
	t.Helper()
	samples := file + ".pcm"
	ffmpeg(t, "-v", "error", "-ss", "1", "-i", file, "-t", "2", "-vn", "-ac", "1", "-ar", "48000", "-f", "s16le", samples)
	data := read(t, samples)
	changes, negative := 0, false
	for i := 1; i < len(data); i += 2 {
		if now := data[i]&0x80 != 0; now != negative {
			changes++
			negative = now
		}
	}
	return float64(changes) / 2 / (float64(len(data)) / 2 / 48000)
}
