package text

import (
	"bytes"
	"image"
	"image/color"
	"unicode/utf8"

	"golang.org/x/image/math/fixed"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// MaxLength is how many bytes of a text are shown.
const MaxLength = 4096

// What is beyond the largest pictures that anybody sends need not be drawn.
const (
	maxWidth  = 4096
	maxHeight = 2304
)

// Text is a text of one style, laid out once and drawn as often as one likes. It belongs to one goroutine at a time. Letters
// are kept: another text of the same letters allocates nothing.
type Text struct {
	glyphs     *glyphs
	current    []byte
	lines      []line
	fill, edge i420.Mask
}

type line struct {
	text  []byte
	width fixed.Int26_6
}

// New returns an empty text.
func New(s Style) *Text { return &Text{glyphs: newGlyphs(s)} }

// Set changes what the text says. A line feed begins a line.
func (t *Text) Set(s string) { t.SetBytes([]byte(s)) }

// SetBytes is Set for bytes, which remain the caller's.
func (t *Text) SetBytes(s []byte) {
	if len(s) > MaxLength {
		s = s[:MaxLength]
	}
	if bytes.Equal(s, t.current) {
		return
	}
	t.current = append(t.current[:0], s...)
	t.breakLines()
	t.layOut()
}

// Size is what the text takes, with its outline and shadow; 0, 0 when there is none.
func (t *Text) Size() (width, height int) { return t.fill.Width, t.fill.Height }

// Ink is the part of what the text takes that it covers with letters, outline and shadow.
func (t *Text) Ink() (ink image.Rectangle) {
	for y := range t.fill.Height {
		row := y * t.fill.Width
		for x := range t.fill.Width {
			if t.fill.Pix[row+x]|t.edge.Pix[row+x] != 0 {
				ink = ink.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return ink
}

// Draw puts the text onto p with its left upper corner at x, y. Parts beyond p are left out.
func (t *Text) Draw(p *i420.Picture, x, y int) {
	s := &t.glyphs.style
	if s.Outline || s.Shadow {
		p.Paint(toYUV(s.Edge), &t.edge, x, y)
	}
	p.Paint(toYUV(s.Color), &t.fill, x, y)
}

func toYUV(c color.NRGBA) i420.Color { return i420.FromRGB(c.R, c.G, c.B) }

// breakLines fills lines: at line feeds, and where a line gets too wide between words, or else anywhere.
func (t *Text) breakLines() {
	t.lines = t.lines[:0]
	limit := fixed.I(t.glyphs.style.Width)
	for rest := t.current; len(rest) > 0; {
		paragraph, after, _ := bytes.Cut(rest, []byte{'\n'})
		rest = after
		for {
			n, width := t.fits(paragraph, limit)
			t.lines = append(t.lines, line{bytes.TrimRight(paragraph[:n], " "), width})
			paragraph = paragraph[n:]
			if len(paragraph) == 0 {
				break
			}
			paragraph = bytes.TrimLeft(paragraph, " ")
		}
	}
}

// fits is how many bytes of s go into one line, at least one letter, and how wide these are.
func (t *Text) fits(s []byte, limit fixed.Int26_6) (n int, width fixed.Int26_6) {
	word, wordWidth := 0, fixed.Int26_6(0) // up to the last blank
	for n < len(s) {
		r, size := utf8.DecodeRune(s[n:])
		advance := t.glyphs.get(r).advance
		if limit > 0 && n > 0 && width+advance > limit && r != ' ' {
			if word > 0 {
				return word, wordWidth
			}
			return n, width
		}
		if r == ' ' && n > 0 {
			word, wordWidth = n, width
		}
		n, width = n+size, width+advance
	}
	return n, width
}

// layOut draws the letters of all lines into the masks.
func (t *Text) layOut() {
	s, metrics := &t.glyphs.style, t.glyphs.face.Metrics()
	widest := fixed.Int26_6(0)
	for _, l := range t.lines {
		widest = max(widest, l.width)
	}
	border, lineHeight := s.outline(), metrics.Height.Ceil()
	width, height := widest.Ceil()+2*border+s.shadow(), len(t.lines)*lineHeight+2*border+s.shadow()
	if len(t.lines) == 0 {
		width, height = 0, 0
	}
	t.resize(min(width, maxWidth), min(height, maxHeight))
	for i, l := range t.lines {
		at := fixed.I(border)
		switch s.Align {
		case Center:
			at += (widest - l.width) / 2
		case Right:
			at += widest - l.width
		}
		y := border + i*lineHeight + metrics.Ascent.Ceil()
		for _, r := range string(l.text) { // ranging over it copies nothing
			g := t.glyphs.get(r)
			x := at.Round()
			lighten(&t.fill, &g.fill, x+g.x, y+g.y, s.Color.A)
			lighten(&t.edge, &g.edge, x+g.x, y+g.y, s.Edge.A)
			at += g.advance
		}
	}
}

func (t *Text) resize(width, height int) {
	for _, m := range []*i420.Mask{&t.fill, &t.edge} {
		if n := width * height; cap(m.Pix) < n {
			m.Pix = make([]byte, n)
		} else {
			m.Pix = m.Pix[:n]
			clear(m.Pix)
		}
		m.Width, m.Height = width, height
	}
}

// lighten puts a mask into another where it covers more. Letters overlap with their outlines.
func lighten(to, from *i420.Mask, x, y int, alpha byte) {
	left, right := max(0, -x), min(from.Width, to.Width-x)
	for row := max(0, -y); row < min(from.Height, to.Height-y); row++ {
		if left >= right {
			return
		}
		target := to.Pix[(y+row)*to.Width+x+left:][:right-left]
		for i, a := range from.Pix[row*from.Width+left : row*from.Width+right] {
			target[i] = max(target[i], byte(uint(a)*uint(alpha)/255))
		}
	}
}
