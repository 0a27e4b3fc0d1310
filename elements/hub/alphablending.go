package hub

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"
	"sync"

	"github.com/rivero-media/rivero/pipeline"
)

// alphaBlending is the AlphaBlending: the pictures of the ports over one another, in a picture of the size of the master's.
type alphaBlending struct {
	mixed

	placing sync.Mutex
	master  *Port // nil: none
	region  map[*Port]region
	ordered []*tile // memory for arrange
}

// region is where the picture of a port goes.
type region struct {
	x, y, width, height float64 // in fractions of the whole picture
	z                   int     // higher ones cover lower ones
}

// wholePicture is where ports go that nobody has placed.
var wholePicture = region{0, 0, 1, 1, 1}

// alphaBlendingClass describes AlphaBlending.
var alphaBlendingClass = &pipeline.Class{
	Name: "AlphaBlending", Module: "elements", Parent: Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		h := &alphaBlending{region: make(map[*Port]region)}
		h.start(c, p.MediaPipeline, defaultFramerate, h.arrange)
		return h, nil
	}),
	Methods: pipeline.Methods(
		pipeline.Do("setMaster", func(_ context.Context, h *alphaBlending, p masterParams) error {
			return h.place(p.Source, func(r *region) {
				h.master = p.Source
				r.z = p.ZOrder
			})
		}),
		pipeline.Do("setPortProperties", func(_ context.Context, h *alphaBlending, p portProperties) error {
			return h.place(p.Port, func(r *region) {
				*r = region{
					float64(p.RelativeX), float64(p.RelativeY), float64(p.RelativeWidth), float64(p.RelativeHeight), p.ZOrder,
				}
			})
		}),
	),
}

type masterParams struct {
	Source *Port `kurento:"source"`
	ZOrder int   `kurento:"zOrder"`
}

// portProperties place a port; all but the order are fractions of the whole picture.
type portProperties struct {
	RelativeX      float32 `kurento:"relativeX"`
	RelativeY      float32 `kurento:"relativeY"`
	ZOrder         int     `kurento:"zOrder"`
	RelativeWidth  float32 `kurento:"relativeWidth"`
	RelativeHeight float32 `kurento:"relativeHeight"`
	Port           *Port   `kurento:"port"`
}

// place changes where a port goes.
func (h *alphaBlending) place(p *Port, change func(r *region)) error {
	if !h.has(p) {
		return pipeline.Errorf(pipeline.ConnectError, "Port '%s' is not of this hub", p.ID())
	}
	h.placing.Lock()
	defer h.placing.Unlock()
	r, placed := h.region[p]
	if !placed {
		r = wholePicture
	}
	change(&r)
	h.region[p] = r
	return nil
}

func (h *alphaBlending) left(p *Port) {
	h.mixed.left(p)
	h.placing.Lock()
	defer h.placing.Unlock()
	delete(h.region, p)
	if h.master == p {
		h.master = nil
	}
}

// withoutMaster is the size of the picture before there is a master's.
var withoutMaster = image.Pt(640, 480)

// arrange puts every picture to its region.
func (h *alphaBlending) arrange(places []place, tiles []*tile) (canvas image.Point, _ []place) {
	h.placing.Lock()
	defer h.placing.Unlock()
	canvas = withoutMaster
	for _, t := range tiles {
		if t.port == h.master {
			canvas = t.size()
		}
	}
	h.ordered = append(h.ordered[:0], tiles...)
	slices.SortStableFunc(h.ordered, func(a, b *tile) int { return cmp.Compare(h.regionOf(a).z, h.regionOf(b).z) })
	for _, t := range h.ordered {
		if where, ok := h.regionOf(t).on(canvas); ok {
			places = append(places, place{t, where})
		}
	}
	return canvas, places
}

func (h *alphaBlending) regionOf(t *tile) region {
	if r, placed := h.region[t.port]; placed {
		return r
	}
	return wholePicture
}

// on is the region on a canvas; false when nothing of it is seen.
func (r region) on(canvas image.Point) (where image.Rectangle, ok bool) {
	at := func(fraction float64, side int) int {
		const farOut = 4 // sides of the canvas: beyond that nothing changes any more
		return int(math.Round(min(max(fraction, -farOut), farOut) * float64(side)))
	}
	where = image.Rect(
		at(r.x, canvas.X), at(r.y, canvas.Y), at(r.x+r.width, canvas.X), at(r.y+r.height, canvas.Y),
	)
	visible := r.width > 0 && r.height > 0 && where.Overlaps(image.Rectangle{Max: canvas})
	return where, visible
}
