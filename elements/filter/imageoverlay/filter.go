// Package imageoverlay is the ImageOverlayFilter element, which lays images over video.
package imageoverlay

import (
	"context"
	"image"
	"slices"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Filter is an ImageOverlayFilter.
type Filter struct {
	filter.Filter
	settings filter.Settings
	images   []placed // from the lowest to the uppermost; owned by the goroutine of the work
}

// placed is an image and where it lies.
type placed struct {
	id        string
	sprite    *filter.Sprite
	place     filter.Placement // in the frame
	keepShape bool             // the image fills the place as far as its shape allows,
	center    bool             // in the middle of it or at its left upper corner
}

// Class describes ImageOverlayFilter. settings gives those that a new filter starts with.
func Class(settings func() filter.Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "ImageOverlayFilter", Module: "filters", Parent: filter.Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			f := &Filter{settings: settings()}
			f.SetupPictures(c, f, p.MediaPipeline, f.draw)
			return f, nil
		}),
		Methods: pipeline.Methods(
			pipeline.Slow(pipeline.Do("addImage", addImage)), // it may be far away
			pipeline.Do("removeImage", removeImage),
		),
	}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

type imageParams struct {
	ID              string  `kurento:"id"`
	URI             string  `kurento:"uri"`
	OffsetXPercent  float32 `kurento:"offsetXPercent"`
	OffsetYPercent  float32 `kurento:"offsetYPercent"`
	WidthPercent    float32 `kurento:"widthPercent"`
	HeightPercent   float32 `kurento:"heightPercent"`
	KeepAspectRatio bool    `kurento:"keepAspectRatio"`
	Center          bool    `kurento:"center"`
}

// addImage puts an image over those that are there, or in the place of the one with the same id.
func addImage(ctx context.Context, f *Filter, p imageParams) error {
	added := placed{
		id: p.ID, keepShape: p.KeepAspectRatio, center: p.Center,
		place: filter.Placement{OffsetX: p.OffsetXPercent, OffsetY: p.OffsetYPercent, Width: p.WidthPercent, Height: p.HeightPercent},
	}
	if err := added.place.Check(); err != nil {
		return pipeline.Errorf(pipeline.IllegalParam, "image %s: %v", p.ID, err)
	}
	img, err := filter.LoadImage(ctx, f.settings.Access, p.URI)
	if err != nil {
		return pipeline.Errorf(pipeline.IllegalParam, "%v", err)
	}
	added.sprite = filter.NewSprite(img)
	f.Do(func() {
		if i := f.index(p.ID); i >= 0 {
			f.images[i] = added
			return
		}
		f.images = append(f.images, added)
	})
	return nil
}

type idParams struct {
	ID string `kurento:"id"`
}

// removeImage takes an image away. There may be none, as in Kurento.
func removeImage(_ context.Context, f *Filter, p idParams) error {
	f.Do(func() {
		f.images = slices.DeleteFunc(f.images, func(i placed) bool { return i.id == p.ID })
	})
	return nil
}

func (f *Filter) index(id string) int {
	return slices.IndexFunc(f.images, func(i placed) bool { return i.id == id })
}

// draw is the work of the filter.
func (f *Filter) draw(p *i420.Picture, m filter.Moment) *i420.Picture {
	if m.Watched {
		for _, i := range f.images {
			i.sprite.Draw(p, i.in(p.Width, p.Height))
		}
	}
	return p
}

// in is where the image lies in a frame.
func (i *placed) in(width, height int) image.Rectangle {
	place := i.place.In(image.Rect(0, 0, width, height))
	if !i.keepShape || place.Empty() {
		return place
	}
	w, h := i.sprite.Size()
	fit := i420.Fit(place.Dx(), place.Dy(), w, h)
	if !i.center {
		fit = fit.Sub(fit.Min)
	}
	return fit.Add(place.Min)
}
