package platedetector

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/inconsolata"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/elements/modules/visiontest"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) { visiontest.Suite(t, Class) }

func faceOf(t testing.TB, ttf []byte) font.Face {
	t.Helper()
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 96, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	return face
}

// plateImage is a white plate with a border.
func plateImage(face font.Face, text string) *image.NRGBA {
	d := font.Drawer{Src: image.NewUniform(color.NRGBA{25, 25, 30, 255}), Face: face}
	const spacing = 6
	width := fixed.I(spacing * (len(text) - 1))
	for _, c := range text {
		a, _ := face.GlyphAdvance(c)
		width += a
	}
	bounds, _, _ := face.GlyphBounds('H')
	tall := (bounds.Max.Y - bounds.Min.Y).Ceil()
	w, h := width.Ceil()+tall, tall*19/10 // the J of these fonts goes below the line
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(color.NRGBA{235, 235, 230, 255}), image.Point{}, draw.Src)
	line := max(tall/16, 1)
	for i := range w * h {
		if x, y := i%w, i/w; min(x, y, w-1-x, h-1-y) < line {
			img.SetNRGBA(x, y, color.NRGBA{25, 25, 30, 255})
		}
	}
	d.Dst, d.Dot = img, fixed.Point26_6{X: fixed.I(tall / 2), Y: fixed.I((h + tall) / 2)}
	for _, c := range text {
		d.DrawString(string(c))
		d.Dot.X += fixed.I(spacing)
	}
	return img
}

// street is a scene of blotches and boxes.
func street(width, height int, r *rand.Rand) *i420.Picture {
	p := i420.New(width, height)
	visiontest.Texture(p, 60, 190, r.Uint64())
	for range 15 {
		x, y, v := r.IntN(width), r.IntN(height), byte(r.IntN(200))
		vision.Fill(p, image.Rect(x, y, x+8+r.IntN(width/8), y+8+r.IntN(height/8)), i420.FromRGB(v, v, v))
	}
	return p
}

// mount draws a plate of a width with its middle at a place, turned and seen from the side.
func mount(p *i420.Picture, img *image.NRGBA, at vision.Point, width, turn, yaw float64) {
	height := width * float64(img.Rect.Dy()) / float64(img.Rect.Dx())
	var q vision.Quad
	for i, c := range []vision.Point{{X: -1, Y: -1}, {X: 1, Y: -1}, {X: 1, Y: 1}, {X: -1, Y: 1}} {
		x, y := c.X*width/2*math.Cos(yaw), c.Y*height/2
		depth := 1 + 0.25*math.Sin(yaw)*c.X
		x, y = x/depth, y/depth
		q[i] = vision.Point{X: at.X + x*math.Cos(turn) - y*math.Sin(turn), Y: at.Y + x*math.Sin(turn) + y*math.Cos(turn)}
	}
	vision.NewSheet(img).Draw(p, q)
}

// randomText is as plates are in many countries: groups of digits and letters.
func randomText(r *rand.Rand) string {
	form := []string{"9999AAA", "AA999AA", "AA99AAA", "AAA999", "A9999", "99AA99"}[r.IntN(6)]
	text := []byte(form)
	for i, c := range text {
		if c == '9' {
			text[i] = byte('0' + r.IntN(10))
		} else {
			text[i] = "ABCDEFGHJKLMNPRSTUVWXYZ"[r.IntN(23)]
		}
	}
	return string(text)
}

// conditions are how a plate is seen.
type conditions struct {
	small, large float64 // width, in pixels
	turn, yaw    float64 // at most
	blur         int
	sigma        float64
}

// measured is how many plates of n were read, how many of their letters, and how many texts were read that are none.
func measured(finder *finder, face font.Face, c conditions, n int, seed uint64) (plates, letters, all, wrong int) {
	r := rand.New(rand.NewPCG(seed, 77))
	for i := range n {
		p := street(640, 480, r)
		text := randomText(r)
		width := c.small + r.Float64()*(c.large-c.small)
		at := vision.Point{X: width/2 + 10 + r.Float64()*(620-width), Y: 100 + 280*r.Float64()}
		mount(p, plateImage(face, text), at, width, (2*r.Float64()-1)*c.turn, (2*r.Float64()-1)*c.yaw)
		visiontest.Blur(p, c.blur)
		visiontest.Noise(p, c.sigma, seed*1000+uint64(i))
		all += len(text)
		for _, found := range finder.find(p) {
			if found.text == text {
				plates++
				letters += len(text)
				continue
			}
			wrong++
			if len(found.text) == len(text) {
				for j := range text {
					if found.text[j] == text[j] {
						letters++
					}
				}
			}
		}
	}
	return plates, letters, all, wrong
}

