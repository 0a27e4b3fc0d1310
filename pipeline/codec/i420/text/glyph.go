package text

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// glyph is a letter that was drawn once: the letter itself and what is around it. Both masks have the same size; x, y is
// where their left upper corner is, seen from the point on the baseline where the letter begins.
type glyph struct {
	fill, edge i420.Mask
	x, y       int
	advance    fixed.Int26_6
}

// cacheBytes bounds the memory of letters.
const cacheBytes = 4 << 20

// glyphs are the letters of one style.
type glyphs struct {
	style Style
	face  font.Face
	cache map[rune]*glyph
	bytes int
}

func newGlyphs(s Style) *glyphs {
	s.Size = min(max(s.Size, MinSize), MaxSize)
	// Fonts are valid and NewFace reads nothing else, so it has no error to give.
	face, _ := opentype.NewFace(s.font(), &opentype.FaceOptions{Size: s.Size, DPI: 72})
	return &glyphs{style: s, face: face, cache: map[rune]*glyph{}}
}

func (g *glyphs) get(r rune) *glyph {
	if have, ok := g.cache[r]; ok {
		return have
	}
	if g.bytes > cacheBytes {
		clear(g.cache)
		g.bytes = 0
	}
	drawn := g.draw(r)
	g.cache[r] = drawn
	g.bytes += 2*len(drawn.fill.Pix) + 64
	return drawn
}

// draw makes a letter. Tabs and other controls are blanks.
func (g *glyphs) draw(r rune) *glyph {
	if r < ' ' {
		r = ' '
	}
	box, mask, from, advance, _ := g.face.Glyph(fixed.Point26_6{}, r)
	outline, shadow := g.style.outline(), g.style.shadow()
	made := &glyph{x: box.Min.X - outline, y: box.Min.Y - outline, advance: advance}
	if box.Empty() {
		return made
	}
	width, height := box.Dx()+2*outline+shadow, box.Dy()+2*outline+shadow
	fill := image.NewAlpha(image.Rect(0, 0, width, height))
	draw.Draw(fill, image.Rect(outline, outline, outline+box.Dx(), outline+box.Dy()), mask, from, draw.Src)
	made.fill = i420.Mask{Width: width, Height: height, Pix: fill.Pix}
	made.edge = i420.Mask{Width: width, Height: height, Pix: make([]byte, len(fill.Pix))}
	if outline > 0 {
		grow(&made.edge, &made.fill, outline)
	}
	if shadow > 0 {
		for y := shadow; y < height; y++ {
			for x := shadow; x < width; x++ {
				i := y*width + x
				made.edge.Pix[i] = max(made.edge.Pix[i], byte(int(fill.Pix[i-shadow*width-shadow])*shadowAlpha/255))
			}
		}
	}
	return made
}

// grow makes to what a disc covers that is moved along the letter. The letter is at least radius away from the borders.
func grow(to, from *i420.Mask, radius int) {
	disc := newDisc(radius)
	copy(to.Pix, from.Pix)
	w := from.Width
	for y := radius; y < from.Height-radius; y++ {
		for x := radius; x < w-radius; x++ {
			i := y*w + x
			a := from.Pix[i]
			inside := a == 255 && min(from.Pix[i-1], from.Pix[i+1], from.Pix[i-w], from.Pix[i+w]) == 255
			if a == 0 || inside {
				continue // only the letter's border reaches beyond it
			}
			for _, d := range disc {
				at := &to.Pix[i+d.y*w+d.x]
				*at = max(*at, byte(int(a)*d.alpha/255))
			}
		}
	}
}

type discPixel struct{ x, y, alpha int }

func newDisc(radius int) []discPixel {
	var disc []discPixel
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			inside := float64(radius) + 0.5 - math.Hypot(float64(x), float64(y))
			if alpha := int(255 * min(inside, 1)); alpha > 0 {
				disc = append(disc, discPixel{x, y, alpha})
			}
		}
	}
	return disc
}
