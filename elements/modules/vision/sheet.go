package vision

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Sheet is an image that can be drawn in perspective, with its transparency.
type Sheet struct {
	levels []*image.NRGBA // each half as large as the one before
}

// NewSheet takes a copy of an image.
func NewSheet(img image.Image) *Sheet {
	flat := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(flat, flat.Rect, img, img.Bounds().Min, draw.Src)
	s := &Sheet{levels: []*image.NRGBA{flat}}
	for flat.Rect.Dx() > 1 && flat.Rect.Dy() > 1 {
		flat = halved(flat)
		s.levels = append(s.levels, flat)
	}
	return s
}

// Aspect is the image's width by its height.
func (s *Sheet) Aspect() float64 {
	r := s.levels[0].Rect
	return float64(r.Dx()) / float64(r.Dy())
}

// halved makes four pixels one; what is transparent lends no colour.
func halved(img *image.NRGBA) *image.NRGBA {
	half := image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx()/2, img.Rect.Dy()/2))
	for y := range half.Rect.Dy() {
		for x := range half.Rect.Dx() {
			var r, g, b, a int
			for i := range 4 {
				c := img.NRGBAAt(2*x+i%2, 2*y+i/2)
				r, g, b, a = r+int(c.R)*int(c.A), g+int(c.G)*int(c.A), b+int(c.B)*int(c.A), a+int(c.A)
			}
			if a > 0 {
				half.SetNRGBA(x, y, color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a / 4)})
			}
		}
	}
	return half
}

// level is the one whose pixels are about as large as those they are drawn to: the image seen smaller would flicker.
func (s *Sheet) level(q Quad) *image.NRGBA {
	longest := 0.0
	for i := range q {
		longest = max(longest, q[(i+1)%4].Sub(q[i]).Length())
	}
	i := 0
	for i < len(s.levels)-1 && float64(max(s.levels[i].Rect.Dx(), s.levels[i].Rect.Dy())) > 1.4*longest {
		i++
	}
	return s.levels[i]
}

// Draw puts the sheet onto p so that its corners come to those of q, which must be convex. Parts beyond p are left out.
func (s *Sheet) Draw(p *i420.Picture, q Quad) {
	img := s.level(q)
	forth := SquareTo(q)
	back := forth.Inverse()
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range q {
		left, top, right, bottom = min(left, c.X), min(top, c.Y), max(right, c.X), max(bottom, c.Y)
	}
	area := image.Rect(floor(max(left, 0)), floor(max(top, 0)), min(floor(min(right, i420.MaxSize))+1, p.Width), min(floor(min(bottom, i420.MaxSize))+1, p.Height))
	at := func(x, y float64) (i420.Color, int) {
		from := back.Map(Point{x, y})
		return sample(img, from.X*float64(img.Rect.Dx()), from.Y*float64(img.Rect.Dy()))
	}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			c, a := at(float64(x)+0.5, float64(y)+0.5)
			blend(&p.Y[y*p.YStride+x], c.Y, a)
		}
	}
	for y := area.Min.Y / 2; y < (area.Max.Y+1)/2; y++ {
		for x := area.Min.X / 2; x < (area.Max.X+1)/2; x++ {
			c, a := at(float64(2*x)+1, float64(2*y)+1)
			blend(&p.U[y*p.CStride+x], c.U, a)
			blend(&p.V[y*p.CStride+x], c.V, a)
		}
	}
}

func blend(to *byte, from byte, alpha int) {
	*to = byte((int(*to)*(255-alpha) + int(from)*alpha + 127) / 255)
}

// sample is the colour between the four pixels around a place, and its opacity, which ends half a pixel beyond the image.
func sample(img *image.NRGBA, x, y float64) (i420.Color, int) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	x, y = x-0.5, y-0.5
	if !(x > -1 && y > -1 && x < float64(w) && y < float64(h)) {
		return i420.Color{}, 0
	}
	left, top := floor(x), floor(y)
	dx, dy := int(256*(x-float64(left))), int(256*(y-float64(top)))
	var r, g, b, a int
	for i := range 4 {
		ix, iy, share := left+i%2, top+i/2, 256-dx
		if i%2 == 1 {
			share = dx
		}
		if i/2 == 1 {
			share *= dy
		} else {
			share *= 256 - dy
		}
		if ix < 0 || iy < 0 || ix >= w || iy >= h {
			continue
		}
		c := img.Pix[iy*img.Stride+4*ix:]
		share *= int(c[3])
		r, g, b, a = r+int(c[0])*share, g+int(c[1])*share, b+int(c[2])*share, a+share
	}
	if a == 0 {
		return i420.Color{}, 0
	}
	return i420.FromRGB(byte(r/a), byte(g/a), byte(b/a)), a >> 16
}
