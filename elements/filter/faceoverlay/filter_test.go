package faceoverlay

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func server(t testing.TB) *pipeline.Server {
	return elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, elementtest.PicturesClass,
		Class(func() filter.Settings { return filter.Settings{} }))
}

func TestSuite(t *testing.T) {
	s := server(t)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		return elementtest.Create(t, s, "FaceOverlayFilter", elementtest.In(p))
	})
}

// side is that of the portrait in scenes.
const side = 256

// collins is a portrait and the box of the face in it.
func collins(t testing.TB) (*i420.Picture, image.Rectangle) {
	t.Helper()
	f, err := os.Open("../face/testdata/collins.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := i420.DecodeImage(f)
	if err != nil {
		t.Fatal(err)
	}
	p := i420.New(side, side)
	i420.NewScaler(side, side, 512, 512).Scale(p, i420.FromImage(img))
	return p, image.Rect(85, 30, 140, 85)
}

// scene is a grey picture with portraits at some places.
func scene(t testing.TB, width, height int, places ...image.Point) *i420.Picture {
	portrait, _ := collins(t)
	p := i420.New(width, height)
	p.Fill(i420.Color{Y: 110, U: 128, V: 128})
	for _, at := range places {
		i420.Copy(p.Crop(image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}), portrait)
	}
	return p
}

// mask is a green image, half of it transparent.
func mask(t testing.TB) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	for y := range 20 {
		for x := range 20 {
			img.SetNRGBA(x, y, color.NRGBA{G: 255, A: byte(x / 10 * 255)})
		}
	}
	return elementtest.File(t, img)
}

