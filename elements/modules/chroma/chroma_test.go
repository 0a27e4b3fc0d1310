package chroma

import (
	"image"
	"image/color"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/elements/modules/visiontest"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var class = Class(func() filter.Settings { return filter.Settings{} })

var window = map[string]any{"topRightCornerX": 8, "topRightCornerY": 8, "width": 40, "height": 40}

func TestSuite(t *testing.T) { visiontest.Suite(t, class, "window", window) }

// scene is somebody before a screen of a colour: what a camera sees, and what a perfect filter would make of it.
type scene struct {
	seen, truth, back *i420.Picture
	front             []byte // how much of each pixel is in front, 0 to 255
}

// people are ellipses: head, hair, coat, hand, a white page, a grey box; centre and radii in parts of the picture.
var people = []struct {
	x, y, rx, ry float64
	c            color.NRGBA
}{
	{0.5, 0.95, 0.25, 0.45, color.NRGBA{40, 45, 90, 255}},
	{0.5, 0.36, 0.09, 0.16, color.NRGBA{210, 160, 130, 255}},
	{0.5, 0.25, 0.095, 0.08, color.NRGBA{30, 25, 20, 255}},
	{0.72, 0.6, 0.04, 0.06, color.NRGBA{205, 150, 125, 255}},
	{0.8, 0.55, 0.06, 0.1, color.NRGBA{245, 245, 240, 255}},
	{0.25, 0.6, 0.07, 0.09, color.NRGBA{128, 128, 128, 255}},
	{0.32, 0.85, 0.05, 0.07, color.NRGBA{190, 30, 40, 255}},
}

// render draws a scene with soft edges of about two pixels. light is by how much the screen's brightness varies.
func render(width, height int, screen color.NRGBA, light, sigma float64, seed uint64) scene {
	seen, truth, back := image.NewNRGBA(image.Rect(0, 0, width, height)), image.NewNRGBA(image.Rect(0, 0, width, height)), image.NewNRGBA(image.Rect(0, 0, width, height))
	s := scene{front: make([]byte, width*height)}
	for y := range height {
		for x := range width {
			shade := 1 + light*math.Sin(4*float64(x)/float64(width)+2*float64(y)/float64(height))
			behind := [3]float64{float64(screen.R) * shade, float64(screen.G) * shade, float64(screen.B) * shade}
			page := [3]float64{float64(255 * x / width), float64(255 * y / height), float64(60 + 100*((x/32+y/32)%2))}
			c, want, share := behind, page, 0.0
			for _, e := range people {
				dx, dy := float64(x)/float64(width)-e.x, float64(y)/float64(height)-e.y
				r := math.Hypot(dx/e.rx, dy/e.ry)
				a := min(max((1-r)*min(e.rx*float64(width), e.ry*float64(height))/2+0.5, 0), 1)
				for i, v := range []uint8{e.c.R, e.c.G, e.c.B} {
					c[i] += a * (float64(v) - c[i])
					want[i] += a * (float64(v) - want[i])
				}
				share += a * (1 - share)
			}
			set := func(img *image.NRGBA, v [3]float64) {
				img.SetNRGBA(x, y, color.NRGBA{clampF(v[0]), clampF(v[1]), clampF(v[2]), 255})
			}
			set(seen, c)
			set(truth, want)
			set(back, page)
			s.front[y*width+x] = byte(255*share + 0.5)
		}
	}
	s.seen, s.truth, s.back = i420.FromImage(seen), i420.FromImage(truth), i420.FromImage(back)
	visiontest.Noise(s.seen, sigma, seed)
	return s
}

func clampF(v float64) uint8 { return uint8(min(max(v+0.5, 0), 255)) }

// quality is how near a result is to the truth.
type quality struct {
	removed, kept float64 // shares of pixels of the screen and of the people that are as they should be
	edge          float64 // mean error of brightness where both mix
	hem           float64 // mean error of chroma there
}

func (s scene) judge(got *i420.Picture) quality {
	var removed, screen, kept, people, edge, hem, mixed float64
	for y := range got.Height {
		for x := range got.Width {
			i, c := y*got.Width+x, y/2*got.CStride+x/2
			off := math.Abs(float64(got.Y[i]) - float64(s.truth.Y[i]))
			tint := math.Hypot(float64(got.U[c])-float64(s.truth.U[c]), float64(got.V[c])-float64(s.truth.V[c]))
			right := 0.0
			if off < 16 && tint < 20 {
				right = 1
			}
			switch s.front[i] {
			case 0:
				screen, removed = screen+1, removed+right
			case 255:
				people, kept = people+1, kept+right
			default:
				mixed, edge, hem = mixed+1, edge+off, hem+tint
			}
		}
	}
	return quality{removed / screen, kept / people, edge / mixed, hem / mixed}
}

// keyed learns a scene's screen from its left upper corner and takes it away.
func keyed(s scene) (*keyer, *i420.Picture) {
	var palette vision.Palette
	palette.Add(s.seen, image.Rect(8, 8, 48, 48))
	k := &keyer{}
	k.learn(palette.Tint())
	got := s.seen.Clone()
	k.key(got, s.back)
	return k, got
}

func TestQuality(t *testing.T) {
	visiontest.Measure(t)
	green, blue := color.NRGBA{40, 180, 60, 255}, color.NRGBA{30, 60, 190, 255}
	for _, c := range []struct {
		name         string
		screen       color.NRGBA
		light, sigma float64
		want         quality // at least, at least, at most, at most
	}{
		{"even green", green, 0, 0, quality{0.998, 0.995, 11, 10}},
		{"uneven green, noise of 3", green, 0.15, 3, quality{0.99, 0.99, 13, 11}},
		{"uneven green, noise of 6", green, 0.15, 6, quality{0.97, 0.97, 14, 13}},
		{"pure green, noise of 3", color.NRGBA{0, 255, 0, 255}, 0, 3, quality{0.99, 0.99, 13, 14}},
		{"dark green, noise of 3", color.NRGBA{20, 90, 35, 255}, 0.1, 3, quality{0.99, 0.99, 17, 12}},
		{"blue as the coat, noise of 3", blue, 0.1, 3, quality{0.99, 0.4, 20, 16}}, // what has the screen's colour goes with it
	} {
		t.Run(c.name, func(t *testing.T) {
			s := render(640, 480, c.screen, c.light, c.sigma, 1)
			_, got := keyed(s)
			q := s.judge(got)
			t.Logf("screen removed %.2f %%, people kept %.2f %%, at edges brightness is off by %.1f, chroma by %.1f",
				100*q.removed, 100*q.kept, q.edge, q.hem)
			visiontest.Save(t, "chroma "+c.name, got)
			if q.removed < c.want.removed || q.kept < c.want.kept || q.edge > c.want.edge || q.hem > c.want.hem {
				t.Errorf("%+v, want %+v", q, c.want)
			}
		})
	}
}

// calibrate shows a picture until the colour is learnt.
func calibrate(r *visiontest.Rig, p *i420.Picture) {
	for range calibrationFrames {
		r.Show(p)
	}
}

func TestFilter(t *testing.T) {
	s := render(320, 240, color.NRGBA{40, 180, 60, 255}, 0.1, 3, 2)
	file := elementtest.File(t, s.back.Image())
	r := visiontest.NewRig(t, class, "window", window, "backgroundImage", file)
	first := r.Show(s.seen)
	if i := 8*320 + 20; first.Y[i] != vision.Blue.Y || first.Y[30*320+20] != s.seen.Y[30*320+20] {
		t.Errorf("the window is not outlined while the colour is learnt: %v at its border", first.Y[i])
	}
	calibrate(r, s.seen)
	q := s.judge(r.Show(s.seen))
	if q.removed < 0.97 || q.kept < 0.97 {
		t.Errorf("with the constructor's image %+v", q)
	}
	elementtest.Must(t, r.Element, "unsetBackground", nil)
	if got := r.Show(s.seen); string(got.Data()) != string(s.seen.Data()) {
		t.Error("without a background the picture is changed")
	}
	server := httptest.NewServer(http.FileServer(http.Dir(strings.TrimSuffix(file, "/image.png"))))
	defer server.Close()
	elementtest.Must(t, r.Element, "setBackground", map[string]any{"uri": server.URL + "/image.png"})
	if q := s.judge(r.Show(s.seen)); q.removed < 0.97 || q.kept < 0.97 {
		t.Errorf("with an image from a web server %+v", q)
	}
	larger := i420.New(640, 480)
	i420.NewScaler(640, 480, 320, 240).Scale(larger, s.seen)
	if got := r.Show(larger); got.Width != 640 || math.Abs(float64(got.Y[10*640+600])-float64(s.truth.Y[5*320+300])) > 16 {
		t.Error("the background does not follow the size of the picture")
	}
}

func TestWrongParameters(t *testing.T) {
	for _, c := range []struct {
		what   string
		params []any
		says   string
	}{
		{"empty window", []any{"window", map[string]any{"topRightCornerX": 0, "topRightCornerY": 0, "width": 0, "height": 5}}, "window of 0x5"},
		{"negative corner", []any{"window", map[string]any{"topRightCornerX": -1, "topRightCornerY": 0, "width": 5, "height": 5}}, "at -1, 0"},
		{"no image", []any{"window", window, "backgroundImage", "/nowhere.png"}, "/nowhere.png"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := visiontest.Server(t, class)
			p := elementtest.Pipeline(t, s)
			if _, err := elementtest.TryCreate(s, "ChromaFilter", elementtest.In(p, c.params...)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %q", err, c.says)
			}
		})
	}
}

