package i420

import (
	"image"
	"image/color"
	"testing"
)

// What is transparent is black in most images. It must not make the edges of what is not darker when an overlay is scaled.
func TestTransparentBlackDoesNotSpread(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 90, 90))
	for y := range 90 {
		for x := range 90 {
			if dx, dy := x-45, y-45; dx*dx+dy*dy < 40*40 {
				img.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			}
		}
	}
	for _, size := range []int{20, 31, 45, 90, 200} {
		p := New(200, 200)
		p.Fill(FromRGB(255, 255, 255))
		NewOverlay(img).Scaled(size, size).Draw(p, 0, 0)
		for i, v := range p.Y {
			if v < 233 {
				t.Fatalf("scaled to %d: luma %d at %d,%d, white over white is 235", size, v, i%200, i/200)
			}
		}
	}
}

// A part of an overlay is what lies there.
func TestPartOfAnOverlay(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	for i := range 400 {
		img.SetNRGBA(i%20, i/20, color.NRGBA{byte(i), byte(i), byte(i), byte(i / 20 * 12)})
	}
	whole, part := New(20, 20), New(20, 20)
	whole.Fill(Black)
	part.Fill(Black)
	o := NewOverlay(img)
	o.Draw(whole, 0, 0)
	r := image.Rect(6, 4, 17, 20)
	o.Part(r).Draw(part, 6, 4)
	if err := equal(part.Crop(r), whole.Crop(r)); err != nil {
		t.Error(err)
	}
	if o.Part(image.Rect(0, 0, 20, 20)) != o {
		t.Error("all of it is another one")
	}
}
