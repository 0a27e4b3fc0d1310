package filter

import (
	"fmt"
	"image"
	"math"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Sprite is an image that is drawn over pictures. The size in which it is drawn seldom changes, so it keeps itself scaled to the
// last one. It belongs to one goroutine at a time.
type Sprite struct {
	image  *i420.Overlay
	part   image.Rectangle // of the image that scaled shows
	scaled *i420.Overlay
}

// NewSprite prepares an image. What is transparent in it stays so.
func NewSprite(img image.Image) *Sprite { return &Sprite{image: i420.NewOverlay(img)} }

// Another is a sprite of the same image, to be drawn in another size.
func (s *Sprite) Another() *Sprite { return &Sprite{image: s.image} }

// Size is that of the image.
func (s *Sprite) Size() (width, height int) { return s.image.Size() }

// Draw lays the image over a part of dst, which it fills. What is beyond the edges of dst is left out; nothing is drawn on an
// empty part.
func (s *Sprite) Draw(dst *i420.Picture, over image.Rectangle) {
	frame := image.Rect(0, 0, dst.Width, dst.Height)
	seen := over.Intersect(frame)
	if seen.Empty() {
		return
	}
	width, height := s.image.Size()
	part := image.Rect(0, 0, width, height)
	if over.Dx() > frame.Dx() || over.Dy() > frame.Dy() { // scale what is seen of it only
		offset := seen.Sub(over.Min)
		part = image.Rect(
			offset.Min.X*width/over.Dx(), offset.Min.Y*height/over.Dy(),
			divideUp(offset.Max.X*width, over.Dx()), divideUp(offset.Max.Y*height, over.Dy()),
		)
		over = seen
	}
	if s.scaled == nil || s.part != part || !hasSize(s.scaled, over.Size()) {
		s.part, s.scaled = part, s.image.Part(part).Scaled(over.Dx(), over.Dy())
	}
	s.scaled.Draw(dst, over.Min.X, over.Min.Y)
}

func divideUp(a, b int) int { return (a + b - 1) / b }

func hasSize(o *i420.Overlay, size image.Point) bool {
	width, height := o.Size()
	return width == size.X && height == size.Y
}

// Placement says where an image lies, in ratios of a frame or of the box of a face. Clients call them percent, and 1 is all.
type Placement struct{ OffsetX, OffsetY, Width, Height float32 }

// maxRatio bounds what clients may ask for, so that all places are numbers that can be counted with.
const maxRatio = 1000

// Check refuses what is no place.
func (p Placement) Check() error {
	for _, r := range []struct {
		name  string
		value float32
		least float32
	}{
		{"offsetXPercent", p.OffsetX, -maxRatio}, {"offsetYPercent", p.OffsetY, -maxRatio},
		{"widthPercent", p.Width, 0}, {"heightPercent", p.Height, 0},
	} {
		if !(r.value >= r.least && r.value <= maxRatio) { // NaN is neither
			return fmt.Errorf("%s %v is not from %v to %v", r.name, r.value, r.least, maxRatio)
		}
	}
	return nil
}

// In is the place in a box. It is empty when the ratios are 0.
func (p Placement) In(box image.Rectangle) image.Rectangle {
	of := func(ratio float32, side int) int { return int(math.Round(float64(ratio) * float64(side))) }
	x, y := box.Min.X+of(p.OffsetX, box.Dx()), box.Min.Y+of(p.OffsetY, box.Dy())
	return image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x+of(p.Width, box.Dx()), y+of(p.Height, box.Dy()))}
}
