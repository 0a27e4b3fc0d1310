package markerdetector

import (
	"image"
	"image/color"
	"slices"
	"strconv"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/i420/text"
)

// period is how often pictures are looked at: every second one of 30 in a second. Between, markers are where they were.
const period = 50 * time.Millisecond

func (f *Filter) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	if m.PTS >= f.next || m.PTS < f.next-period { // the latter: another stream
		f.next = m.PTS + period
		f.counts.see(f.detector.find(p), func(id, count, diff int) { f.Emit(MarkerCount{ID: id, Count: count, Diff: diff}) })
	}
	if m.Watched {
		f.look.draw(p, f.detector.found, f.detector.candidates)
	}
	return p
}

// counts are the markers that are taken for visible, in the order in which they came.
type counts []count

type count struct {
	id      int
	visible int
	seen    int // in the picture that is looked at
	fewer   int // pictures in a row that showed fewer
}

// patience is how many pictures a marker may be hidden in before it counts as gone: a blurred picture is no news.
const patience = 5

func (c *counts) see(markers []marker, tell func(id, count, diff int)) {
	for _, m := range markers {
		i := slices.IndexFunc(*c, func(n count) bool { return n.id == m.id })
		if i < 0 {
			i = len(*c)
			*c = append(*c, count{id: m.id})
		}
		(*c)[i].seen++
	}
	for i := range *c {
		n := &(*c)[i]
		before := n.visible
		if n.settle(); n.visible != before {
			tell(n.id, n.visible, n.visible-before)
		}
	}
	*c = slices.DeleteFunc(*c, func(n count) bool { return n.visible == 0 })
}

// settle takes what the picture shows for visible, unless it is less and may come back.
func (n *count) settle() {
	if n.seen < n.visible && n.fewer < patience {
		n.fewer++
	} else {
		n.visible, n.fewer = n.seen, 0
	}
	n.seen = 0
}

// look is how markers are shown.
type look struct {
	debug int // 1: their borders and numbers; 2: also what was looked at and is none
	image *vision.Sheet
	text  *vision.Sheet
	scale float64 // of image and text to the marker
	ids   *text.Text
}

func (l *look) draw(p *i420.Picture, markers []marker, candidates []vision.Quad) {
	for _, m := range markers {
		view := vision.SquareTo(m.corners)
		for _, sheet := range []*vision.Sheet{l.image, l.text} {
			if sheet == nil {
				continue
			}
			if q := view.Around(l.scale, sheet.Aspect()); q.Convex() { // not if the plane's horizon is in it
				sheet.Draw(p, q)
			}
		}
	}
	if l.debug >= 2 {
		for _, q := range candidates {
			outline(p, q, vision.Blue)
		}
	}
	if l.debug >= 1 {
		for _, m := range markers {
			outline(p, m.corners, vision.Green)
			l.number(p, m)
		}
	}
}

func (l *look) number(p *i420.Picture, m marker) {
	const size = 24
	if l.ids == nil {
		l.ids = text.New(text.Plain(size))
	}
	l.ids.Set(strconv.Itoa(m.id))
	l.ids.Draw(p, int(m.corners[0].X), int(m.corners[0].Y))
}

func outline(p *i420.Picture, q vision.Quad, c i420.Color) {
	for i, from := range q {
		to := q[(i+1)%4]
		vision.Line(p, image.Pt(int(from.X), int(from.Y)), image.Pt(int(to.X), int(to.Y)), c)
	}
}

// plate is a text in black on white; nil for none.
func plate(s string) *vision.Sheet {
	const size, border = 96, 24
	style := text.Style{Size: size, Bold: true, Align: text.Center, Color: color.NRGBA{0, 0, 0, 255}}
	letters := text.New(style)
	letters.Set(s)
	width, height := letters.Size()
	if width == 0 || height == 0 {
		return nil
	}
	p := i420.New(width+2*border, height+2*border)
	p.Fill(vision.White)
	letters.Draw(p, border, border)
	return vision.NewSheet(p.Image())
}
