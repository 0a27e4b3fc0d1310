package markerdetector

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
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

func TestSuite(t *testing.T) { visiontest.Suite(t, class) }

// codeOf is the code of a number.
func codeOf(id int) code {
	word := func(four int) (w byte) {
		d := [4]byte{byte(four>>3) & 1, byte(four>>2) & 1, byte(four>>1) & 1, byte(four) & 1}
		b := [9]byte{3: d[0], 5: d[1], 6: d[2], 7: d[3]}
		b[1], b[2], b[4] = b[3]^b[5]^b[7], b[3]^b[6]^b[7], b[5]^b[6]^b[7]
		for i := 1; i < 8; i++ {
			b[8] ^= b[i]
		}
		for _, v := range b[1:] {
			w = w<<1 | v
		}
		return w
	}
	bits := uint16(word(id>>4))<<8 | uint16(word(id&15))
	var c code
	for i := range c {
		black, is := fixed(i%inner, i/inner)
		if !is {
			black, bits = bits&0x8000 != 0, bits<<1
		}
		c[i] = black
	}
	return c
}

// printed is a marker with a white border of one cell.
func printed(c code) *image.NRGBA {
	const size, cell = cells + 2, 16
	img := image.NewNRGBA(image.Rect(0, 0, size*cell, size*cell))
	for i := range size * size * cell * cell {
		x, y := i%(size*cell)/cell-1, i/(size*cell)/cell-1
		v := uint8(30)
		switch ix, iy := x-margin, y-margin; {
		case x < 0 || y < 0 || x >= cells || y >= cells:
			v = 230
		case ix >= 0 && iy >= 0 && ix < inner && iy < inner && !c[iy*inner+ix]:
			v = 230
		}
		img.SetNRGBA(i%(size*cell), i/(size*cell), color.NRGBA{v, v, v, 255})
	}
	return img
}

// put draws a marker of a side around a place, turned and seen from the side, and returns its corners.
func put(p *i420.Picture, img *image.NRGBA, at vision.Point, side, turn, tilt float64) vision.Quad {
	var q vision.Quad
	for i := range q {
		a := turn + (float64(i)-1.5)*math.Pi/2 // from the upper left corner, clockwise
		x, y := side/math.Sqrt2*math.Cos(a-math.Pi/2+math.Pi/2), side/math.Sqrt2*math.Sin(a)
		x *= math.Cos(tilt)
		depth := 1 + 0.35*math.Sin(tilt)*math.Cos(a) // what is turned away is smaller
		q[i] = vision.Point{X: at.X + x/depth, Y: at.Y + y/depth}
	}
	view := vision.SquareTo(q)
	outer := view.Around(float64(cells+2)/cells, 1)
	vision.NewSheet(img).Draw(p, outer)
	return q
}

func TestCode(t *testing.T) {
	visiontest.Measure(t)
	for id := range 256 {
		c := codeOf(id)
		for turns := range 4 {
			if got, quarters, ok := c.read(); !ok || got != id || quarters != (4-turns)%4 {
				t.Fatalf("%d turned %d times is read as %d, %d, %v", id, turns, got, quarters, ok)
			}
			wrong := c
			wrong[7*turns] = !wrong[7*turns]
			if got, _, ok := wrong.read(); !ok || got != id {
				t.Fatalf("%d with a wrong cell is read as %d, %v", id, got, ok)
			}
			c = c.rotated()
		}
	}
	// Two wrong in one half are noticed.
	c := codeOf(77)
	c[0], c[1] = !c[0], !c[1]
	if got, _, ok := c.read(); ok {
		t.Errorf("with two wrong cells it is read as %d", got)
	}
	r := rand.New(rand.NewPCG(1, 1))
	const n = 300_000
	false_ := 0
	for range n {
		for i := range c {
			c[i] = r.IntN(2) == 0
		}
		if _, _, ok := c.read(); ok {
			false_++
		}
	}
	t.Logf("%.2f %% of random cells are read as a marker", 100*float64(false_)/n)
	if false_ > n/50 {
		t.Error("that is too much")
	}
}

