package text_test

import (
	"flag"
	"image/color"
	"os"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/i420/text"
)

var keep = flag.String("keep", "", "a file for the picture of TestLooks, for eyes")

// TestLooks draws what a test can say little about, and looks at the colours.
func TestLooks(t *testing.T) {
	p := i420.New(640, 360)
	p.Fill(i420.FromRGB(128, 128, 128))
	y := 10
	for _, s := range []text.Style{
		text.Plain(16), {Size: 24, Bold: true, Color: color.NRGBA{255, 220, 0, 255}, Edge: color.NRGBA{0, 0, 128, 255}, Outline: true},
		{Size: 32, Italic: true, Color: color.NRGBA{255, 255, 255, 255}}, {Size: 20, Mono: true, Shadow: true, Color: color.NRGBA{255, 0, 0, 255}, Edge: color.NRGBA{0, 0, 0, 255}},
		text.Plain(72),
	} {
		drawn := text.New(s)
		drawn.Set("Hello, Größe, Привет 0:12:34.567")
		drawn.Draw(p, 10, y)
		_, height := drawn.Size()
		y += height + 4
	}
	if *keep != "" {
		f, err := os.Create(*keep)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := p.EncodePNG(f); err != nil {
			t.Fatal(err)
		}
	}
	var white, black int
	for _, v := range p.Y {
		if v > 230 {
			white++
		} else if v < 20 {
			black++
		}
	}
	if white < 2000 || black < 2000 {
		t.Errorf("%d pixels are white and %d black", white, black)
	}
}

func TestOutlineSurroundsLetters(t *testing.T) {
	drawn := text.New(text.Plain(40))
	drawn.Set("I")
	w, h := drawn.Size()
	p := i420.New(w, h)
	p.Fill(i420.FromRGB(255, 255, 255))
	drawn.Draw(p, 0, 0)
	row := p.Y[h/2*p.YStride:][:w]
	var seen []string
	for _, v := range row {
		what := "gray"
		if v > 230 {
			what = "white"
		} else if v < 30 {
			what = "black"
		}
		if len(seen) == 0 || seen[len(seen)-1] != what {
			seen = append(seen, what)
		}
	}
	if got := strings.Join(seen, " "); !strings.Contains(got, "black gray white gray black") && !strings.Contains(got, "black white black") &&
		!strings.Contains(got, "black gray white black") && !strings.Contains(got, "black white gray black") {
		t.Errorf("a row through a letter: %s", got)
	}
}

func TestLines(t *testing.T) {
	s := text.Style{Size: 20, Color: color.NRGBA{255, 255, 255, 255}}
	size := func(s text.Style, words string) [2]int {
		drawn := text.New(s)
		drawn.Set(words)
		w, h := drawn.Size()
		return [2]int{w, h}
	}
	one := size(s, "words")
	if two := size(s, "words\nwords"); two[0] != one[0] || two[1] != 2*one[1] {
		t.Errorf("one line %v, two %v", one, two)
	}
	s.Width = one[0] + 5
	if wrapped := size(s, "words words words"); wrapped[1] != 3*one[1] || wrapped[0] > s.Width {
		t.Errorf("at %d: %v", s.Width, wrapped)
	}
	s.Width = one[0] / 2
	if broken := size(s, "words"); broken[1] < 2*one[1] || broken[0] > s.Width {
		t.Errorf("a word that is too long: %v", broken)
	}
	s.Width = 1
	if broken := size(s, "words"); broken[1] != 5*one[1] {
		t.Errorf("a letter for each line: %v", broken)
	}
	if none := size(s, ""); none != [2]int{} {
		t.Errorf("no text has size %v", none)
	}
}

func TestSizesAreBounded(t *testing.T) {
	huge := text.New(text.Plain(1e9))
	huge.Set(strings.Repeat("W\n", 5000) + strings.Repeat("\x00\xff世", 5000))
	if w, h := huge.Size(); w > 4096 || h > 2304 {
		t.Errorf("%dx%d", w, h)
	}
	p := i420.New(33, 17)
	huge.Draw(p, -100, -100)
	tiny := text.New(text.Plain(-1))
	tiny.Set("abc")
	tiny.Draw(p, 31, 15)
}

func TestNothingIsAllocatedForKnownLetters(t *testing.T) {
	p := i420.New(640, 360)
	drawn := text.New(text.Plain(24))
	words := [][]byte{[]byte("0:00:01.234"), []byte("9:58:76.500")}
	for _, w := range words {
		drawn.SetBytes(w)
	}
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		drawn.SetBytes(words[i%2])
		drawn.Draw(p, 25, 25)
		i++
	}); n != 0 {
		t.Errorf("%v allocations per picture", n)
	}
}

func BenchmarkDraw(b *testing.B) {
	p := i420.New(1280, 720)
	drawn := text.New(text.Plain(32))
	drawn.Set("Every packet counts 0:00:01.234")
	for b.Loop() {
		drawn.Draw(p, 25, 25)
	}
}