// drawn is the rectangle around what is different in two pictures.
func drawn(before, after *i420.Picture) image.Rectangle {
	var r image.Rectangle
	for y := range before.Height {
		for x := range before.Width {
			if before.Y[y*before.YStride+x] != after.Y[y*after.YStride+x] {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// closeTo compares rectangles with some tolerance.
func closeTo(a, b image.Rectangle, pixels int) bool {
	far := func(a, b int) bool { return max(a, b)-min(a, b) > pixels }
	return !far(a.Min.X, b.Min.X) && !far(a.Min.Y, b.Min.Y) && !far(a.Max.X, b.Max.X) && !far(a.Max.Y, b.Max.Y)
}

func newStudio(t testing.TB) *elementtest.Studio {
	return elementtest.NewStudio(t, server(t), "FaceOverlayFilter")
}

// show shows a picture a number of times and returns what has become of the last.
func show(t testing.TB, s *elementtest.Studio, p *i420.Picture, times int) (last *i420.Picture) {
	t.Helper()
	for range times {
		last = s.Show(t, p)
	}
	return last
}

func set(t testing.TB, s *elementtest.Studio, uri string, x, y, w, h float64) {
	t.Helper()
	elementtest.Must(t, s.Element, "setOverlayedImage", map[string]any{
		"uri": uri, "offsetXPercent": x, "offsetYPercent": y, "widthPercent": w, "heightPercent": h,
	})
}

func TestTheImageLiesOverTheFace(t *testing.T) {
	_, box := collins(t)
	at := image.Pt(150, 50)
	p := scene(t, 640, 360, at)
	s := newStudio(t)
	if r := drawn(p, show(t, s, p, 10)); !r.Empty() {
		t.Errorf("without an image %v is drawn over", r)
	}
	image1 := mask(t)
	part := func(x, y, w, h float64) image.Rectangle {
		of := func(ratio float64) int { return int(ratio * float64(box.Dx())) }
		return image.Rect(of(x), of(y), of(x+w), of(y+h)).Add(box.Min).Add(at)
	}
	for _, c := range []struct {
		x, y, w, h float64
		want       image.Rectangle // the right half of the image is opaque
	}{
		{0, 0, 1, 1, part(0.5, 0, 0.5, 1)},
		{-0.5, -1, 2, 1, part(0.5, -1, 1, 1)}, // a hat
		{0.25, 0.5, 0.5, 0.25, part(0.5, 0.5, 0.25, 0.25)},
		{0, 0, 0, 1, image.Rectangle{}},
	} {
		set(t, s, image1, c.x, c.y, c.w, c.h)
		got := drawn(p, show(t, s, p, 10))
		if !closeTo(got, c.want, 9) {
			t.Errorf("at %v,%v of %vx%v: %v is drawn over, want %v", c.x, c.y, c.w, c.h, got, c.want)
		}
	}
	elementtest.Must(t, s.Element, "unsetOverlayedImage", nil)
	if r := drawn(p, show(t, s, p, 2)); !r.Empty() {
		t.Errorf("when the image is gone %v is drawn over", r)
	}
	elementtest.Must(t, s.Element, "unsetOverlayedImage", nil)
}

func TestTheImageLiesOverEachFace(t *testing.T) {
	_, box := collins(t)
	s := newStudio(t)
	set(t, s, mask(t), 0, 0, 1, 1)
	places := []image.Point{{0, 0}, {260, 50}}
	p := scene(t, 550, 350, places...)
	after := show(t, s, p, 12)
	for _, at := range places {
		around := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
		got := drawn(p.Crop(around), after.Crop(around))
		want := box
		want.Min.X += box.Dx() / 2
		if !closeTo(got, want, 9) {
			t.Errorf("at %v: %v is drawn over, want %v", at, got, want)
		}
	}
}

func TestNothingIsDrawnWithoutAFace(t *testing.T) {
	s := newStudio(t)
	set(t, s, mask(t), 0, 0, 1, 1)
	p := scene(t, 640, 480)
	if r := drawn(p, show(t, s, p, 15)); !r.Empty() {
		t.Errorf("%v is drawn over", r)
	}
}

func TestWhatCannotBeShownIsRefused(t *testing.T) {
	s := newStudio(t)
	for _, c := range []struct {
		uri   string
		width float64
		names string
	}{
		{"/nonexistent.png", 1, "/nonexistent.png"},
		{"http://127.0.0.1:1/x.png", 1, "http://127.0.0.1:1/x.png"},
		{"filter_test.go", 1, "filter_test.go"},
		{mask(t), -2, "widthPercent -2"},
	} {
		_, err := elementtest.Invoke(s.Element, "setOverlayedImage", map[string]any{
			"uri": c.uri, "offsetXPercent": 0, "offsetYPercent": 0, "widthPercent": c.width, "heightPercent": 1,
		})
		if err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s: error %v, want one that names %s", c.uri, err, c.names)
		}
	}
}

// withImage is a filter without a pipeline, to be asked for its work alone.
func withImage() *Filter {
	return &Filter{
		sprites: []*filter.Sprite{filter.NewSprite(image.NewNRGBA(image.Rect(0, 0, 100, 100)))},
		place:   filter.Placement{Width: 1, Height: 1},
	}
}

func TestNothingAllocatesWithoutFaces(t *testing.T) {
	f, p, at := withImage(), scene(t, 640, 480), time.Duration(0)
	work := func() {
		at += 33 * time.Millisecond
		f.draw(p, filter.Moment{PTS: at, Watched: true})
	}
	if n := testing.AllocsPerRun(50, work); n != 0 {
		t.Errorf("%v allocations for a picture", n)
	}
}

func BenchmarkFaceOverlay(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		for _, with := range []bool{false, true} {
			b.Run(fmt.Sprintf("%dx%d, face %v", size[0], size[1], with), func(b *testing.B) {
				p := scene(b, 640, 360)
				if with {
					p = scene(b, 640, 360, image.Pt(150, 50))
				}
				shown := i420.New(size[0], size[1])
				i420.NewScaler(size[0], size[1], 640, 360).Scale(shown, p)
				f, at := withImage(), time.Duration(0)
				for b.Loop() {
					at += 33 * time.Millisecond
					f.draw(shown, filter.Moment{PTS: at, Watched: true})
				}
			})
		}
	}
}
