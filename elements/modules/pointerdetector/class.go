// Package pointerdetector is the module pointerdetector: a filter that follows something of one colour, as a finger's cap or a
// ball on a stick, and tells when it enters and leaves windows of the picture.
package pointerdetector

import (
	"context"
	"image"
	"slices"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Class describes PointerDetectorFilter. settings gives those that a new filter starts with.
func Class(settings func() filter.Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "PointerDetectorFilter", Module: "pointerdetector", Parent: filter.Class,
		New: pipeline.New(func(ctx context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(ctx, c, p, settings())
		}),
		Methods: pipeline.Methods(
			pipeline.Slow(pipeline.Do("addWindow", addWindow)), // its images may be far away
			pipeline.Do("clearWindows", clearWindows),
			pipeline.Do("trackColorFromCalibrationRegion", trackColor),
			pipeline.Do("removeWindow", removeWindow),
		),
		Events: []pipeline.EventType{pipeline.Raises[WindowIn](), pipeline.Raises[WindowOut]()},
	}
}

type params struct {
	MediaPipeline     *pipeline.MediaPipeline           `kurento:"mediaPipeline"`
	CalibrationRegion WindowParam                       `kurento:"calibrationRegion"`
	Windows           []PointerDetectorWindowMediaParam `kurento:"windows,optional,default=[]"`
}

// WindowParam is a part of the picture, in pixels. Whatever its members are called, the point is the left upper corner.
type WindowParam struct {
	X      int `kurento:"topRightCornerX"`
	Y      int `kurento:"topRightCornerY"`
	Width  int `kurento:"width"`
	Height int `kurento:"height"`
}

// WireModule is part of wire.Moduled.
func (WindowParam) WireModule() string { return "pointerdetector" }

// PointerDetectorWindowMediaParam is a window, in pixels. Here too the point is the left upper corner.
type PointerDetectorWindowMediaParam struct {
	ID           string  `kurento:"id"`
	Height       int     `kurento:"height"`
	Width        int     `kurento:"width"`
	X            int     `kurento:"upperRightX"`
	Y            int     `kurento:"upperRightY"`
	ActiveImage  string  `kurento:"activeImage,optional"`
	Transparency float32 `kurento:"imageTransparency,optional"`
	Image        string  `kurento:"image,optional"`
}

// WireModule is part of wire.Moduled.
func (PointerDetectorWindowMediaParam) WireModule() string { return "pointerdetector" }

type (
	// WindowIn is raised when the pointer enters a window.
	WindowIn struct {
		pipeline.Media
		WindowID string `kurento:"windowId"`
	}
	// WindowOut is raised when it leaves one.
	WindowOut struct {
		pipeline.Media
		WindowID string `kurento:"windowId"`
	}

	windowParams struct {
		Window PointerDetectorWindowMediaParam `kurento:"window"`
	}
	idParams struct {
		WindowID string `kurento:"windowId"`
	}
)

// Filter is PointerDetectorFilter. All but the settings belongs to the filter's goroutine.
type Filter struct {
	filter.Filter
	settings filter.Settings

	region  image.Rectangle
	learn   bool // the colour, from the next picture
	tracker tracker
	windows []*window
	inside  *window // where the pointer is, nil: nowhere
}

func create(ctx context.Context, c pipeline.Creation, p params, settings filter.Settings) (pipeline.Object, error) {
	region, err := rectangle("calibrationRegion", p.CalibrationRegion.X, p.CalibrationRegion.Y, p.CalibrationRegion.Width, p.CalibrationRegion.Height)
	if err != nil {
		return nil, err
	}
	f := &Filter{settings: settings, region: region}
	for _, w := range p.Windows {
		made, err := newWindow(ctx, settings.Access, w)
		if err != nil {
			return nil, err
		}
		f.put(made)
	}
	f.SetupPictures(c, f, p.MediaPipeline, f.work)
	return f, nil
}

// rectangle is a part of a picture in pixels. The error names it.
func rectangle(what string, x, y, width, height int) (image.Rectangle, error) {
	if width < 1 || height < 1 || x < 0 || y < 0 || max(x, y, width, height) > i420.MaxSize {
		return image.Rectangle{}, pipeline.Errorf(pipeline.IllegalParam, "%s of %dx%d at %d, %d is no part of a picture", what, width, height, x, y)
	}
	return image.Rect(x, y, x+width, y+height), nil
}

func addWindow(ctx context.Context, f *Filter, p windowParams) error {
	w, err := newWindow(ctx, f.settings.Access, p.Window)
	if err != nil {
		return err
	}
	f.Do(func() { f.put(w) })
	return nil
}

// put adds a window, in the place of one with the same id if there is one.
func (f *Filter) put(w *window) {
	f.remove(w.id)
	f.windows = append(f.windows, w)
}

func removeWindow(_ context.Context, f *Filter, p idParams) error {
	f.Do(func() {
		if !f.remove(p.WindowID) { // no error in the original either
			log := f.Log()
			log.Warn().Str("window", p.WindowID).Msg("there is no such window to remove")
		}
	})
	return nil
}

func (f *Filter) remove(id string) bool {
	i := slices.IndexFunc(f.windows, func(w *window) bool { return w.id == id })
	if i < 0 {
		return false
	}
	if f.inside == f.windows[i] {
		f.inside = nil
	}
	f.windows = slices.Delete(f.windows, i, i+1)
	return true
}

func clearWindows(_ context.Context, f *Filter, _ pipeline.None) error {
	f.Do(func() { f.windows, f.inside = nil, nil })
	return nil
}

func trackColor(_ context.Context, f *Filter, _ pipeline.None) error {
	f.Do(func() { f.learn = true })
	return nil
}
