package pointerdetector

import (
	"image"
	"image/color"
	"math"
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

var region = map[string]any{"topRightCornerX": 16, "topRightCornerY": 16, "width": 32, "height": 32}

func TestSuite(t *testing.T) { visiontest.Suite(t, class, "calibrationRegion", region) }

// room is a wall with things in other colours before it.
func room(width, height int, seed uint64) *i420.Picture {
	p := i420.New(width, height)
	visiontest.Texture(p, 60, 200, seed)
	for i, c := range []i420.Color{
		i420.FromRGB(200, 150, 125), i420.FromRGB(40, 90, 160), i420.FromRGB(240, 230, 60), i420.FromRGB(90, 60, 40), i420.FromRGB(20, 110, 50),
	} {
		x, y := width*(i+1)/6, height*(1+i%3)/4
		vision.Fill(p, image.Rect(x-width/16, y-height/12, x+width/16, y+height/12), c)
	}
	return p
}

// clip is a pointer of a colour on a curve: n pictures, and where its middle is in each.
func clip(width, height, radius, n int, c i420.Color, sigma float64) (pictures []*i420.Picture, at []image.Point) {
	back := room(width, height, 7)
	for i := range n {
		p := back.Clone()
		phase := 2 * math.Pi * float64(i) / float64(n)
		to := image.Pt(int(float64(width)*(0.5+0.4*math.Cos(phase))), int(float64(height)*(0.5+0.35*math.Sin(2*phase))))
		vision.Disc(p, to, radius, c)
		visiontest.Noise(p, sigma, uint64(i))
		pictures, at = append(pictures, p), append(at, to)
	}
	return pictures, at
}

// learnt is a tracker that has seen a colour.
func learnt(c i420.Color, sigma float64) *tracker {
	p := i420.New(64, 64)
	p.Fill(c)
	visiontest.Noise(p, sigma, 99)
	var palette vision.Palette
	palette.Add(p, image.Rect(16, 16, 48, 48))
	t := &tracker{}
	t.learn(palette.Tint())
	return t
}

func TestQuality(t *testing.T) {
	visiontest.Measure(t)
	const n = 40
	for _, c := range []struct {
		name   string
		color  i420.Color
		radius int
		sigma  float64
	}{
		{"red cap, radius 20, noise of 3", i420.FromRGB(220, 30, 40), 20, 3},
		{"red cap, radius 12, noise of 6", i420.FromRGB(220, 30, 40), 12, 6},
		{"green ball, radius 16, noise of 6", i420.FromRGB(60, 220, 60), 16, 6},
		{"magenta ball, radius 30, noise of 10", i420.FromRGB(230, 40, 220), 30, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			pictures, at := clip(640, 480, c.radius, n, c.color, c.sigma)
			tracker := learnt(c.color, c.sigma)
			found, sum, worst := 0, 0.0, 0.0
			for i, p := range pictures {
				got, ok := tracker.largest(p)
				off := math.Hypot(float64(got.X-at[i].X), float64(got.Y-at[i].Y))
				if ok && off <= 10 {
					found, sum, worst = found+1, sum+off, max(worst, off)
				}
			}
			empty := room(640, 480, 7)
			wrong := 0
			for i := range n {
				p := empty.Clone()
				visiontest.Noise(p, c.sigma, uint64(1000+i))
				if _, ok := tracker.largest(p); ok {
					wrong++
				}
			}
			t.Logf("found in %d of %d pictures, off by %.1f pixels in the mean, %.1f at most; in %d of %d without it", found, n, sum/float64(found), worst, wrong, n)
			if found < n*97/100 || sum/float64(found) > 3 || wrong > 0 {
				t.Error("it is found too seldom, too far off or where it is not")
			}
		})
	}
}

func windowOf(id string, x, y int, more ...any) map[string]any {
	w := map[string]any{"id": id, "upperRightX": x, "upperRightY": y, "width": 100, "height": 100}
	for i := 0; i < len(more); i += 2 {
		w[more[i].(string)] = more[i+1]
	}
	return w
}

