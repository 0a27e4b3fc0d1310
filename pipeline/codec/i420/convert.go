package i420

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// BT.601 in its limited range, with 16 bits behind the point (ITU-R BT.601-7 §2.5.3): luma from 16 to 235, chroma from 16 to 240.
const (
	half = 1 << 15

	yR, yG, yB = 16829, 33039, 6416
	uR, uG, uB = -9714, -19071, 28784
	vR, vG, vB = 28784, -24103, -4681

	rV     = 104597
	gU, gV = -25675, -53279
	bU     = 132201
	rgbY   = 76309
)

// FromRGB is a colour in the picture's values.
func FromRGB(r, g, b byte) Color {
	return Color{luma(int(r), int(g), int(b)), chroma(uR*int(r) + uG*int(g) + uB*int(b)), chroma(vR*int(r) + vG*int(g) + vB*int(b))}
}

func luma(r, g, b int) byte { return byte((yR*r+yG*g+yB*b+half)>>16 + 16) }

func chroma(sum int) byte { return byte((sum+half)>>16 + 128) }

// RGB is the colour on a screen.
func (c Color) RGB() (r, g, b byte) {
	y, u, v := rgbY*(int(c.Y)-16)+half, int(c.U)-128, int(c.V)-128
	return clamp((y + rV*v) >> 16), clamp((y + gU*u + gV*v) >> 16), clamp((y + bU*u) >> 16)
}

func clamp(v int) byte { return byte(min(max(v, 0), 255)) }

// FromImage converts any image. Transparency is ignored: what is transparent keeps its colour. The image must not be empty or
// larger than MaxSize.
func FromImage(img image.Image) *Picture {
	b := img.Bounds()
	p := New(b.Dx(), b.Dy())
	rgb := rgbOf(img)
	for y := 0; y < p.Height; y += 2 {
		for x := 0; x < p.Width; x += 2 {
			p.set(x, y, rgb)
		}
	}
	return p
}

// set fills the pixels that share chroma with the one at x, y, which are even.
func (p *Picture) set(x, y int, rgb func(x, y int) (r, g, b int)) {
	var sumR, sumG, sumB int
	for dy := range 2 {
		for dx := range 2 {
			ix, iy := min(x+dx, p.Width-1), min(y+dy, p.Height-1)
			r, g, b := rgb(ix, iy)
			sumR, sumG, sumB = sumR+r, sumG+g, sumB+b
			p.Y[iy*p.YStride+ix] = luma(r, g, b)
		}
	}
	r, g, b := (sumR+2)/4, (sumG+2)/4, (sumB+2)/4
	i := y/2*p.CStride + x/2
	p.U[i], p.V[i] = chroma(uR*r+uG*g+uB*b), chroma(vR*r+vG*g+vB*b)
}

// rgbOf reads pixels without the detour through premultiplied colours where it can.
func rgbOf(img image.Image) func(x, y int) (r, g, b int) {
	o := img.Bounds().Min
	switch m := img.(type) {
	case *image.NRGBA:
		return func(x, y int) (int, int, int) {
			c := m.Pix[m.PixOffset(o.X+x, o.Y+y):]
			return int(c[0]), int(c[1]), int(c[2])
		}
	case *image.YCbCr: // of JPEG, in its full range
		return func(x, y int) (int, int, int) {
			c := m.YCbCrAt(o.X+x, o.Y+y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return int(r), int(g), int(b)
		}
	}
	return func(x, y int) (int, int, int) {
		c, _ := color.NRGBAModel.Convert(img.At(o.X+x, o.Y+y)).(color.NRGBA)
		return int(c.R), int(c.G), int(c.B)
	}
}

// Image converts p for programs that work with images.
func (p *Picture) Image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for y := range p.Height {
		to := img.Pix[y*img.Stride:]
		for x := range p.Width {
			i := y/2*p.CStride + x/2
			c := Color{p.Y[y*p.YStride+x], p.U[i], p.V[i]}
			to[4*x], to[4*x+1], to[4*x+2] = c.RGB()
			to[4*x+3] = 255
		}
	}
	return img
}

var errImageSize = errors.New("image is empty or too large")

// maxPixels bounds images from outside: 8 Mi pixels are 4K.
const maxPixels = 8 << 20

// DecodeImage reads a JPEG or PNG file. The size is looked at before memory is taken for it.
func DecodeImage(r io.ReadSeeker) (image.Image, error) {
	config, kind, err := image.DecodeConfig(r)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	if w, h := config.Width, config.Height; w < 1 || h < 1 || w > MaxSize || h > MaxSize || w*h > maxPixels {
		return nil, fmt.Errorf("%w: %dx%d", errImageSize, w, h)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	decode := png.Decode
	if kind == "jpeg" {
		decode = jpeg.Decode
	}
	img, err := decode(r)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return img, nil
}

// EncodeJPEG writes p as a JPEG file. quality is from 1 to 100.
func (p *Picture) EncodeJPEG(w io.Writer, quality int) error {
	return jpeg.Encode(w, p.Image(), &jpeg.Options{Quality: quality})
}

// EncodePNG writes p as a PNG file.
func (p *Picture) EncodePNG(w io.Writer) error { return png.Encode(w, p.Image()) }
