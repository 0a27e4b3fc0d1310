package pointerdetector

import (
	"fmt"
	"image"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// pointerRadius is that of the disc that shows the pointer, in pixels.
const pointerRadius = 10

func (f *Filter) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	if f.learn {
		f.calibrate(p)
	}
	at, seen := f.tracker.find(p)
	f.follow(at, seen)
	if m.Watched {
		f.draw(p, at, seen)
	}
	return p
}

// calibrate learns the colour of what is in the region.
func (f *Filter) calibrate(p *i420.Picture) {
	f.learn = false
	var palette vision.Palette
	if !palette.Add(p, f.region) {
		text := fmt.Sprintf("calibrationRegion %v is outside the picture of %dx%d: no colour can be taken from it", f.region, p.Width, p.Height)
		log := f.Log()
		log.Warn().Msg(text)
		f.Emit(pipeline.Error{Description: text, Type: "UNEXPECTED_ELEMENT_ERROR"})
		return
	}
	f.tracker.learn(palette.Tint())
}

// follow raises the events. A window is left before another is entered; the original forgets the former.
func (f *Filter) follow(at image.Point, seen bool) {
	var now *window
	if seen {
		for _, w := range f.windows {
			if w.holds(at, w == f.inside) {
				now = w // of windows that overlap the last one counts
			}
		}
	}
	if now == f.inside {
		return
	}
	if f.inside != nil {
		f.Emit(WindowOut{WindowID: f.inside.id})
	}
	if now != nil {
		f.Emit(WindowIn{WindowID: now.id})
	}
	f.inside = now
}

func (f *Filter) draw(p *i420.Picture, at image.Point, seen bool) {
	vision.Outline(p, f.region, vision.White)
	for _, w := range f.windows {
		w.draw(p, w == f.inside)
	}
	if seen {
		vision.Disc(p, at, pointerRadius, vision.Red)
	}
}
