package i420

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
)

func random(width, height int, seed uint64) *Picture {
	p := New(width, height)
	r := rand.New(rand.NewPCG(seed, 1))
	for _, l := range p.planes() {
		for y := range l.height {
			for x := range l.row(y) {
				l.row(y)[x] = byte(r.Uint32())
			}
		}
	}
	return p
}

func equal(a, b *Picture) error {
	from := b.planes()
	for i, l := range a.planes() {
		for y := range l.height {
			if !bytes.Equal(l.row(y), from[i].row(y)) {
				return fmt.Errorf("plane %d differs in row %d", i, y)
			}
		}
	}
	return nil
}

// covered is the share of pixel j of the source in pixel i of the result, by the definition of area or linear scaling.
func covered(i, j, dst, src int) float64 {
	ratio := float64(src) / float64(dst)
	if src > 2*dst {
		low, high := float64(i)*ratio, float64(i+1)*ratio
		return max(0, min(high, float64(j+1))-max(low, float64(j))) / ratio
	}
	at := min(max((float64(i)+0.5)*ratio-0.5, 0), float64(src-1))
	return max(0, 1-math.Abs(at-float64(j)))
}

// TestScale compares with the definition in floating point.
func TestScale(t *testing.T) {
	for _, size := range [][4]int{ // to, from
		{32, 18, 64, 36}, {16, 8, 64, 32}, {48, 27, 48, 27}, {17, 9, 64, 36}, {100, 60, 33, 17}, {64, 36, 1, 1}, {1, 1, 64, 36},
		{1, 7, 5, 3}, {30, 17, 301, 173}, {63, 35, 64, 36}, {40, 90, 160, 30}, {2, 2, 3, 3}, {33, 33, 66, 66},
	} {
		src, dst := random(size[2], size[3], 7), New(size[0], size[1])
		NewScaler(size[0], size[1], size[2], size[3]).Scale(dst, src)
		from := src.planes()
		for i, l := range dst.planes() {
			worst := 0.0
			for y := range l.height {
				for x := range l.width {
					want := 0.0
					for sy := range from[i].height {
						wy := covered(y, sy, l.height, from[i].height)
						for sx := 0; wy > 0 && sx < from[i].width; sx++ {
							want += wy * covered(x, sx, l.width, from[i].width) * float64(from[i].row(sy)[sx])
						}
					}
					worst = max(worst, math.Abs(want-float64(l.row(y)[x])))
				}
			}
			if worst > 0.6 {
				t.Errorf("%v: plane %d is off by up to %.2f", size, i, worst)
			}
		}
	}
}

func TestScaleKeepsFlatColours(t *testing.T) {
	for _, size := range [][4]int{{7, 5, 64, 36}, {640, 360, 1280, 720}, {320, 180, 1280, 720}, {213, 119, 1281, 721}, {333, 211, 64, 36}} {
		for _, c := range []Color{{0, 0, 0}, {255, 255, 255}, {16, 128, 200}} {
			src, dst, want := New(size[2], size[3]), New(size[0], size[1]), New(size[0], size[1])
			src.Fill(c)
			want.Fill(c)
			NewScaler(size[0], size[1], size[2], size[3]).Scale(dst, src)
			if err := equal(dst, want); err != nil {
				t.Errorf("%v %v: %v", size, c, err)
			}
		}
	}
}

func TestNothingIsAllocatedPerPicture(t *testing.T) {
	src, dst := random(640, 360, 1), New(200, 120)
	s := NewScaler(200, 120, 640, 360)
	var pool Pool
	pool.Put(pool.Get(640, 360))
	if n := testing.AllocsPerRun(20, func() { s.Scale(dst, src) }); n != 0 {
		t.Errorf("scaling allocates %v times", n)
	}
	big := New(64, 64)
	if n := testing.AllocsPerRun(20, func() { big.Resize(31, 17); big.Resize(64, 64) }); n != 0 {
		t.Errorf("another size allocates %v times", n)
	}
}

func TestCropAndFit(t *testing.T) {
	p := random(31, 17, 3)
	part := p.Crop(image.Rect(5, 3, 20, 17))
	if part.Width != 16 || part.Height != 15 || part.Y[0] != p.Y[2*p.YStride+4] || part.V[0] != p.V[p.CStride+2] {
		t.Errorf("part of %dx%d", part.Width, part.Height)
	}
	part.Fill(Black)
	if p.Y[2*p.YStride+4] != 16 || p.Y[2*p.YStride+3] != random(31, 17, 3).Y[2*p.YStride+3] {
		t.Error("the part is not a view of just its pixels")
	}
	part.Resize(4, 4)
	part.Fill(Color{1, 2, 3})
	if p.Y[2*p.YStride+4] != 16 {
		t.Error("a view that gets another size writes into the picture")
	}
	for _, test := range []struct {
		width, height, srcWidth, srcHeight int
		want                               image.Rectangle
	}{
		{640, 360, 320, 180, image.Rect(0, 0, 640, 360)},
		{640, 360, 480, 360, image.Rect(80, 0, 560, 360)},
		{640, 480, 1280, 720, image.Rect(0, 60, 640, 420)},
		{100, 100, 1, 10000, image.Rect(48, 0, 49, 100)},
	} {
		if got := Fit(test.width, test.height, test.srcWidth, test.srcHeight); got != test.want {
			t.Errorf("%v: got %v", test, got)
		}
	}
	for _, bad := range []func(){
		func() { p.Crop(image.Rect(0, 0, 32, 17)) }, func() { p.Crop(image.Rect(4, 4, 4, 4)) }, func() { New(0, 5) }, func() { New(5, MaxSize+1) },
		func() { Copy(New(2, 2), New(2, 4)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a mistake was not noticed")
				}
			}()
			bad()
		}()
	}
}