// wall is a scene without markers, of blotches and things with corners.
func wall(width, height int, r *rand.Rand) *i420.Picture {
	p := i420.New(width, height)
	visiontest.Texture(p, 70, 190, r.Uint64())
	for range 12 {
		x, y := r.IntN(width), r.IntN(height)
		v := byte(r.IntN(256))
		vision.Fill(p, image.Rect(x, y, x+10+r.IntN(width/6), y+10+r.IntN(height/6)), i420.FromRGB(v, v, v))
	}
	return p
}

func TestQuality(t *testing.T) {
	visiontest.Measure(t)
	const n = 60
	for _, c := range []struct {
		name          string
		width, height int
		small, large  float64 // sides in pixels
		tilt          float64 // at most
		blur          int
		sigma         float64
		recall        float64 // wanted
	}{
		{"large, upright", 640, 480, 120, 250, 0.2, 0, 3, 0.98},
		{"tilted up to 50°, noise of 5", 640, 480, 70, 200, 0.87, 0, 5, 0.95},
		{"small", 640, 480, 36, 60, 0.5, 0, 3, 0.9},
		{"blurred, noise of 5", 640, 480, 80, 200, 0.6, 2, 5, 0.93},
		{"1280×720, tilted up to 50°", 1280, 720, 80, 300, 0.87, 1, 4, 0.95},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, uint64(len(c.name))))
			var d detector
			hits, wrong, off, corners := 0, 0, 0.0, 0
			for i := range n {
				p := wall(c.width, c.height, r)
				id, side := r.IntN(256), c.small+r.Float64()*(c.large-c.small)
				at := vision.Point{X: side + r.Float64()*(float64(c.width)-2*side), Y: side + r.Float64()*max(0, float64(c.height)-2*side)}
				q := put(p, printed(codeOf(id)), at, side, r.Float64()*2*math.Pi, (2*r.Float64()-1)*c.tilt)
				visiontest.Blur(p, c.blur)
				visiontest.Noise(p, c.sigma, uint64(i))
				for _, m := range d.find(p) {
					if m.id != id || m.corners[0].Sub(q[0]).Length() > 5 {
						wrong++
						continue
					}
					hits++
					for k := range q {
						off, corners = off+m.corners[k].Sub(q[k]).Length(), corners+1
					}
				}
			}
			t.Logf("found %d of %d with their corners off by %.2f pixels, %d wrong ones", hits, n, off/float64(corners), wrong)
			if float64(hits) < c.recall*n || wrong > 0 || off/float64(corners) > 1.5 {
				t.Error("that is too few, too far off or wrong")
			}
		})
	}
}

func TestNothing(t *testing.T) {
	visiontest.Measure(t)
	r := rand.New(rand.NewPCG(21, 22))
	var d detector
	for i := range 100 {
		p := wall(640, 480, r)
		visiontest.Noise(p, 4, uint64(i))
		if found := d.find(p); len(found) > 0 {
			t.Errorf("picture %d has no marker, and %v are found", i, found)
		}
	}
}

// scene is a picture with upright markers in a row.
func scene(ids ...int) *i420.Picture {
	p := i420.New(640, 480)
	visiontest.Texture(p, 100, 200, 5)
	for i, id := range ids {
		put(p, printed(codeOf(id)), vision.Point{X: 120 + 200*float64(i), Y: 240}, 110, 0, 0)
	}
	return p
}

// lookAt shows a picture until it has been looked at.
func lookAt(r *visiontest.Rig, p *i420.Picture) *i420.Picture {
	r.Show(p)
	return r.Show(p)
}

