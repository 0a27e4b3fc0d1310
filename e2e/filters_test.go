//go:build e2e

package e2e

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/rivero-media/rivero/internal/fftest"
)

// camera has the fake camera of the next browsers show a video, which ffmpeg makes of a picture that moves over a grey wall.
func camera(t *testing.T, picture string) {
	t.Helper()
	const scene = "color=c=gray:size=640x360:rate=15:duration=8[wall];[0]setsar=1[picture];" +
		"[wall][picture]overlay=x='190+100*sin(2*PI*t/8)':y='50+30*sin(2*PI*t/4)':shortest=0,format=yuv420p"
	t.Setenv("RIVERO_CAMERA", fftest.Make(t, "camera.y4m", "-loop", "1", "-framerate", "15", "-t", "8", "-i", picture,
		"-filter_complex", scene, "-t", "8"))
}

// face shows the camera a portrait of 256x256 with a blue mark in its left lower corner.
func face(t *testing.T) {
	t.Helper()
	portrait := filepath.Join(env.root, "elements", "filter", "face", "testdata", "collins.jpg")
	camera(t, fftest.Make(t, "portrait.png", "-i", portrait, "-vf", "scale=256:256,drawbox=x=0:y=224:w=32:h=32:color=blue:t=fill"))
}

// pngFile writes an image.
func pngFile(t *testing.T, img image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

// greenImage is what the filters lay over the camera's picture.
func greenImage(t *testing.T) string {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = []byte{0, 255, 0, 255}[i%4]
	}
	return pngFile(t, img)
}

// box is a rectangle in a picture of the viewer, of pixels of one colour; nothing when there are none.
type box struct{ Left, Top, Right, Bottom, Pixels int }

// near compares the edges of boxes.
func (b box) near(left, top, right, bottom, pixels int) bool {
	far := func(a, b int) bool { return max(a, b)-min(a, b) > pixels }
	return !far(b.Left, left) && !far(b.Top, top) && !far(b.Right, right) && !far(b.Bottom, bottom)
}

// looks are the pictures that the viewer sees at some moments: the blue mark and what is green.
type looks []struct{ Mark, Green box }

// An image lies over the face of a real person, wherever it goes, and nowhere else.
func TestFaceOverlay(t *testing.T) {
	face(t)
	s := startServer(t)
	var result struct{ Before, With, After looks }
	scenario(t, clients[0], "faceoverlay.js", map[string]any{"ws": s.url(), "image": greenImage(t), "looks": 8}, &result)
	t.Logf("%+v", result)
	places := map[int]bool{}
	for _, l := range result.With {
		// The face lies from 85,29 to 138,82 in the portrait, of which the mark is the left lower corner.
		x, y := l.Mark.Left, l.Mark.Bottom-256
		places[x/20] = true
		if !l.Green.near(x+85, y+29, x+138, y+82, 14) {
			t.Errorf("green lies over %+v, the portrait is at %d,%d", l.Green, x, y)
		}
		if area := (l.Green.Right - l.Green.Left) * (l.Green.Bottom - l.Green.Top); l.Green.Pixels < area*8/10 {
			t.Errorf("green are %d of the %d pixels of %+v", l.Green.Pixels, area, l.Green)
		}
	}
	if len(places) < 3 {
		t.Errorf("the face was seen in %d places only", len(places))
	}
	for _, l := range append(result.Before, result.After...) {
		if l.Green.Pixels > 0 {
			t.Errorf("without an image green lies over %+v", l.Green)
		}
	}
}

// An image lies where it was put, and goes when it is removed.
func TestImageOverlay(t *testing.T) {
	face(t)
	s := startServer(t)
	var result struct {
		Stretched, Kept, Removed looks
		Refused                  string
	}
	scenario(t, clients[0], "imageoverlay.js", map[string]any{"ws": s.url(), "image": greenImage(t)}, &result)
	t.Logf("%+v", result)
	for _, l := range result.Stretched {
		if !l.Green.near(480, 18, 608, 90, 3) || l.Green.Pixels < 128*72*9/10 {
			t.Errorf("stretched: green lies over %+v", l.Green)
		}
	}
	for _, l := range result.Kept {
		if !l.Green.near(508, 18, 580, 90, 3) {
			t.Errorf("in its own shape: green lies over %+v", l.Green)
		}
	}
	for _, l := range result.Removed {
		if l.Green.Pixels > 0 {
			t.Errorf("when it is removed green lies over %+v", l.Green)
		}
	}
	if want := "image /nonexistent.png cannot be read: open /nonexistent.png: no such file or directory"; result.Refused != want {
		t.Errorf("refused with %q, want %q", result.Refused, want)
	}
}

// A QR code that somebody holds into the camera is told to the client, once a second.
func TestZBar(t *testing.T) {
	const text = "https://example.org/rivero?ä=1"
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 220, 220, nil)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, m.GetWidth(), m.GetHeight()))
	for y := range m.GetHeight() {
		for x := range m.GetWidth() {
			if !m.Get(x, y) {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	camera(t, pngFile(t, img))
	s := startServer(t)
	var result struct {
		Found []struct {
			CodeType, Value string
			Time            int64 `json:"time"`
		}
		Frames int
	}
	scenario(t, clients[0], "zbar.js", map[string]any{"ws": s.url(), "times": 3}, &result)
	t.Logf("%+v", result)
	for i, f := range result.Found {
		if f.CodeType != "QR-Code" || f.Value != text {
			t.Errorf("found %+v", f)
		}
		if i > 0 && f.Time-result.Found[i-1].Time < 1000 {
			t.Errorf("told again after %d ms", f.Time-result.Found[i-1].Time)
		}
	}
	if result.Frames < 30 {
		t.Errorf("%d pictures came through the filter", result.Frames)
	}
}