func TestColours(t *testing.T) {
	known := map[[3]byte]Color{ // BT.601, limited range
		{0, 0, 0}: {16, 128, 128}, {255, 255, 255}: {235, 128, 128}, {255, 0, 0}: {81, 90, 240}, {0, 255, 0}: {145, 54, 34}, {0, 0, 255}: {41, 240, 110},
	}
	for rgb, want := range known {
		if got := FromRGB(rgb[0], rgb[1], rgb[2]); got != want {
			t.Errorf("%v is %v, want %v", rgb, got, want)
		}
		r, g, b := want.RGB()
		for i, v := range []byte{r, g, b} {
			if math.Abs(float64(v)-float64(rgb[i])) > 2 {
				t.Errorf("%v comes back as %d %d %d", rgb, r, g, b)
			}
		}
	}
}

func TestImages(t *testing.T) {
	img := image.NewNRGBA(image.Rect(3, 5, 3+21, 5+13))
	for y := range 13 {
		for x := range 21 {
			img.SetNRGBA(3+x, 5+y, color.NRGBA{byte(x / 2 * 2 * 12), byte(y / 2 * 2 * 19), 99, 255})
		}
	}
	back := FromImage(img).Image()
	for y := range 12 { // the last row and column have chroma of their own pixels alone
		for x := range 20 {
			a, b := img.NRGBAAt(3+x, 5+y), back.NRGBAAt(x, y)
			if d := math.Abs(float64(a.R)-float64(b.R)) + math.Abs(float64(a.G)-float64(b.G)) + math.Abs(float64(a.B)-float64(b.B)); d > 9 {
				t.Fatalf("pixel %d,%d: %v became %v", x, y, a, b)
			}
		}
	}
	p := random(40, 30, 9)
	var file bytes.Buffer
	if err := p.EncodeJPEG(&file, 90); err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeImage(bytes.NewReader(file.Bytes())); err != nil || got.Bounds().Dx() != 40 {
		t.Errorf("jpeg: %v %v", got, err)
	}
	file.Reset()
	if err := p.EncodePNG(&file); err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeImage(bytes.NewReader(file.Bytes())); err != nil || got.Bounds().Dy() != 30 {
		t.Errorf("png: %v %v", got, err)
	}
	file.Reset()
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 4000, 3000))); err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeImage(bytes.NewReader(file.Bytes())); !errors.Is(err, errImageSize) {
		t.Errorf("12 Mi pixels: %v", err)
	}
}

func TestOverlay(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for y := range 4 {
		for x := range 6 {
			img.SetNRGBA(x, y, color.NRGBA{255, 255, 255, []byte{0, 128, 255}[x/2]})
		}
	}
	o := NewOverlay(img)
	for _, at := range []image.Point{{0, 0}, {4, 2}, {-2, -2}, {7, 5}, {100, 0}, {0, -100}} {
		dst := New(10, 8)
		dst.Fill(Black)
		o.Draw(dst, at.X, at.Y)
		for y := range 8 {
			for x := range 10 {
				want := byte(16)
				if ox, oy := x-at.X&^1, y-at.Y&^1; ox >= 0 && ox < 6 && oy >= 0 && oy < 4 {
					want = []byte{16, 126, 235}[ox/2]
				}
				if got := dst.Y[y*dst.YStride+x]; got != want {
					t.Errorf("at %v: pixel %d,%d is %d, want %d", at, x, y, got, want)
				}
			}
		}
	}
	if w, h := o.Scaled(12, 8).Size(); w != 12 || h != 8 {
		t.Errorf("scaled to %dx%d", w, h)
	}
}

func FuzzDecodeImage(f *testing.F) {
	var file bytes.Buffer
	if err := New(4, 4).EncodePNG(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(file.Bytes()))
	file.Reset()
	if err := New(4, 4).EncodeJPEG(&file, 50); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(file.Bytes()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if img, err := DecodeImage(bytes.NewReader(data)); err == nil && img.Bounds().Dx() < 64 && img.Bounds().Dy() < 64 {
			NewOverlay(img).Draw(New(16, 16), -1, 3)
		}
	})
}

func BenchmarkScale(b *testing.B) {
	for _, size := range [][4]int{{640, 360, 1280, 720}, {320, 180, 1280, 720}, {320, 240, 1280, 720}, {854, 480, 1280, 720}, {1280, 720, 640, 360}} {
		b.Run(fmt.Sprintf("%dx%d to %dx%d", size[2], size[3], size[0], size[1]), func(b *testing.B) {
			src, dst := random(size[2], size[3], 1), New(size[0], size[1])
			s := NewScaler(size[0], size[1], size[2], size[3])
			b.ReportAllocs()
			for b.Loop() {
				s.Scale(dst, src)
			}
		})
	}
}

func BenchmarkDraw(b *testing.B) {
	o, dst := NewOverlay(image.NewNRGBA(image.Rect(0, 0, 320, 180))), New(1280, 720)
	for b.Loop() {
		o.Draw(dst, 100, 100)
	}
}