func TestWindows(t *testing.T) {
	red := i420.FromRGB(220, 30, 40)
	r := visiontest.NewRig(t, class, "calibrationRegion", region, "windows", []any{windowOf("left", 50, 200), windowOf("right", 450, 200)})
	events := elementtest.Listen(t, r.Element, "WindowIn", "WindowOut")
	at := func(x, y int) *i420.Picture {
		p := room(640, 480, 7)
		if x >= 0 {
			vision.Disc(p, image.Pt(x, y), 16, red)
		}
		return r.Show(p)
	}
	if got := at(100, 250); len(events.Types()) != 0 || got.Y[201*640+100] != vision.White.Y {
		t.Error("before it has learnt a colour it tells something, or shows no windows")
	}
	elementtest.Must(t, r.Element, "trackColorFromCalibrationRegion", nil)
	at(32, 32)
	at(100, 250)
	expect := func(want ...string) {
		t.Helper()
		for i := 0; i < len(want); i += 2 {
			if got := events.Await(t, want[i])["windowId"]; got != want[i+1] {
				t.Errorf("%s of window %v, want %s", want[i], got, want[i+1])
			}
		}
		if types := events.Types(); len(types) != 0 {
			t.Errorf("also %v", types)
		}
	}
	expect("WindowIn", "left")
	if got := at(100, 250); got.Y[201*640+100] != vision.Green.Y || got.V[125*320+50] != vision.Red.V {
		t.Error("neither the window nor the pointer is shown as it is")
	}
	at(500, 250) // at once from one window to the other
	expect("WindowOut", "left", "WindowIn", "right")
	at(320, 100)
	expect("WindowOut", "right")
	at(100, 250)
	expect("WindowIn", "left")
	for range lostAfter - 1 {
		at(-1, 0)
	}
	expect()
	at(-1, 0)
	expect("WindowOut", "left")
	elementtest.Must(t, r.Element, "addWindow", map[string]any{"window": windowOf("new", 300, 50)})
	at(350, 100)
	expect("WindowIn", "new")
	elementtest.Must(t, r.Element, "removeWindow", map[string]any{"windowId": "new"})
	elementtest.Must(t, r.Element, "removeWindow", map[string]any{"windowId": "none"})
	at(350, 100)
	elementtest.Must(t, r.Element, "clearWindows", nil)
	at(100, 250)
	expect()
}

func TestImages(t *testing.T) {
	file := func(c color.NRGBA) string {
		img := image.NewNRGBA(image.Rect(0, 0, 10, 10))
		for i := range 100 {
			img.SetNRGBA(i%10, i/10, c)
		}
		return elementtest.File(t, img)
	}
	black, white := file(color.NRGBA{0, 0, 0, 255}), file(color.NRGBA{255, 255, 255, 255})
	r := visiontest.NewRig(t, class, "calibrationRegion", region, "windows", []any{
		windowOf("both", 50, 200, "image", black, "activeImage", white, "imageTransparency", 0.5), windowOf("one", 450, 200, "image", black),
	})
	p := i420.New(640, 480)
	p.Fill(i420.FromRGB(128, 128, 128))
	elementtest.Must(t, r.Element, "trackColorFromCalibrationRegion", nil)
	show := func(x, y int) (both, one byte) {
		q := p.Clone()
		vision.Disc(q, image.Pt(x, y), 16, i420.FromRGB(220, 30, 40))
		got := r.Show(q)
		return got.Y[210*640+60], got.Y[210*640+460]
	}
	if both, one := show(32, 32); both < 60 || both > 80 || one != 16 {
		t.Errorf("with the pointer elsewhere luma is %d and %d, want half of 126 and 16, and 16", both, one)
	}
	if both, _ := show(100, 260); both < 170 || both > 190 {
		t.Errorf("with the pointer inside luma is %d, want half of 126 and 235", both)
	}
	if _, one := show(500, 260); one != vision.Green.Y {
		t.Errorf("an image without another for the pointer is %d, want green", one)
	}
}

func TestWrongParameters(t *testing.T) {
	s := visiontest.Server(t, class)
	p := elementtest.Pipeline(t, s)
	empty := map[string]any{"topRightCornerX": 1, "topRightCornerY": 2, "width": 0, "height": 3}
	for says, params := range map[string]map[string]any{
		"calibrationRegion of 0x3 at 1, 2": elementtest.In(p, "calibrationRegion", empty),
		"window w of 100x100 at -5, 0":     elementtest.In(p, "calibrationRegion", region, "windows", []any{windowOf("w", -5, 0)}),
		"imageTransparency 2":              elementtest.In(p, "calibrationRegion", region, "windows", []any{windowOf("w", 5, 0, "imageTransparency", 2)}),
		"/nowhere.png":                     elementtest.In(p, "calibrationRegion", region, "windows", []any{windowOf("w", 5, 0, "image", "/nowhere.png")}),
	} {
		if _, err := elementtest.TryCreate(s, "PointerDetectorFilter", params); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
}

func TestAllocations(t *testing.T) {
	p := room(640, 480, 1)
	tracker := learnt(i420.FromRGB(220, 30, 40), 3)
	tracker.find(p)
	if n := testing.AllocsPerRun(10, func() { tracker.find(p) }); n != 0 {
		t.Errorf("%v allocations per picture", n)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, size := range []image.Point{{640, 480}, {1280, 720}} {
		b.Run(size.String(), func(b *testing.B) {
			pictures, _ := clip(size.X, size.Y, 20, 1, i420.FromRGB(220, 30, 40), 3)
			tracker := learnt(i420.FromRGB(220, 30, 40), 3)
			for b.Loop() {
				tracker.find(pictures[0])
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
		})
	}
}
