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
