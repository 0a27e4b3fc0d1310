// Package faceoverlay is the FaceOverlayFilter element, which lays an image over every face in a video.
package faceoverlay

import (
	"context"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/filter/face"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Filter is a FaceOverlayFilter.
type Filter struct {
	filter.Filter
	settings filter.Settings
	// Owned by the goroutine of the work:
	follower face.Follower
	sprites  []*filter.Sprite // one for each face, as they differ in size; none when there is no image
	place    filter.Placement // in the box of a face
}

// Class describes FaceOverlayFilter. settings gives those that a new filter starts with.
func Class(settings func() filter.Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "FaceOverlayFilter", Module: "filters", Parent: filter.Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			f := &Filter{settings: settings()}
			f.SetupPictures(c, f, p.MediaPipeline, f.draw)
			return f, nil
		}),
		Methods: pipeline.Methods(
			pipeline.Slow(pipeline.Do("setOverlayedImage", setOverlayedImage)), // it may be far away
			pipeline.Do("unsetOverlayedImage", unsetOverlayedImage),
		),
	}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

type imageParams struct {
	URI            string  `kurento:"uri"`
	OffsetXPercent float32 `kurento:"offsetXPercent"`
	OffsetYPercent float32 `kurento:"offsetYPercent"` // positive: down, as in Kurento's code; its documentation says up
	WidthPercent   float32 `kurento:"widthPercent"`
	HeightPercent  float32 `kurento:"heightPercent"`
}

func setOverlayedImage(ctx context.Context, f *Filter, p imageParams) error {
	place := filter.Placement{OffsetX: p.OffsetXPercent, OffsetY: p.OffsetYPercent, Width: p.WidthPercent, Height: p.HeightPercent}
	if err := place.Check(); err != nil {
		return pipeline.Errorf(pipeline.IllegalParam, "%v", err)
	}
	img, err := filter.LoadImage(ctx, f.settings.Access, p.URI)
	if err != nil {
		return pipeline.Errorf(pipeline.IllegalParam, "%v", err)
	}
	sprite := filter.NewSprite(img)
	f.Do(func() { f.sprites, f.place = []*filter.Sprite{sprite}, place })
	return nil
}

func unsetOverlayedImage(_ context.Context, f *Filter, _ pipeline.None) error {
	f.Do(func() { f.sprites = nil })
	return nil
}

// draw is the work of the filter.
func (f *Filter) draw(p *i420.Picture, m filter.Moment) *i420.Picture {
	if !m.Watched || len(f.sprites) == 0 {
		return p
	}
	for i, box := range f.follower.Follow(p, m.PTS) {
		if i == len(f.sprites) {
			f.sprites = append(f.sprites, f.sprites[0].Another())
		}
		f.sprites[i].Draw(p, f.place.In(box))
	}
	return p
}
