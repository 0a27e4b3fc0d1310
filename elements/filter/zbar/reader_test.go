package zbar

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sample is a code, drawn by gozxing, and what ZBar 0.23.92 (zbarimg) says to it.
type sample struct {
	name   string
	text   string
	writer gozxing.Writer
	format gozxing.BarcodeFormat
	want   code
}

var samples = []sample{
	{"QR", "https://example.org/qr?x=1", qrcode.NewQRCodeWriter(), gozxing.BarcodeFormat_QR_CODE, code{"QR-Code", "https://example.org/qr?x=1"}},
	{"QR in Unicode", "ä€😀", qrcode.NewQRCodeWriter(), gozxing.BarcodeFormat_QR_CODE, code{"QR-Code", "ä€😀"}},
	{"EAN-13", "5901234123457", oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, code{"EAN-13", "5901234123457"}},
	{"ISBN", "9783161484100", oned.NewEAN13Writer(), gozxing.BarcodeFormat_EAN_13, code{"EAN-13", "9783161484100"}},
	{"EAN-8", "96385074", oned.NewEAN8Writer(), gozxing.BarcodeFormat_EAN_8, code{"EAN-8", "96385074"}},
	{"UPC-A", "036000291452", oned.NewUPCAWriter(), gozxing.BarcodeFormat_UPC_A, code{"EAN-13", "0036000291452"}},
	{"UPC-E", "01234565", oned.NewUPCEWriter(), gozxing.BarcodeFormat_UPC_E, code{"EAN-13", "0012345000065"}},
	{"Code 128", "R-128", oned.NewCode128Writer(), gozxing.BarcodeFormat_CODE_128, code{"CODE-128", "R-128"}},
	{"Code 39", "R 39", oned.NewCode39Writer(), gozxing.BarcodeFormat_CODE_39, code{"CODE-39", "R 39"}},
	{"Code 93", "R93", oned.NewCode93Writer(), gozxing.BarcodeFormat_CODE_93, code{"CODE-93", "R93"}},
	{"Interleaved 2 of 5", "12345678", oned.NewITFWriter(), gozxing.BarcodeFormat_ITF, code{"I2/5", "12345678"}},
	{"Codabar", "A12345B", oned.NewCodaBarWriter(), gozxing.BarcodeFormat_CODABAR, code{"Codabar", "A12345B"}},
}

// modules are the black and white of a code, [row][column]; a bar code is half as high as wide.
func (s sample) modules(t testing.TB) [][]bool {
	t.Helper()
	m, err := s.writer.Encode(s.text, s.format, 1, 1, map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_MARGIN: 0})
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	if m.GetHeight() == 1 {
		return bars(func(x int) bool { return m.Get(x, 0) }, m.GetWidth())
	}
	rows := make([][]bool, m.GetHeight())
	for y := range rows {
		for x := range m.GetWidth() {
			rows[y] = append(rows[y], m.Get(x, y))
		}
	}
	return rows
}

func bars(black func(x int) bool, width int) [][]bool {
	row := make([]bool, width)
	for x := range row {
		row[x] = black(x)
	}
	return slices.Repeat([][]bool{row}, (width+1)/2)
}

// view is how a code is seen.
type view struct {
	module float64 // width of a module in pixels
	angle  float64 // in degrees
	blur   int     // times that each pixel is the mean of nine
	noise  float64 // levels of luma, standard deviation
	x, y   float64 // from the middle of the picture
}

