// Package text draws text onto pictures, with an outline and a shadow so that it is legible on anything. The fonts are Go's
// own (golang.org/x/image/font/gofont), which have Latin, Greek and Cyrillic letters; others are shown as boxes.
package text

import (
	"fmt"
	"image/color"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
)

// Style is how text looks.
type Style struct {
	Size               float64 // of the em square, in pixels; from MinSize to MaxSize, others are taken for the nearest
	Bold, Italic, Mono bool    // Mono is never italic
	Color              color.NRGBA
	Edge               color.NRGBA // of outline and shadow
	Outline, Shadow    bool
	Align              Align // of lines to each other
	Width              int   // at which lines are broken, in pixels; 0: nowhere
}

// Sizes that are possible.
const (
	MinSize = 4
	MaxSize = 512
)

// Plain is white text with a black outline and a shadow.
func Plain(size float64) Style {
	return Style{Size: size, Color: color.NRGBA{255, 255, 255, 255}, Edge: color.NRGBA{0, 0, 0, 255}, Outline: true, Shadow: true}
}

// Align is where the shorter of several lines are.
type Align int

// The ways to align.
const (
	Left Align = iota
	Center
	Right
)

// outline and shadow are as far from the letters as GStreamer's text overlays have them.
func (s *Style) outline() int {
	if !s.Outline {
		return 0
	}
	return max(1, int(s.Size/15+0.5))
}

func (s *Style) shadow() int {
	if !s.Shadow {
		return 0
	}
	return max(1, int(s.Size/13+0.5))
}

// shadowAlpha is that of the shadow.
const shadowAlpha = 128

func load(ttf []byte) func() *opentype.Font {
	return sync.OnceValue(func() *opentype.Font {
		f, err := opentype.Parse(ttf)
		if err != nil {
			panic(fmt.Sprintf("text: built-in font: %v", err))
		}
		return f
	})
}

var (
	regular, bold        = load(goregular.TTF), load(gobold.TTF)
	italic, boldItalic   = load(goitalic.TTF), load(gobolditalic.TTF)
	monoRegular, monoFat = load(gomono.TTF), load(gomonobold.TTF)
)

func (s *Style) font() *opentype.Font {
	switch {
	case s.Mono && s.Bold:
		return monoFat()
	case s.Mono:
		return monoRegular()
	case s.Bold && s.Italic:
		return boldItalic()
	case s.Bold:
		return bold()
	case s.Italic:
		return italic()
	}
	return regular()
}