func TestQuality(t *testing.T) {
	visiontest.Measure(t)
	easy := conditions{small: 180, large: 320, turn: 0.05, yaw: 0.2, sigma: 3}
	hard := conditions{small: 150, large: 260, turn: 0.12, yaw: 0.6, blur: 1, sigma: 5}
	fonts := map[string][]byte{
		"Go Regular": goregular.TTF, "Go Medium": gomedium.TTF, "Go Bold": gobold.TTF, "Go Mono": gomono.TTF, "Go Mono Bold": gomonobold.TTF,
	}
	const n = 30
	for name, ttf := range fonts {
		var others [][]byte
		for other, data := range fonts {
			if other != name {
				others = append(others, data)
			}
		}
		for _, c := range []struct {
			name       string
			conditions conditions
			reader     *reader
			want       float64
		}{
			{"known", easy, standard(), 0.9},
			{"known, hard", hard, standard(), 0.75},
			{"not known", easy, &reader{templates: templates(others...)}, 0.7},
		} {
			t.Run(name+" "+c.name, func(t *testing.T) {
				plates, letters, all, wrong := measured(newFinder(c.reader), faceOf(t, ttf), c.conditions, n, 5)
				t.Logf("%d of %d plates, %.1f %% of letters, %d wrong texts", plates, n, 100*float64(letters)/float64(all), wrong)
				if float64(plates) < c.want*n {
					t.Errorf("want %.0f %%", 100*c.want)
				}
			})
		}
	}
	t.Run("Inconsolata, of another family", func(t *testing.T) {
		plates, letters, all, wrong := measured(newFinder(standard()), inconsolata.Bold8x16, easy, n, 6)
		t.Logf("%d of %d plates, %.1f %% of letters, %d wrong texts", plates, n, 100*float64(letters)/float64(all), wrong)
		if plates < n/4 {
			t.Error("want a quarter at least")
		}
	})
	// Other fonts, for who has some: RIVERO_FONTS is a pattern of files.
	files, _ := filepath.Glob(os.Getenv("RIVERO_FONTS"))
	for _, file := range files {
		ttf, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plates, letters, all, wrong := measured(newFinder(standard()), faceOf(t, ttf), easy, n, 7)
		t.Logf("%s: %d of %d plates, %.1f %% of letters, %d wrong texts", filepath.Base(file), plates, n, 100*float64(letters)/float64(all), wrong)
	}
}

func TestNothing(t *testing.T) {
	visiontest.Measure(t)
	r := rand.New(rand.NewPCG(9, 9))
	finder := newFinder(standard())
	for i := range 60 {
		p := street(640, 480, r)
		visiontest.Noise(p, 4, uint64(i))
		if found := finder.find(p); len(found) > 0 {
			t.Errorf("picture %d has no plate, and %v is read", i, found)
		}
	}
	p := street(640, 480, r)
	mount(p, plateImage(faceOf(t, gobold.TTF), "PARKING"), vision.Point{X: 320, Y: 240}, 300, 0, 0)
	if found := finder.find(p); len(found) > 0 {
		t.Errorf("a word is read as %v", found)
	}
}

func scene(text string) *i420.Picture {
	p := street(640, 480, rand.New(rand.NewPCG(1, 1)))
	if text != "" {
		parsed, err := opentype.Parse(gobold.TTF)
		if err != nil {
			panic(err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 96, DPI: 72})
		if err != nil {
			panic(err)
		}
		mount(p, plateImage(face, text), vision.Point{X: 320, Y: 300}, 240, 0.05, 0.3)
	}
	visiontest.Noise(p, 3, 1)
	return p
}

func TestEvents(t *testing.T) {
	r := visiontest.NewRig(t, Class)
	events := elementtest.Listen(t, r.Element, "PlateDetected")
	elementtest.Must(t, r.Element, "setPlateWidthPercentage", map[string]any{"plateWidthPercentage": 0.3})
	var got *i420.Picture
	for range 20 {
		got = r.Show(scene("1234BCD"))
	}
	visiontest.Save(t, "plate", got)
	if e := events.Await(t, "PlateDetected"); e["plate"] != "1234BCD" || e["type"] != "plate-detected" {
		t.Errorf("event %v", e)
	}
	if more := events.Types(); len(more) > 0 {
		t.Errorf("also %v", more)
	}
	elementtest.Must(t, r.Element, "setPlateWidthPercentage", map[string]any{"plateWidthPercentage": 0.9})
	for range 10 {
		r.Show(scene("5678XYZ"))
	}
	if more := events.Types(); len(more) > 0 {
		t.Errorf("a plate of a third of the width it should have is read: %v", more)
	}
	if _, err := elementtest.Invoke(r.Element, "setPlateWidthPercentage", map[string]any{"plateWidthPercentage": 1.5}); err == nil {
		t.Error("a width of 1.5 is taken")
	}
}

func TestReadings(t *testing.T) {
	var r readings
	var told []string
	see := func(at time.Duration, texts ...string) {
		var plates []plate
		for _, text := range texts {
			plates = append(plates, plate{text: text})
		}
		r.see(plates, at, func(s string) { told = append(told, s) })
	}
	see(0, "A1")
	see(100*time.Millisecond, "B2", "A1")
	see(200*time.Millisecond, "A1")
	see(200*time.Millisecond+gone, "A1")
	see(300*time.Millisecond+gone, "A1")
	if len(told) != 2 || told[0] != "A1" || told[1] != "A1" {
		t.Errorf("told %v", told)
	}
}

func TestAllocations(t *testing.T) {
	p := street(640, 480, rand.New(rand.NewPCG(1, 2)))
	finder := newFinder(standard())
	finder.find(p)
	if n := testing.AllocsPerRun(10, func() { finder.find(p) }); n != 0 {
		t.Errorf("%v allocations per picture", n)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, size := range []image.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}} {
		for name, text := range map[string]string{"nothing": "", "plate": "1234BCD"} {
			b.Run(name+" "+size.String(), func(b *testing.B) {
				p := i420.New(size.X, size.Y)
				i420.NewScaler(size.X, size.Y, 640, 480).Scale(p, scene(text))
				finder := newFinder(standard())
				for b.Loop() {
					finder.find(p)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
			})
		}
	}
}