func TestWindowOutsideThePicture(t *testing.T) {
	far := map[string]any{"topRightCornerX": 700, "topRightCornerY": 8, "width": 40, "height": 40}
	r := visiontest.NewRig(t, class, "window", far)
	events := elementtest.Listen(t, r.Element, "Error")
	p := i420.New(320, 240)
	p.Fill(vision.Green)
	for range 3 {
		if got := r.Show(p); string(got.Data()) != string(p.Data()) {
			t.Error("the picture is changed")
		}
	}
	text, _ := events.Await(t, "Error")["description"].(string)
	if !strings.Contains(text, "(700,8)-(740,48)") || len(events.Types()) != 0 {
		t.Errorf("%q, and then %v", text, events.Types())
	}
}

func TestAllocations(t *testing.T) {
	s := render(320, 240, color.NRGBA{40, 180, 60, 255}, 0, 3, 2)
	k, got := keyed(s)
	if n := testing.AllocsPerRun(10, func() { k.key(got, s.back) }); n != 0 {
		t.Errorf("%v allocations per picture", n)
	}
}

func BenchmarkKey(b *testing.B) {
	for _, size := range []image.Point{{640, 480}, {1280, 720}} {
		b.Run(size.String(), func(b *testing.B) {
			s := render(size.X, size.Y, color.NRGBA{40, 180, 60, 255}, 0.1, 3, 2)
			k, _ := keyed(s)
			got := i420.New(size.X, size.Y)
			for b.Loop() {
				i420.Copy(got, s.seen)
				k.key(got, s.back)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
		})
	}
}