func TestEvents(t *testing.T) {
	r := visiontest.NewRig(t, class)
	events := elementtest.Listen(t, r.Element, "MarkerCount")
	expect := func(want ...string) {
		t.Helper()
		for _, w := range want {
			e := events.Await(t, "MarkerCount")
			if got := fmt.Sprint(e["markerId"], e["markerCount"], e["markerCountDiff"]); got != w {
				t.Errorf("got %s, want %s", got, w)
			}
		}
		if more := events.Types(); len(more) > 0 {
			t.Errorf("%d more", len(more))
		}
	}
	lookAt(r, scene())
	expect()
	lookAt(r, scene(7, 7))
	expect("7 2 2")
	lookAt(r, scene(7, 7, 200))
	expect("200 1 1")
	for range patience {
		lookAt(r, scene(7))
	}
	expect()
	lookAt(r, scene(7, 9, 200)) // 200 was hidden for a moment
	expect("7 1 -1", "9 1 1")
	for range patience {
		lookAt(r, scene(7, 200))
	}
	expect()
	lookAt(r, scene(7, 200))
	expect("9 0 -1")
}

func TestOverlays(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	for i := range 400 {
		c := color.NRGBA{255, 0, 0, 255}
		if i/20 < 10 { // the upper half
			c = color.NRGBA{0, 255, 0, 255}
		}
		img.SetNRGBA(i%20, i/20, c)
	}
	r := visiontest.NewRig(t, class)
	file := elementtest.File(t, img)
	for operation, value := range map[string]any{"OverlayImage": file, "OverlayScale": 0.5, "OverlayText": "", "ShowDebugLevel": 0} {
		name := strings.ToLower(operation[:1]) + operation[1:]
		elementtest.Must(t, r.Element, "set"+operation, map[string]any{name: value})
		if got := elementtest.Must(t, r.Element, "get"+operation, nil); got != fmt.Sprintf("%#v", value) {
			t.Errorf("get%s answers %s, want %#v", operation, got, value)
		}
	}
	got := lookAt(r, scene(1))
	at := func(x, y int) i420.Color {
		return i420.Color{Y: got.Y[y*640+x], U: got.U[y/2*320+x/2], V: got.V[y/2*320+x/2]}
	}
	if at(120, 220) != vision.Green || at(120, 260) != vision.Red || at(120, 195).Y > 60 {
		t.Errorf("the image is not upright in the middle half of the marker: %v above, %v below, %v outside", at(120, 220), at(120, 260), at(120, 195))
	}
	elementtest.Must(t, r.Element, "setOverlayImage", map[string]any{"overlayImage": ""})
	elementtest.Must(t, r.Element, "setOverlayText", map[string]any{"overlayText": "Hello"})
	elementtest.Must(t, r.Element, "setShowDebugLevel", map[string]any{"showDebugLevel": 2})
	elementtest.Must(t, r.Element, "setOverlayScale", map[string]any{"overlayScale": 2})
	p := scene(1)
	put(p, printed(codeOf(180)), vision.Point{X: 430, Y: 240}, 160, 0.4, 0.8)
	got = lookAt(r, p)
	visiontest.Save(t, "marker overlays", got)
	if white := at(20, 240); white != vision.White {
		t.Errorf("the text's ground is %v beside the marker, want white", white)
	}
	if _, err := elementtest.Invoke(r.Element, "setOverlayScale", map[string]any{"overlayScale": 0}); err == nil || !strings.Contains(err.Error(), "overlayScale 0") {
		t.Errorf("scale 0: %v", err)
	}
	if _, err := elementtest.Invoke(r.Element, "setOverlayImage", map[string]any{"overlayImage": "/nowhere.png"}); err == nil || !strings.Contains(err.Error(), "/nowhere.png") {
		t.Errorf("no image: %v", err)
	}
}

func TestAllocations(t *testing.T) {
	p := wall(640, 480, rand.New(rand.NewPCG(1, 2)))
	var d detector
	var c counts
	d.find(p)
	if n := testing.AllocsPerRun(10, func() { c.see(d.find(p), nil) }); n != 0 {
		t.Errorf("%v allocations per picture", n)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, size := range []image.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}} {
		b.Run(size.String(), func(b *testing.B) {
			p := wall(size.X, size.Y, rand.New(rand.NewPCG(1, 2)))
			put(p, printed(codeOf(9)), vision.Point{X: 200, Y: 200}, 120, 0.3, 0.3)
			visiontest.Noise(p, 3, 1)
			var d detector
			for b.Loop() {
				d.find(p)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
		})
	}
}
