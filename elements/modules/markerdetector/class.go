// Package markerdetector is the module markerdetector: a filter that finds square markers in pictures, counts them, and lays
// images and texts over them in their perspective.
package markerdetector

import (
	"context"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline"
)

// Class describes ArMarkerdetector. settings gives those that a new filter starts with.
func Class(settings func() filter.Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "ArMarkerdetector", Module: "markerdetector", Parent: filter.OpenCVClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			f := &Filter{settings: settings(), shown: shown{OverlayScale: 1}}
			f.look.scale = 1
			f.SetupPictures(c, f, p.MediaPipeline, f.work)
			return f, nil
		}),
		// These are operations there, not properties.
		Methods: pipeline.Methods(
			pipeline.Do("setShowDebugLevel", setDebugLevel),
			pipeline.Op("getShowDebugLevel", get(func(s shown) int { return s.DebugLevel })),
			pipeline.Slow(pipeline.Do("setOverlayImage", setOverlayImage)), // it may be far away
			pipeline.Op("getOverlayImage", get(func(s shown) string { return s.OverlayImage })),
			pipeline.Do("setOverlayText", setOverlayText),
			pipeline.Op("getOverlayText", get(func(s shown) string { return s.OverlayText })),
			pipeline.Do("setOverlayScale", setOverlayScale),
			pipeline.Op("getOverlayScale", get(func(s shown) float32 { return s.OverlayScale })),
		),
		Events: []pipeline.EventType{pipeline.Raises[MarkerCount]()},
	}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// MarkerCount is raised when more or fewer markers of a number are visible.
type MarkerCount struct {
	pipeline.Media
	ID    int `kurento:"markerId"`
	Count int `kurento:"markerCount"`
	Diff  int `kurento:"markerCountDiff"` // to the count before
}

// shown is what clients have set.
type shown struct {
	DebugLevel   int
	OverlayImage string
	OverlayText  string
	OverlayScale float32
}

// Filter is ArMarkerdetector.
type Filter struct {
	filter.Filter
	settings filter.Settings

	mu    sync.Mutex
	shown shown

	// The rest belongs to the filter's goroutine.
	detector detector
	next     time.Duration // when to look again
	counts   counts
	look     look
}

func get[V any](of func(shown) V) func(context.Context, *Filter, pipeline.None) (V, error) {
	return func(_ context.Context, f *Filter, _ pipeline.None) (V, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		return of(f.shown), nil
	}
}

// set changes what is remembered, and how markers look from the next picture on.
func (f *Filter) set(remember func(*shown), change func(*look)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	remember(&f.shown)
	f.Do(func() { change(&f.look) })
}

type debugParams struct {
	Level int `kurento:"showDebugLevel"`
}

func setDebugLevel(_ context.Context, f *Filter, p debugParams) error {
	f.set(func(s *shown) { s.DebugLevel = p.Level }, func(l *look) { l.debug = p.Level })
	return nil
}

type imageParams struct {
	URI string `kurento:"overlayImage"`
}

// setOverlayImage lays an image over all markers; "" takes it away.
func setOverlayImage(ctx context.Context, f *Filter, p imageParams) error {
	var sheet *vision.Sheet
	if p.URI != "" {
		img, err := filter.LoadImage(ctx, f.settings.Access, p.URI)
		if err != nil {
			return pipeline.Errorf(pipeline.IllegalParam, "%v", err)
		}
		sheet = vision.NewSheet(img)
	}
	f.set(func(s *shown) { s.OverlayImage = p.URI }, func(l *look) { l.image = sheet })
	return nil
}

type textParams struct {
	Text string `kurento:"overlayText"`
}

// setOverlayText writes a text onto all markers; "" takes it away.
func setOverlayText(_ context.Context, f *Filter, p textParams) error {
	sheet := plate(p.Text)
	f.set(func(s *shown) { s.OverlayText = p.Text }, func(l *look) { l.text = sheet })
	return nil
}

type scaleParams struct {
	Scale float32 `kurento:"overlayScale"`
}

// largestScale is that of an overlay: more than the picture is of no use.
const largestScale = 100

func setOverlayScale(_ context.Context, f *Filter, p scaleParams) error {
	if !(p.Scale > 0 && p.Scale <= largestScale) {
		return pipeline.Errorf(pipeline.IllegalParam, "overlayScale %v is not above 0 and up to %d", p.Scale, largestScale)
	}
	f.set(func(s *shown) { s.OverlayScale = p.Scale }, func(l *look) { l.scale = float64(p.Scale) })
	return nil
}
