package face_test

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/filter/face"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// portraits are the pictures of testdata, with the box from brow to chin, drawn by hand.
var portraits = map[string]image.Rectangle{
	"collins.jpg": image.Rect(170, 62, 282, 174),
	"hopper.jpg":  image.Rect(158, 98, 372, 312),
}

func portrait(t testing.TB, name string) *i420.Picture {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := i420.DecodeImage(f)
	if err != nil {
		t.Fatal(err)
	}
	return i420.FromImage(img)
}

// scene is a grey picture with another one in it, at a place and in a size; the second value maps rectangles.
func scene(width, height int, p *i420.Picture, x, y, side int) (*i420.Picture, func(image.Rectangle) image.Rectangle) {
	s := i420.New(width, height)
	s.Fill(i420.Color{Y: 110, U: 128, V: 128})
	scaled := i420.New(side, side)
	i420.NewScaler(side, side, p.Width, p.Height).Scale(scaled, p)
	i420.Copy(s.Crop(image.Rect(x, y, x+side, y+side)), scaled)
	return s, func(r image.Rectangle) image.Rectangle {
		at := func(v int) int { return v * side / p.Width }
		return image.Rect(x+at(r.Min.X), y+at(r.Min.Y), x+at(r.Max.X), y+at(r.Max.Y))
	}
}

func overlap(a, b image.Rectangle) float64 {
	area := func(r image.Rectangle) float64 { return float64(r.Dx() * r.Dy()) }
	both := area(a.Intersect(b))
	return both / (area(a) + area(b) - both)
}

func TestFacesAreFound(t *testing.T) {
	for name, box := range portraits {
		p := portrait(t, name)
		for _, size := range [][2]int{{160, 120}, {640, 480}, {1280, 720}, {720, 1280}} {
			side := min(size[0], size[1]) * 9 / 10 &^ 1
			s, within := scene(size[0], size[1], p, (size[0]-side)/2&^1, (size[1]-side)/2&^1, side)
			var d face.Detector
			found := d.Detect(s)
			if want := within(box); len(found) != 1 || overlap(found[0], want) < 0.5 {
				t.Errorf("%s, %d of %v: found %v, want %v", name, side, size, found, want)
			}
		}
	}
}

func TestSeveralFacesAreFound(t *testing.T) {
	a, b := portrait(t, "collins.jpg"), portrait(t, "hopper.jpg")
	s, first := scene(1280, 720, a, 0, 0, 720)
	small := i420.New(400, 400)
	i420.NewScaler(400, 400, b.Width, b.Height).Scale(small, b)
	i420.Copy(s.Crop(image.Rect(800, 200, 1200, 600)), small)
	var d face.Detector
	found := d.Detect(s)
	h := portraits["hopper.jpg"]
	second := image.Rect(800+h.Min.X*400/512, 200+h.Min.Y*400/512, 800+h.Max.X*400/512, 200+h.Max.Y*400/512)
	if len(found) != 2 || overlap(found[0], first(portraits["collins.jpg"])) < 0.5 || overlap(found[1], second) < 0.5 {
		t.Errorf("found %v", found)
	}
}

// noFaces are pictures that people or cameras make, with no face in them.
func noFaces() map[string]*i420.Picture {
	random := rand.New(rand.NewPCG(1, 2))
	paint := func(c func(x, y int) byte) *i420.Picture {
		p := i420.New(640, 480)
		p.Fill(i420.Color{Y: 128, U: 128, V: 128})
		for y := range p.Height {
			for x := range p.Width {
				p.Y[y*p.YStride+x] = c(x, y)
			}
		}
		return p
	}
	return map[string]*i420.Picture{
		"noise":        paint(func(int, int) byte { return byte(random.IntN(256)) }),
		"black":        paint(func(int, int) byte { return 16 }),
		"checkerboard": paint(func(x, y int) byte { return byte((x/32 + y/32) % 2 * 200) }),
		"gradient":     paint(func(x, y int) byte { return byte(x * 255 / 640) }),
		"stripes":      paint(func(x, y int) byte { return byte(y / 12 % 2 * 200) }),
		"rings":        paint(func(x, y int) byte { return byte(128 + 100*math.Sin(math.Hypot(float64(x-320), float64(y-240))/9)) }),
		"one pixel":    i420.New(1, 1),
		"thin":         i420.New(2000, 3),
	}
}

func TestNothingIsNoFace(t *testing.T) {
	for name, p := range noFaces() {
		var d face.Detector
		if found := d.Detect(p); len(found) > 0 {
			t.Errorf("%s: found %v", name, found)
		}
	}
}

const frame = time.Second / 30

