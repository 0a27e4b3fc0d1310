package imageoverlay_test

import (
	"image"
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/filter/imageoverlay"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func server(t testing.TB) *pipeline.Server {
	return elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, elementtest.PicturesClass,
		imageoverlay.Class(func() filter.Settings { return filter.Settings{} }))
}

func TestSuite(t *testing.T) {
	s := server(t)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		return elementtest.Create(t, s, "ImageOverlayFilter", elementtest.In(p))
	})
}

// picture writes an image of one colour, 40x20, and returns its path.
func picture(t testing.TB, c color.Color) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			img.Set(x, y, c)
		}
	}
	return elementtest.File(t, img)
}

var (
	red  = color.NRGBA{255, 0, 0, 255}
	blue = color.NRGBA{0, 0, 255, 255}
	grey = i420.FromRGB(120, 120, 120)
)

// add is the parameters of addImage.
func add(id, uri string, x, y, w, h float64, keep, center bool) map[string]any {
	return map[string]any{
		"id": id, "uri": uri, "offsetXPercent": x, "offsetYPercent": y, "widthPercent": w, "heightPercent": h,
		"keepAspectRatio": keep, "center": center,
	}
}

func newStudio(t testing.TB) *elementtest.Studio {
	return elementtest.NewStudio(t, server(t), "ImageOverlayFilter")
}

// show returns what becomes of a grey picture.
func show(t testing.TB, s *elementtest.Studio, width, height int) *i420.Picture {
	t.Helper()
	p := i420.New(width, height)
	p.Fill(grey)
	return s.Show(t, p)
}

// expect compares every pixel with colours of areas, the later over the earlier; outside of them the picture is grey.
func expect(t *testing.T, p *i420.Picture, colors ...painted) {
	t.Helper()
	for y := range p.Height {
		for x := range p.Width {
			want := grey
			for _, c := range colors {
				if (image.Point{X: x, Y: y}).In(c.area) {
					want = c.color
				}
			}
			i := y/2*p.CStride + x/2
			got := i420.Color{Y: p.Y[y*p.YStride+x], U: p.U[i], V: p.V[i]}
			if far(got.Y, want.Y) || far(got.U, want.U) || far(got.V, want.V) {
				t.Fatalf("pixel %d,%d of %dx%d is %v, want %v", x, y, p.Width, p.Height, got, want)
			}
		}
	}
}

func far(a, b byte) bool { return max(a, b)-min(a, b) > 2 }

// painted is an area and its colour. Edges are even, as chroma has it.
type painted struct {
	area  image.Rectangle
	color i420.Color
}

func of(c color.NRGBA, x0, y0, x1, y1 int) painted {
	return painted{image.Rect(x0, y0, x1, y1), i420.FromRGB(c.R, c.G, c.B)}
}

func TestPlaces(t *testing.T) {
	image := picture(t, red)
	for _, c := range []struct {
		name   string
		params map[string]any
		want   []painted // in a frame of 200x100
	}{
		{"stretched", add("a", image, 0.1, 0.1, 0.2, 0.6, false, false), []painted{of(red, 20, 10, 60, 70)}},
		{"by file URI", add("a", "file://"+image, 0.1, 0.1, 0.2, 0.6, false, true), []painted{of(red, 20, 10, 60, 70)}},
		{"wide image in a high place", add("a", image, 0.1, 0.1, 0.2, 0.6, true, false), []painted{of(red, 20, 10, 60, 30)}},
		{"in its middle", add("a", image, 0.1, 0.1, 0.2, 0.6, true, true), []painted{of(red, 20, 30, 60, 50)}},
		{"in a wide place", add("a", image, 0.1, 0.1, 0.8, 0.2, true, true), []painted{of(red, 80, 10, 120, 30)}},
		{"over the edges", add("a", image, -0.1, 0.8, 0.2, 0.4, false, false), []painted{of(red, 0, 80, 20, 100)}},
		{"over all", add("a", image, -1, -0.5, 3, 2, false, false), []painted{of(red, 0, 0, 200, 100)}},
		{"outside", add("a", image, 1.5, 0, 0.2, 0.2, false, false), nil},
		{"no width", add("a", image, 0, 0, 0, 1, true, true), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStudio(t)
			elementtest.Must(t, s.Element, "addImage", c.params)
			expect(t, show(t, s, 200, 100), c.want...)
		})
	}
}

