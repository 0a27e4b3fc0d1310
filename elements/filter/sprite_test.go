package filter_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// slope is an image that grows brighter from left to right, and more opaque from top to bottom.
func slope(width, height int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := byte(x * 255 / width)
			img.SetNRGBA(x, y, color.NRGBA{v, v, v, byte(y * 255 / height)})
		}
	}
	return img
}

// What is seen of an image that is larger than the picture is what would be seen of it in a larger picture.
func TestSpritesLargerThanThePicture(t *testing.T) {
	sprite := filter.NewSprite(slope(64, 64))
	for _, over := range []image.Rectangle{
		image.Rect(-50, -30, 150, 130), image.Rect(0, 0, 400, 50), image.Rect(-300, 10, 101, 60), image.Rect(-40, -500, 40, 100),
		image.Rect(98, 98, 300, 300), image.Rect(-2000, -2000, 2000, 2000),
	} {
		small, large := i420.New(100, 100), i420.New(5000, 5000)
		small.Fill(i420.Black)
		large.Fill(i420.Black)
		sprite.Draw(small, over)
		at := image.Pt(2200, 2200)
		sprite.Draw(large, over.Add(at))
		view := large.Crop(image.Rectangle{Min: at, Max: at.Add(image.Pt(100, 100))})
		worst := 0.0
		for y := range 100 {
			for x := range 100 {
				worst = max(worst, math.Abs(float64(small.Y[y*small.YStride+x])-float64(view.Y[y*view.YStride+x])))
			}
		}
		if worst > 12 { // two pixels of the image are that far apart
			t.Errorf("over %v: luma differs by %v", over, worst)
		}
	}
}

func TestSpritesAllocateForANewSizeOnly(t *testing.T) {
	sprite, p := filter.NewSprite(slope(300, 200)), i420.New(640, 480)
	p.Fill(i420.Black)
	for _, over := range []image.Rectangle{image.Rect(10, 10, 110, 90), image.Rect(-500, -500, 900, 900), image.Rect(700, 0, 800, 10), {}} {
		if allocated := testing.AllocsPerRun(10, func() { sprite.Draw(p, over) }); allocated != 0 {
			t.Errorf("over %v: %v allocations for a picture", over, allocated)
		}
	}
}

func BenchmarkSprite(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		b.Run(fmt.Sprintf("a tenth of %dx%d", size[0], size[1]), func(b *testing.B) {
			sprite, p := filter.NewSprite(slope(300, 200)), i420.New(size[0], size[1])
			p.Fill(i420.Black)
			over := filter.Placement{OffsetX: 0.1, OffsetY: 0.1, Width: 0.316, Height: 0.316}.In(image.Rect(0, 0, size[0], size[1]))
			for b.Loop() {
				sprite.Draw(p, over)
			}
		})
	}
}
