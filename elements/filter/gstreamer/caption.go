package gstreamer

import (
	"cmp"
	"image"
	"image/color"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/i420/text"
)

// caption is what the three elements have in common that show text.
type caption struct {
	Text          string    `gst:"text,"`
	FontDesc      string    `gst:"font-desc,"`
	Silent        bool      `gst:"silent,false"`
	XPad          int32     `gst:"xpad,25,0,2147483647"`
	YPad          int32     `gst:"ypad,25,0,2147483647"`
	DeltaX        int32     `gst:"deltax,0"`
	DeltaY        int32     `gst:"deltay,0"`
	XPos          float64   `gst:"xpos,0.5,0,1"`
	YPos          float64   `gst:"ypos,0.5,0,1"`
	XAbsolute     float64   `gst:"x-absolute,0.5"`
	YAbsolute     float64   `gst:"y-absolute,0.5"`
	Color         uint32    `gst:"color,0xffffffff"` // ARGB
	OutlineColor  uint32    `gst:"outline-color,0xff000000"`
	DrawOutline   bool      `gst:"draw-outline,true"`
	DrawShadow    bool      `gst:"draw-shadow,true"`
	Shaded        bool      `gst:"shaded-background,false"`
	ShadingValue  uint32    `gst:"shading-value,80,1,255"`
	AutoResize    bool      `gst:"auto-resize,true"`
	LineAlignment lineAlign `gst:"line-alignment,center"`
	WrapMode      wrapMode  `gst:"wrap-mode,wordchar"`

	standard string // font description where none is set

	words []byte // to be shown
	drawn *text.Text
	width int // of pictures that drawn is made for
}

type (
	horizontal int32
	vertical   int32
	lineAlign  int32
	wrapMode   int32
)

const (
	left horizontal = iota
	center
	right
	_
	position
	absolute

	baseline vertical = iota - 6
	bottom
	top
	atPosition
	middle
	atAbsolute

	noWrap wrapMode = -1
)

func (horizontal) choices() []choice {
	return []choice{{int32(left), "left"}, {int32(center), "center"}, {int32(right), "right"}, {int32(position), "position"}, {int32(absolute), "absolute"}}
}

func (vertical) choices() []choice {
	return nicks("baseline", "bottom", "top", "position", "center", "absolute")
}

func (lineAlign) choices() []choice { return nicks("left", "center", "right") }

// choices: all but none break between words, and within those that are too long.
func (wrapMode) choices() []choice {
	return append(nicks("word", "char", "wordchar"), choice{int32(noWrap), "none"})
}

func (e *caption) update(string) { e.drawn = nil }

// begin makes words the text and a blank, where there is a text.
func (e *caption) begin() {
	e.words = append(e.words[:0], e.Text...)
	if len(e.words) > 0 {
		e.words = append(e.words, ' ')
	}
}

// show puts words onto p.
func (e *caption) show(p *i420.Picture, h horizontal, v vertical) {
	if e.Silent {
		return
	}
	if e.drawn == nil || e.width != p.Width {
		e.drawn, e.width = text.New(e.style(p.Width)), p.Width
	}
	e.drawn.SetBytes(e.words)
	width, height := e.drawn.Size()
	if width == 0 {
		return
	}
	x, y := e.place(p, h, v, width, height)
	if e.Shaded {
		shade(p, e.drawn.Ink().Add(image.Pt(x, y)).Inset(-shadeBorder), int(e.ShadingValue))
	}
	e.drawn.Draw(p, x, y)
}

// place is where the text goes.
func (e *caption) place(p *i420.Picture, h horizontal, v vertical, width, height int) (x, y int) {
	switch h {
	case left:
		x = int(e.XPad)
	case center:
		x = (p.Width - width) / 2
	case right:
		x = p.Width - width - int(e.XPad)
	case position:
		x = min(max(int(float64(p.Width)*e.XPos)-width/2, 0), p.Width-width)
	case absolute:
		x = int(float64(p.Width-width) * within(e.XAbsolute))
	}
	switch v {
	case baseline, bottom: // the same, whatever the name says
		y = p.Height - int(e.YPad) - height
	case top:
		y = int(e.YPad)
	case atPosition:
		y = min(max(int(float64(p.Height)*e.YPos)-height/2, 0), p.Height-height)
	case middle:
		y = (p.Height - height) / 2
	case atAbsolute:
		y = int(float64(p.Height-height) * within(e.YAbsolute))
	}
	return x + int(e.DeltaX), y + int(e.DeltaY)
}

// within bounds a share: text that is farther outside is not seen anyhow.
func within(share float64) float64 { return min(max(share, -100), 100) }

// autoWidth is the width of pictures on which auto-resize leaves text as it is.
const autoWidth = 640

// style is how the text looks on pictures of a width.
func (e *caption) style(width int) text.Style {
	s := parseFont(cmp.Or(e.FontDesc, e.standard))
	if e.AutoResize {
		s.Size *= float64(width) / autoWidth
	}
	s.Color, s.Edge = argb(e.Color), argb(e.OutlineColor)
	s.Outline, s.Shadow = e.DrawOutline, e.DrawShadow
	s.Align = text.Align(e.LineAlignment)
	if e.WrapMode != noWrap {
		s.Width = width // borders do not count
	}
	return s
}

func argb(c uint32) color.NRGBA {
	return color.NRGBA{A: byte(c >> 24), R: byte(c >> 16), G: byte(c >> 8), B: byte(c)}
}

const (
	defaultPoints  = 12 // of Pango
	ofClocks       = "Monospace 18"
	pixelsPerPoint = 96.0 / 72
)

// parseFont reads a font description as pango_font_description_from_string does: family, style, and a size in points, or in
// pixels with "px". Of families only fixed and other widths are told apart.
func parseFont(description string) text.Style {
	s := text.Style{Size: defaultPoints * pixelsPerPoint}
	for _, word := range strings.FieldsFunc(strings.ToLower(description), func(r rune) bool { return r == ' ' || r == ',' }) {
		pixels, isPixels := strings.CutSuffix(word, "px")
		size, err := strconv.ParseFloat(pixels, 64)
		switch {
		case err == nil && size > 0 && size < 1e6:
			if s.Size = size; !isPixels {
				s.Size *= pixelsPerPoint
			}
		case word == "bold" || word == "semi-bold" || word == "semibold" || word == "ultra-bold" || word == "heavy" || word == "black":
			s.Bold = true
		case word == "italic" || word == "oblique":
			s.Italic = true
		case strings.Contains(word, "mono") || word == "courier" || word == "fixed" || word == "typewriter":
			s.Mono = true
		}
	}
	return s
}

// shadeBorder is how far the dark part behind letters goes beyond them.
const shadeBorder = 6

// shade darkens a part of a picture.
func shade(p *i420.Picture, part image.Rectangle, by int) {
	part = part.Intersect(image.Rect(0, 0, p.Width, p.Height))
	for row := part.Min.Y; row < part.Max.Y; row++ {
		for column := part.Min.X; column < part.Max.X; column++ {
			i := row*p.YStride + column
			p.Y[i] = byte(max(int(p.Y[i])-by, 16))
		}
	}
}