// draw draws a code into a picture of grey.
func draw(p *i420.Picture, modules [][]bool, v view) {
	sin, cos := math.Sincos(v.angle * math.Pi / 180)
	w, h := float64(len(modules[0])), float64(len(modules))
	quiet := 10.0 // of a bar code to the sides (GS1 General Specifications); of the others less
	at := func(x, y float64) float64 {
		dx, dy := (x-v.x-float64(p.Width)/2)/v.module, (y-v.y-float64(p.Height)/2)/v.module
		c, r := cos*dx+sin*dy+w/2, -sin*dx+cos*dy+h/2
		switch {
		case c < -quiet || r < -4 || c >= w+quiet || r >= h+4:
			return -1
		case c >= 0 && r >= 0 && c < w && r < h && modules[int(r)][int(c)]:
			return 45
		}
		return 215
	}
	const fine = 2 // samples for a pixel, in both directions
	radius := v.module * math.Hypot(w/2+quiet+1, h/2+quiet+1)
	for y := range p.Height {
		for x := range p.Width {
			if math.Hypot(float64(x)-v.x-float64(p.Width)/2, float64(y)-v.y-float64(p.Height)/2) > radius {
				continue
			}
			sum := 0.0
			for i := range fine * fine {
				s := at(float64(x)+(float64(i%fine)+0.5)/fine, float64(y)+(float64(i/fine)+0.5)/fine)
				if s < 0 {
					s = float64(p.Y[y*p.YStride+x])
				}
				sum += s
			}
			p.Y[y*p.YStride+x] = byte(sum / fine / fine)
		}
	}
	for range v.blur {
		blur(p)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range p.Y {
		p.Y[i] = byte(min(235, max(16, float64(p.Y[i])+v.noise*random.NormFloat64())))
	}
}

func blur(p *i420.Picture) {
	from := p.Clone()
	for y := 1; y < p.Height-1; y++ {
		for x := 1; x < p.Width-1; x++ {
			sum := 0
			for i := range 9 {
				sum += int(from.Y[(y+i/3-1)*p.YStride+x+i%3-1])
			}
			p.Y[y*p.YStride+x] = byte(sum / 9)
		}
	}
}

func grey(width, height int) *i420.Picture {
	p := i420.New(width, height)
	p.Fill(i420.Color{Y: 128, U: 128, V: 128})
	return p
}

// readTwice reads a picture in both ways.
func readTwice(t testing.TB, p *i420.Picture) (codes []code) {
	t.Helper()
	r := newReader()
	for range 2 {
		found, err := r.read(p.Clone())
		if err != nil {
			t.Error(err)
		}
		for _, c := range found {
			codes = add(codes, c)
		}
	}
	return codes
}

func TestCodesHaveTheNamesOfZBar(t *testing.T) {
	for _, s := range samples {
		p := grey(320, 240)
		draw(p, s.modules(t), view{module: 2.5, angle: 3, noise: 2})
		if got := readTwice(t, p); !slices.Equal(got, []code{s.want}) {
			t.Errorf("%s: read %v, want %v", s.name, got, s.want)
		}
	}
}

// TestDataBar reads 09501101530010, of which gozxing draws none.
func TestDataBar(t *testing.T) {
	const text = "10000010100000101000111110000010111101101011100100011011101000101100000000111001110110111001101"
	p := grey(320, 240)
	draw(p, bars(func(x int) bool { return text[x] == '1' }, len(text)), view{module: 3})
	if got, want := readTwice(t, p), (code{"DataBar", "0109501101530010"}); !slices.Equal(got, []code{want}) {
		t.Errorf("read %v, want %v", got, want)
	}
}

// TestQuality has the limits that docs/filters.md names.
func TestQuality(t *testing.T) {
	var views []view
	for _, angle := range []float64{0, 30, 45, 60, 90, 200} {
		views = append(views, view{module: 3, angle: angle, noise: 2})
	}
	views = append(views, view{module: 2, noise: 2}, view{module: 3.7, angle: 10, noise: 2}, view{module: 3, angle: 3, blur: 2, noise: 2},
		view{module: 3, angle: 3, noise: 5})
	for _, s := range samples {
		if s.name != "QR" && s.name != "EAN-13" && s.name != "Code 128" {
			continue
		}
		modules := s.modules(t)
		for _, v := range views {
			p := grey(400, 400)
			draw(p, modules, v)
			if got := readTwice(t, p); !slices.Equal(got, []code{s.want}) {
				t.Errorf("%s, %+v: read %v, want %v", s.name, v, got, s.want)
			}
		}
	}
}

func TestSeveralCodes(t *testing.T) {
	p := grey(1280, 720)
	places := []view{{module: 4, x: -400, y: -150}, {module: 4, x: 300, y: -150}, {module: 3, x: -300, y: 200}, {module: 3, x: 300, y: 200}}
	var want []code
	for i, name := range []string{"QR", "QR in Unicode", "EAN-13", "Code 128"} {
		s := samples[slices.IndexFunc(samples, func(s sample) bool { return s.name == name })]
		draw(p, s.modules(t), places[i])
		want = append(want, s.want)
	}
	got := readTwice(t, p)
	for _, c := range want {
		if !slices.Contains(got, c) {
			t.Errorf("%v is missing", c)
		}
	}
	if len(got) != len(want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func TestNothingIsNoCode(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pictures := map[string]*i420.Picture{"grey": grey(640, 480), "one pixel": grey(1, 1), "thin": grey(3, 2000), "flat": grey(2000, 3)}
	for name, pixel := range map[string]func(x, y int) byte{
		"noise":   func(int, int) byte { return byte(random.IntN(256)) },
		"stripes": func(x, _ int) byte { return byte(x / 3 % 2 * 200) },
		"squares": func(x, y int) byte { return byte((x/8 + y/8) % 2 * 200) },
		"rings":   func(x, y int) byte { return byte(128 + 100*math.Sin(math.Hypot(float64(x-160), float64(y-120))/3)) },
	} {
		p := grey(320, 240)
		for i := range p.Y {
			p.Y[i] = pixel(i%320, i/320)
		}
		pictures[name] = p
	}
	for _, name := range []string{"collins", "hopper"} {
		pictures[name] = file(t, "../face/testdata/"+name+".jpg")
	}
	for name, p := range pictures {
		if got := readTwice(t, p); len(got) > 0 {
			t.Errorf("%s: read %v", name, got)
		}
	}
}

func file(t testing.TB, path string) *i420.Picture {
	t.Helper()
	f, err := os.Open(path)
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

func TestSharedPicture(t *testing.T) {
	p := file(t, fftest.Shared(t, "media/qr.png"))
	if got, want := readTwice(t, p), (code{"QR-Code", "https://example.org/qr?x=1"}); !slices.Equal(got, []code{want}) {
		t.Errorf("read %v, want %v", got, want)
	}
}

// FuzzRead shows any picture to the reader, also damaged codes: it may find nothing, but must come back.
func FuzzRead(f *testing.F) {
	for _, s := range samples {
		p := grey(120, 80)
		draw(p, s.modules(f), view{module: 1})
		f.Add(uint16(120), []byte(p.Y))
	}
	f.Add(uint16(1), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, width uint16, luma []byte) {
		w := int(width)%400 + 1
		h := len(luma) / w
		if h < 1 || h > 400 {
			t.Skip("no picture")
		}
		p := grey(w, h)
		copy(p.Y, luma)
		r := newReader()
		for range 2 {
			if _, err := r.read(p); err != nil {
				t.Log(err) // gozxing has panicked, we have not
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		portrait := i420.New(size[0], size[1])
		i420.NewScaler(size[0], size[1], 512, 512).Scale(portrait, file(b, "../face/testdata/collins.jpg"))
		qr := portrait.Clone()
		draw(qr, samples[0].modules(b), view{module: 4, angle: 10})
		for name, p := range map[string]*i420.Picture{"QR": qr, "no code": portrait} {
			b.Run(fmt.Sprintf("%dx%d, %s", size[0], size[1], name), func(b *testing.B) {
				r, shown := newReader(), i420.New(p.Width, p.Height)
				for b.Loop() {
					i420.Copy(shown, p)
					if _, err := r.read(shown); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
