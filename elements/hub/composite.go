package hub

import (
	"context"
	"image"
	"math"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Settings are what hubs need of the configuration.
type Settings struct {
	KeepAspectRatio bool // of the pictures in a Composite: black bars instead of a stretched picture
	CenterLastRow   bool // of a Composite
}

// composite is the Composite: the pictures of all ports in a grid.
type composite struct {
	mixed
	size     image.Point
	settings Settings
}

// compositeClass describes Composite.
func compositeClass(settings func() Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "Composite", Module: "elements", Parent: Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p compositeParams) (pipeline.Object, error) {
			h, err := newComposite(p, settings())
			if err != nil {
				return nil, err
			}
			h.start(c, p.MediaPipeline, positive(p.Framerate, defaultFramerate), h.arrange)
			return h, nil
		}),
	}
}

// compositeParams has the size of the picture in pixels, and its rate in frames per second.
type compositeParams struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Width         int                     `kurento:"width,optional,default=800"`
	Height        int                     `kurento:"height,optional,default=600"`
	Framerate     int                     `kurento:"framerate,optional,default=15"`
}

const (
	defaultWidth, defaultHeight, defaultFramerate = 800, 600, 15
	// maxSide and maxFramerate bound what a client can ask for.
	maxSide, maxFramerate = 4096, 60
)

func newComposite(p compositeParams, s Settings) (*composite, error) {
	for _, v := range []struct {
		name       string
		value, max int
	}{{"width", p.Width, maxSide}, {"height", p.Height, maxSide}, {"framerate", p.Framerate, maxFramerate}} {
		if v.value < 0 || v.value > v.max {
			return nil, pipeline.Errorf(pipeline.IllegalParam, "%s %d of Composite is not between 0 and %d", v.name, v.value, v.max)
		}
	}
	return &composite{size: positiveSize(p.Width, p.Height), settings: s}, nil
}

func positiveSize(width, height int) image.Point {
	return image.Pt(positive(width, defaultWidth), positive(height, defaultHeight))
}

// positive is v, or a default for 0, which the original takes too.
func positive(v, otherwise int) int {
	if v > 0 {
		return v
	}
	return otherwise
}

// arrange lays the pictures out in rows of equal cells: as many columns as it takes for a square number of cells, filled row
// by row.
func (h *composite) arrange(places []place, tiles []*tile) (canvas image.Point, _ []place) {
	n := len(tiles)
	if n == 0 {
		return h.size, places
	}
	columns := int(math.Ceil(math.Sqrt(float64(n))))
	rows := (n + columns - 1) / columns
	width, height := h.size.X/columns, h.size.Y/rows
	for i, t := range tiles {
		x, y := i%columns*width, i/columns*height
		if inRow := min(columns, n-i/columns*columns); h.settings.CenterLastRow {
			x += (columns - inRow) * width / 2
		}
		where := image.Rect(x, y, x+width, y+height)
		if h.settings.KeepAspectRatio {
			where = i420.Fit(width, height, t.size().X, t.size().Y).Add(where.Min)
		}
		places = append(places, place{t, where})
	}
	return h.size, places
}
