package platedetector

import (
	"image"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/rivero-media/rivero/elements/modules/vision"
)

// alphabet are the letters on plates.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// reader reads letters by their likeness to those of fonts: the correlation of their grey values, in a small size.
type reader struct {
	templates []template
	features  features // of the letter that is read
}

// Letters are compared in this size, whatever their shape is; that is compared besides.
const columns, rows = 12, 18

type features [columns * rows]float32

type template struct {
	letter byte
	aspect float64 // width by height, as a logarithm
	features
}

// standard is the reader for plates. Its letters are made when the first one is asked for.
var standardTemplates = sync.OnceValue(func() []template {
	return templates(goregular.TTF, gomedium.TTF, gobold.TTF, gomono.TTF, gomonobold.TTF)
})

func standard() *reader { return &reader{templates: standardTemplates()} }

// leans are by how much letters are bent to the side for the templates, in their height: perspective does so.
var leans = [...]float64{-0.12, 0, 0.12}

// templates are the letters of fonts. The fonts are part of the program, and what cannot be read of them is a mistake in it.
func templates(fonts ...[]byte) []template {
	var list []template
	for _, ttf := range fonts {
		parsed, err := opentype.Parse(ttf)
		if err != nil {
			panic(err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 64, DPI: 72})
		if err != nil {
			panic(err)
		}
		for _, letter := range alphabet {
			shape := drawn(face, letter)
			for _, lean := range leans {
				list = append(list, newTemplate(byte(letter), leaning(shape, lean)))
			}
		}
	}
	return list
}

// drawn is a letter, dark on light, cut to its borders.
func drawn(face font.Face, letter rune) *vision.Gray {
	bounds, _, _ := face.GlyphBounds(letter)
	w, h := (bounds.Max.X - bounds.Min.X).Ceil(), (bounds.Max.Y - bounds.Min.Y).Ceil()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	d := font.Drawer{Dst: img, Src: image.Black, Face: face, Dot: fixed.Point26_6{X: -bounds.Min.X, Y: -bounds.Min.Y}}
	d.DrawString(string(letter))
	return &vision.Gray{Width: w, Height: h, Pix: img.Pix}
}

// leaning bends a letter to the side.
func leaning(g *vision.Gray, lean float64) *vision.Gray {
	extra := int(math.Ceil(math.Abs(lean) * float64(g.Height)))
	to := &vision.Gray{}
	to.Resize(g.Width+extra, g.Height)
	for y := range to.Height {
		shift := lean * float64(y)
		if lean < 0 {
			shift += float64(extra)
		}
		for x := range to.Width {
			at := float64(x) + 0.5 - shift
			v := 255.0
			if at > -0.5 && at < float64(g.Width)+0.5 {
				v = g.Between(at, float64(y)+0.5)
			}
			to.Pix[y*to.Width+x] = byte(v)
		}
	}
	return to
}

func newTemplate(letter byte, g *vision.Gray) template {
	t := template{letter: letter, aspect: math.Log(float64(g.Width) / float64(g.Height))}
	t.take(g, image.Rect(0, 0, g.Width, g.Height))
	return t
}

// take makes features of a part of g: means of its cells, with a mean of 0 and a length of 1.
func (f *features) take(g *vision.Gray, r image.Rectangle) {
	const fine = 3 // samples of a cell along each axis
	var sum, squares float32
	for i := range f {
		cx, cy := i%columns, i/columns
		v := 0.0
		for j := range fine * fine {
			x := (float64(cx) + (float64(j%fine)+0.5)/fine) / columns
			y := (float64(cy) + (float64(j/fine)+0.5)/fine) / rows
			v += g.Between(float64(r.Min.X)+x*float64(r.Dx()), float64(r.Min.Y)+y*float64(r.Dy()))
		}
		f[i] = float32(v)
		sum += f[i]
	}
	mean := sum / float32(len(f))
	for i := range f {
		f[i] -= mean
		squares += f[i] * f[i]
	}
	if length := float32(math.Sqrt(float64(squares))); length > 0 {
		for i := range f {
			f[i] /= length
		}
	}
}

// guess is what a letter may be.
type guess struct {
	letter, digit         byte
	letterLike, digitLike float64 // how much it is like them: 1 for the same
}

// best is the more likely one of both, and how much the letter is like it.
func (g guess) best() (byte, float64) {
	if g.digitLike > g.letterLike {
		return g.digit, g.digitLike
	}
	return g.letter, g.letterLike
}

// doubtful: which of both it is cannot be told by its shape, as O and 0 cannot in many fonts.
func (g guess) doubtful() bool {
	limit := doubt
	if g.letter == 'O' && g.digit == '0' {
		limit = twinDoubt
	}
	return math.Abs(g.digitLike-g.letterLike) < limit
}

const (
	// shapeWeight is how much less alike letters are whose widths differ.
	shapeWeight = 0.25
	// alike is the likeness that every letter needs, likely the one that their mean needs.
	alike, likely = 0.55, 0.75
	// doubt is the difference in likeness that tells nothing, twinDoubt that between O and 0: which is wider is up to the font.
	doubt, twinDoubt = 0.05, 0.12
)

// letter says what a part of g is most like.
func (r *reader) letter(g *vision.Gray, part image.Rectangle) guess {
	r.features.take(g, part)
	aspect := math.Log(float64(part.Dx()) / float64(part.Dy()))
	best := guess{letterLike: -1, digitLike: -1}
	for i := range r.templates {
		t := &r.templates[i]
		to, most := &best.letter, &best.letterLike
		if isDigit(t.letter) {
			to, most = &best.digit, &best.digitLike
		}
		off := aspect - t.aspect
		penalty := shapeWeight * off * off
		if 1-penalty <= *most {
			continue
		}
		var sum float32
		for j, v := range t.features {
			sum += v * r.features[j]
		}
		if v := float64(sum) - penalty; v > *most {
			*to, *most = t.letter, v
		}
	}
	return best
}

// line reads letters that stand in a row; false: that is no plate.
func (r *reader) line(g *vision.Gray, letters []image.Rectangle) (string, bool) {
	if len(letters) < fewest || len(letters) > most {
		return "", false
	}
	var guesses [most]guess
	sum := 0.0
	for i, l := range letters {
		guesses[i] = r.letter(g, l)
		_, likeness := guesses[i].best()
		if likeness < alike {
			return "", false
		}
		sum += likeness
	}
	if sum/float64(len(letters)) < likely {
		return "", false
	}
	text := agreed(guesses[:len(letters)])
	return string(text), digits(text) >= 2 // words on signs have no digits
}

// agreed decides what is doubtful by what is not: plates have groups of digits and of letters.
func agreed(guesses []guess) []byte {
	text := make([]byte, len(guesses))
	for i, g := range guesses {
		text[i], _ = g.best()
		if !g.doubtful() {
			continue
		}
		numbers, words := 0, 0
		for _, j := range []int{i - 1, i + 1} {
			if j < 0 || j >= len(guesses) || guesses[j].doubtful() {
				continue
			}
			if c, _ := guesses[j].best(); isDigit(c) {
				numbers++
			} else {
				words++
			}
		}
		switch { // where a group of digits meets one of letters, the shape has to do
		case numbers > 0 && words == 0:
			text[i] = g.digit
		case words > 0 && numbers == 0:
			text[i] = g.letter
		}
	}
	return text
}

func digits(text []byte) (n int) {
	for _, c := range text {
		if isDigit(c) {
			n++
		}
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
