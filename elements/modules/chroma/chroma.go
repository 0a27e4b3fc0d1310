// Package chroma is the module chroma: a filter that puts an image in the place of a colour, as weather maps are put behind
// presenters.
package chroma

import (
	"context"
	"fmt"
	"image"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Class describes ChromaFilter. settings gives those that a new filter starts with.
func Class(settings func() filter.Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "ChromaFilter", Module: "chroma", Parent: filter.Class,
		New: pipeline.New(func(ctx context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(ctx, c, p, settings())
		}),
		Methods: pipeline.Methods(
			pipeline.Slow(pipeline.Do("setBackground", setBackground)), // it may be far away
			pipeline.Do("unsetBackground", unsetBackground),
		),
	}
}

type params struct {
	MediaPipeline   *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Window          WindowParam             `kurento:"window"`
	BackgroundImage string                  `kurento:"backgroundImage,optional,default="`
}

// WindowParam is a part of the picture, in pixels. Whatever its members are called, the point is the left upper corner: so
// their description says, and so the original takes it.
type WindowParam struct {
	X      int `kurento:"topRightCornerX"`
	Y      int `kurento:"topRightCornerY"`
	Width  int `kurento:"width"`
	Height int `kurento:"height"`
}

// WireModule is part of wire.Moduled.
func (WindowParam) WireModule() string { return "chroma" }

type backgroundParams struct {
	URI string `kurento:"uri"`
}

// calibrationFrames is how many pictures the colour is taken from: about two seconds, in which people leave the window and
// cameras find their exposure.
const calibrationFrames = 60

// Filter is ChromaFilter. All but the settings belongs to the filter's goroutine.
type Filter struct {
	filter.Filter
	settings filter.Settings

	window     image.Rectangle
	seen       int // pictures that the colour was taken from, up to calibrationFrames
	palette    vision.Palette
	told       bool // that the window is outside the picture
	keyer      keyer
	background background
}

func create(ctx context.Context, c pipeline.Creation, p params, settings filter.Settings) (pipeline.Object, error) {
	w := p.Window
	if w.Width < 1 || w.Height < 1 || w.X < 0 || w.Y < 0 || max(w.X, w.Y, w.Width, w.Height) > i420.MaxSize {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "window of %dx%d at %d, %d is no part of a picture", w.Width, w.Height, w.X, w.Y)
	}
	f := &Filter{settings: settings, window: image.Rect(w.X, w.Y, w.X+w.Width, w.Y+w.Height)}
	if p.BackgroundImage != "" {
		img, err := f.load(ctx, p.BackgroundImage)
		if err != nil {
			return nil, err
		}
		f.background.image = img
	}
	f.SetupPictures(c, f, p.MediaPipeline, f.work)
	return f, nil
}

func (f *Filter) load(ctx context.Context, uri string) (*i420.Picture, error) {
	img, err := filter.LoadImage(ctx, f.settings.Access, uri)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "%v", err)
	}
	return i420.FromImage(img), nil
}

func setBackground(ctx context.Context, f *Filter, p backgroundParams) error {
	img, err := f.load(ctx, p.URI)
	if err != nil {
		return err
	}
	f.Do(func() { f.background = background{image: img} })
	return nil
}

func unsetBackground(_ context.Context, f *Filter, _ pipeline.None) error {
	f.Do(func() { f.background = background{} })
	return nil
}

func (f *Filter) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	switch {
	case f.seen < calibrationFrames:
		f.calibrate(p)
	case f.background.image != nil && m.Watched: // without one the picture stays as it is, as in the original
		f.keyer.key(p, f.background.of(p.Width, p.Height))
	}
	return p
}

// calibrate learns the colour, and shows where it is looked for.
func (f *Filter) calibrate(p *i420.Picture) {
	if !f.palette.Add(p, f.window) {
		f.outside(p)
		return
	}
	if f.seen++; f.seen == calibrationFrames {
		f.keyer.learn(f.palette.Tint())
	}
	vision.Outline(p, f.window, vision.Blue)
}

// outside says once that there is nothing to learn from.
func (f *Filter) outside(p *i420.Picture) {
	if f.told {
		return
	}
	f.told = true
	text := fmt.Sprintf("window %v is outside the picture of %dx%d: no colour can be taken from it", f.window, p.Width, p.Height)
	log := f.Log()
	log.Warn().Msg(text)
	f.Emit(pipeline.Error{Description: text, Type: "UNEXPECTED_ELEMENT_ERROR"})
}

// background is an image in the size of the pictures, which may change.
type background struct {
	image  *i420.Picture // nil: there is none
	scaled *i420.Picture
}

func (b *background) of(width, height int) *i420.Picture {
	if b.scaled == nil || b.scaled.Width != width || b.scaled.Height != height {
		b.scaled = i420.New(width, height)
		i420.NewScaler(width, height, b.image.Width, b.image.Height).Scale(b.scaled, b.image)
	}
	return b.scaled
}
