package pointerdetector

import (
	"context"
	"image"
	"image/draw"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// window is a part of the picture that the pointer can be in, with what is shown there.
type window struct {
	id             string
	area           image.Rectangle
	resting, alive *i420.Overlay // while the pointer is elsewhere, while it is here; nil: the outline
}

func newWindow(ctx context.Context, policy *access.Policy, p PointerDetectorWindowMediaParam) (*window, error) {
	area, err := rectangle("window "+p.ID, p.X, p.Y, p.Width, p.Height)
	if err != nil {
		return nil, err
	}
	if !(p.Transparency >= 0 && p.Transparency <= 1) {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "window %s: imageTransparency %v is not from 0 to 1", p.ID, p.Transparency)
	}
	w := &window{id: p.ID, area: area}
	if p.Image != "" {
		img, err := loadImage(ctx, policy, p.Image)
		if err != nil {
			return nil, err
		}
		w.resting = overlay(img, area, p.Transparency)
		greened(img)
		w.alive = overlay(img, area, p.Transparency) // unless it has an image of its own
	}
	if p.ActiveImage != "" {
		img, err := loadImage(ctx, policy, p.ActiveImage)
		if err != nil {
			return nil, err
		}
		w.alive = overlay(img, area, p.Transparency)
	}
	return w, nil
}

func loadImage(ctx context.Context, policy *access.Policy, uri string) (*image.NRGBA, error) {
	img, err := filter.LoadImage(ctx, policy, uri)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "%v", err)
	}
	flat := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(flat, flat.Rect, img, img.Bounds().Min, draw.Src)
	return flat, nil
}

// overlay is an image in the size of the window.
func overlay(img *image.NRGBA, area image.Rectangle, transparency float32) *i420.Overlay {
	faint := &image.NRGBA{Pix: append([]byte(nil), img.Pix...), Stride: img.Stride, Rect: img.Rect}
	for i := 3; i < len(faint.Pix); i += 4 {
		faint.Pix[i] = byte(float32(faint.Pix[i])*(1-transparency) + 0.5)
	}
	return i420.NewOverlay(faint).Scaled(area.Dx(), area.Dy())
}

// greened gives an image all the green there is: the original's way to show that the pointer is there without a second image.
func greened(img *image.NRGBA) {
	for i := 1; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
}

// tremble is how far a pointer that is inside may go beyond the border before it is outside, in pixels: what is found of it
// trembles with the noise of the picture.
const tremble = 4

func (w *window) holds(at image.Point, inside bool) bool {
	area := w.area
	if inside {
		area = area.Inset(-tremble)
	}
	return at.In(area)
}

func (w *window) draw(p *i420.Picture, alive bool) {
	image, color := w.resting, vision.White
	if alive {
		image, color = w.alive, vision.Green
	}
	if image == nil {
		vision.Outline(p, w.area, color)
		return
	}
	image.Draw(p, w.area.Min.X, w.area.Min.Y)
}
