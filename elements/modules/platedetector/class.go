// Package platedetector is the module platedetector: a filter that reads the number plates of vehicles.
package platedetector

import (
	"context"
	"image"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/i420/text"
)

// Class describes PlateDetectorFilter.
var Class = &pipeline.Class{
	Name: "PlateDetectorFilter", Module: "platedetector", Parent: filter.Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		f := &Filter{finder: newFinder(standard()), label: text.New(text.Plain(labelSize))}
		f.SetupPictures(c, f, p.MediaPipeline, f.work)
		return f, nil
	}),
	Methods: pipeline.Methods(pipeline.Do("setPlateWidthPercentage", setPlateWidth)),
	Events:  []pipeline.EventType{pipeline.Raises[PlateDetected]()},
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// PlateDetected is raised when a plate was read. Its type member is not its name: the original lets the name slip through that
// the message has inside of it, and clients may have got used to it.
type PlateDetected struct {
	pipeline.Media
	Plate string `kurento:"plate"`
	Type  string `kurento:"type"`
}

const eventType = "plate-detected"

// Filter is PlateDetectorFilter. All of it belongs to the filter's goroutine.
type Filter struct {
	filter.Filter
	finder *finder
	known  readings
	next   time.Duration // when to look again
	label  *text.Text
}

// period is how often pictures are looked at: a plate is in view for longer, and reading takes its time.
const period = time.Second / 11 // every third picture of 30 in a second

type widthParams struct {
	Share float32 `kurento:"plateWidthPercentage"`
}

func setPlateWidth(_ context.Context, f *Filter, p widthParams) error {
	if !(p.Share > 0 && p.Share <= 1) {
		return pipeline.Errorf(pipeline.IllegalParam, "plateWidthPercentage %v is not above 0 and up to 1", p.Share)
	}
	f.Do(func() { f.finder.width = float64(p.Share) })
	return nil
}

func (f *Filter) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	if m.PTS >= f.next || m.PTS < f.next-period { // the latter: another stream
		f.next = m.PTS + period
		f.known.see(f.finder.find(p), m.PTS, func(plate string) { f.Emit(PlateDetected{Plate: plate, Type: eventType}) })
	}
	if m.Watched {
		for _, plate := range f.finder.found {
			f.show(p, plate)
		}
	}
	return p
}

const labelSize = 28

// show draws what was read above the plate.
func (f *Filter) show(p *i420.Picture, plate plate) {
	for i, from := range plate.corners {
		to := plate.corners[(i+1)%4]
		vision.Line(p, image.Pt(int(from.X), int(from.Y)), image.Pt(int(to.X), int(to.Y)), vision.Green)
	}
	f.label.Set(plate.text)
	_, height := f.label.Size()
	f.label.Draw(p, int(plate.corners[0].X), int(plate.corners[0].Y)-height)
}

// readings are the texts that were read lately.
type readings []reading

type reading struct {
	text  string
	times int           // that it was read
	last  time.Duration // when
	told  bool
}

const (
	// sure is how often a text has to be read before it is told: mistakes seldom repeat themselves.
	sure = 2
	// gone is after how long without it a plate is news again.
	gone = 3 * time.Second
)

func (r *readings) see(plates []plate, now time.Duration, tell func(string)) {
	kept := (*r)[:0]
	for _, old := range *r {
		if now-old.last < gone {
			kept = append(kept, old)
		}
	}
	*r = kept
	for _, p := range plates {
		one := r.of(p.text)
		one.times, one.last = one.times+1, now
		if one.times >= sure && !one.told {
			one.told = true
			tell(p.text)
		}
	}
}

func (r *readings) of(text string) *reading {
	for i := range *r {
		if (*r)[i].text == text {
			return &(*r)[i]
		}
	}
	*r = append(*r, reading{text: text})
	return &(*r)[len(*r)-1]
}