func TestAMovingFaceIsFollowed(t *testing.T) {
	for _, speed := range []int{0, 2, 6} { // pixels a picture, of a face of 70
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			p := portrait(t, "collins.jpg")
			var f face.Follower
			worst, shown := 1.0, 0
			for n := range 40 {
				at := n * speed % 640
				if at > 320 {
					at = 640 - at // and back
				}
				s, within := scene(640, 360, p, at&^1, 20, 320)
				boxes := f.Follow(s, time.Duration(n)*frame)
				if len(boxes) > 1 {
					t.Fatalf("picture %d: %v", n, boxes)
				}
				if len(boxes) == 1 {
					shown++
					worst = min(worst, overlap(boxes[0], within(portraits["collins.jpg"])))
				}
			}
			t.Logf("shown in %d pictures of 40, overlap at least %.2f", shown, worst)
			if shown < 35 || worst < 0.5 {
				t.Errorf("shown in %d pictures of 40, overlap %.2f", shown, worst)
			}
		})
	}
}

func TestAStillFaceHasAStillBox(t *testing.T) {
	p := portrait(t, "hopper.jpg")
	random := rand.New(rand.NewPCG(3, 4))
	s, _ := scene(640, 360, p, 150, 0, 360)
	var f face.Follower
	var first, last image.Rectangle
	moves := 0
	for n := range 35 {
		noisy := s.Clone()
		for i := range noisy.Y {
			noisy.Y[i] = byte(min(235, max(16, int(noisy.Y[i])+random.IntN(17)-8)))
		}
		boxes := f.Follow(noisy, time.Duration(n)*frame)
		if n < 15 {
			continue
		}
		if len(boxes) != 1 {
			t.Fatalf("picture %d: %v", n, boxes)
		}
		if first.Empty() {
			first, last = boxes[0], boxes[0]
		}
		if boxes[0] != last {
			moves++
			last = boxes[0]
		}
		if d := last.Min.Sub(first.Min); max(d.X, -d.X, d.Y, -d.Y) > first.Dx()/25 {
			t.Errorf("picture %d: from %v to %v", n, first, last)
		}
	}
	t.Logf("%d moves in 20 pictures", moves)
	if moves > 4 {
		t.Errorf("%d moves in 20 pictures of a face that is still", moves)
	}
}

func TestFacesComeAndGoWithoutFlicker(t *testing.T) {
	with, _ := scene(640, 360, portrait(t, "collins.jpg"), 100, 0, 360)
	without := i420.New(640, 360)
	without.Fill(i420.Black)
	var f face.Follower
	at := time.Duration(0)
	show := func(p *i420.Picture, pictures int) (shown int) {
		for range pictures {
			shown += len(f.Follow(p, at))
			at += frame
		}
		return shown
	}
	if show(with, 2); show(without, 30) != 0 {
		t.Error("what was there for two pictures is shown")
	}
	show(with, 15)
	if n := show(with, 10); n != 10 {
		t.Errorf("shown in %d pictures of 10", n)
	}
	if n := show(without, 10); n != 10 {
		t.Errorf("shown for %d pictures of 10 in which the face was hidden", n)
	}
	if n := show(with, 10); n != 10 {
		t.Errorf("shown in %d pictures of 10 after that", n)
	}
	if show(without, 40); show(without, 1) != 0 {
		t.Error("shown long after it is gone")
	}
	show(with, 15)
	at += 2 * time.Second
	if n := show(without, 1); n != 0 {
		t.Error("shown after a gap")
	}
}

func TestSizesMayChange(t *testing.T) {
	var f face.Follower
	p := portrait(t, "collins.jpg")
	n := 0
	for _, height := range []int{360, 180, 1, 480} {
		var boxes []image.Rectangle
		s, within := scene(height*16/9, height, p, 0, 0, height)
		for range 20 {
			boxes = f.Follow(s, time.Duration(n)*frame)
			n++
		}
		if height == 1 {
			continue
		}
		if len(boxes) != 1 || overlap(boxes[0], within(portraits["collins.jpg"])) < 0.5 {
			t.Errorf("height %d: %v", height, boxes)
		}
	}
}

func TestNothingAllocatesWithoutFaces(t *testing.T) {
	for name, p := range noFaces() {
		var f face.Follower
		n := time.Duration(0)
		if allocated := testing.AllocsPerRun(15, func() { f.Follow(p, n*frame); n++ }); allocated != 0 {
			t.Errorf("%s: %v allocations for a picture", name, allocated)
		}
	}
}

func BenchmarkFollow(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		with, _ := scene(size[0], size[1], portrait(b, "collins.jpg"), 0, 0, size[1])
		without, _ := scene(size[0], size[1], noFaces()["rings"], 0, 0, size[1])
		for name, p := range map[string]*i420.Picture{"a face": with, "none": without} {
			b.Run(fmt.Sprintf("%dx%d %s", size[0], size[1], name), func(b *testing.B) {
				var f face.Follower
				n := time.Duration(0)
				for b.Loop() {
					f.Follow(p, n*frame)
					n++
				}
			})
		}
	}
}

func BenchmarkDetect(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		s, _ := scene(size[0], size[1], portrait(b, "collins.jpg"), 0, 0, size[1])
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			var d face.Detector
			for b.Loop() {
				d.Detect(s)
			}
		})
	}
}