func TestImagesLieInTheOrderInWhichTheyCame(t *testing.T) {
	s := newStudio(t)
	first, second := picture(t, red), picture(t, blue)
	elementtest.Must(t, s.Element, "addImage", add("z", first, 0, 0, 0.5, 0.5, false, false))
	elementtest.Must(t, s.Element, "addImage", add("a", second, 0.2, 0.2, 0.5, 0.5, false, false))
	expect(t, show(t, s, 100, 100), of(red, 0, 0, 50, 50), of(blue, 20, 20, 70, 70))
	// The same id again: the image is exchanged where it is.
	elementtest.Must(t, s.Element, "addImage", add("z", second, 0, 0, 0.4, 0.4, false, false))
	elementtest.Must(t, s.Element, "addImage", add("a", first, 0.2, 0.2, 0.5, 0.5, false, false))
	expect(t, show(t, s, 100, 100), of(blue, 0, 0, 40, 40), of(red, 20, 20, 70, 70))
	elementtest.Must(t, s.Element, "removeImage", map[string]any{"id": "z"})
	expect(t, show(t, s, 100, 100), of(red, 20, 20, 70, 70))
	elementtest.Must(t, s.Element, "removeImage", map[string]any{"id": "z"}) // there is none: as in Kurento no error
	elementtest.Must(t, s.Element, "removeImage", map[string]any{"id": "a"})
	expect(t, show(t, s, 100, 100))
}

func TestTheSizeMayChange(t *testing.T) {
	s := newStudio(t)
	elementtest.Must(t, s.Element, "addImage", add("a", picture(t, red), 0.5, 0.5, 0.2, 0.2, false, false))
	for _, size := range []int{100, 400, 60, 100} {
		expect(t, show(t, s, size, size), of(red, size/2, size/2, size/2+size/5, size/2+size/5))
	}
	for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 1}, {17, 9}} { // whatever that looks like
		show(t, s, size[0], size[1])
	}
}

func TestTransparency(t *testing.T) {
	s := newStudio(t)
	elementtest.Must(t, s.Element, "addImage", add("a", picture(t, color.NRGBA{255, 0, 0, 128}), 0, 0, 0.5, 1, false, false))
	elementtest.Must(t, s.Element, "addImage", add("b", picture(t, color.NRGBA{0, 255, 0, 0}), 0.5, 0, 0.5, 1, false, false))
	expect(t, show(t, s, 100, 100), of(color.NRGBA{R: 188, G: 60, B: 60}, 0, 0, 50, 100))
}

func TestWhatCannotBeShownIsRefused(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	text := filepath.Join(t.TempDir(), "text.png")
	if err := os.WriteFile(text, []byte("this is no image"), 0o666); err != nil {
		t.Fatal(err)
	}
	good := picture(t, red)
	s := newStudio(t)
	for _, c := range []struct {
		params map[string]any
		names  string
	}{
		{add("a", "/nonexistent.png", 0, 0, 1, 1, true, true), "/nonexistent.png"},
		{add("a", "file:///nonexistent.png", 0, 0, 1, 1, true, true), "file:///nonexistent.png"},
		{add("a", web.URL+"/x.png", 0, 0, 1, 1, true, true), web.URL + "/x.png cannot be read: the server answers 404"},
		{add("a", text, 0, 0, 1, 1, true, true), text},
		{add("a", "", 0, 0, 1, 1, true, true), "image"},
		{add("a", "gopher://x/y.png", 0, 0, 1, 1, true, true), "gopher"},
		{add("a", good, 0, 0, -1, 1, true, true), "image a: widthPercent -1"},
		{add("a", good, 0, 0, 1, 1e9, true, true), "heightPercent 1e+09"},
		{add("a", good, -1e9, 0, 1, 1, true, true), "offsetXPercent -1e+09"},
	} {
		_, err := elementtest.Invoke(s.Element, "addImage", c.params)
		if err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%v: error %v, want one that names %s", c.params, err, c.names)
		}
	}
	expect(t, show(t, s, 20, 20))
}

func TestImagesFromTheWeb(t *testing.T) {
	web := httptest.NewServer(http.FileServer(http.Dir("/")))
	defer web.Close()
	s := newStudio(t)
	elementtest.Must(t, s.Element, "addImage", add("a", web.URL+picture(t, red), 0, 0, 1, 1, false, false))
	expect(t, show(t, s, 20, 20), of(red, 0, 0, 20, 20))
}
