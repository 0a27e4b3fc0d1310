package pointerdetector

import (
	"image"
	"math"

	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// tracker finds the largest thing of a colour. It counts pixels of the colour in cells, so that single ones, which noise
// makes, and small holes do not count, and looks for connected cells.
type tracker struct {
	learnt bool
	like   [1 << 16]bool // by U<<8 | V: chroma that is of the colour
	low    byte          // brightness of the colour
	high   byte
	cells  []byte // how many samples of each are of the colour
	blobs  vision.Blobs

	last image.Point
	lost int // pictures since the pointer was seen; lostAfter or more: it is not there
}

const (
	// cell is the width of a cell, in samples of chroma.
	cell = 4
	// enough samples of a cell have to be of the colour.
	enough = cell * cell * 3 / 8
	// smallest is the weight of a pointer, in samples of chroma: about 16×16 pixels at 640×480. It grows with the picture.
	smallest = 64.0 / (320 * 240)
	// roundest is the least share of its box that a pointer covers; a disc has 0.78, in cells less.
	roundest = 0.35
	// longest is how much longer than wide a pointer may be.
	longest = 4
	// lostAfter is how many pictures a pointer may be hidden before it has left its window.
	lostAfter = 15

	// near and light are how far what is seen may be from the colour beyond what calibration saw, of 255 levels.
	near  = 10
	light = 48
	// grey is how near to grey a colour's chroma says little; then brightness has to be nearer.
	grey      = 14
	greyLight = 20
)

func (t *tracker) learn(c vision.Tint) {
	radius := float64(near + c.Spread)
	for u := range 256 {
		for v := range 256 {
			du, dv := c.Offset(byte(u), byte(v))
			t.like[u<<8|v] = math.Hypot(float64(du), float64(dv)) <= radius
		}
	}
	reach := light + c.Light
	if du, dv := c.Offset(128, 128); math.Hypot(float64(du), float64(dv)) < grey {
		reach = greyLight + c.Light
	}
	t.low, t.high = byte(max(int(c.Y)-reach, 0)), byte(min(int(c.Y)+reach, 255))
	t.learnt, t.lost = true, lostAfter
}

// find is where the pointer is, or was when it is hidden for a moment; false: nowhere.
func (t *tracker) find(p *i420.Picture) (image.Point, bool) {
	if !t.learnt {
		return image.Point{}, false
	}
	if at, ok := t.largest(p); ok {
		t.last, t.lost = at, 0
	} else {
		t.lost++
	}
	return t.last, t.lost < lostAfter
}

func (t *tracker) largest(p *i420.Picture) (image.Point, bool) {
	width, height := p.Width/2/cell, p.Height/2/cell
	t.count(p, width, height)
	least := int(smallest * float64(p.Width/2*(p.Height/2)))
	var best *vision.Blob
	blobs := t.blobs.Find(t.cells, width, height)
	for i := range blobs {
		b := &blobs[i]
		w, h := b.Bounds.Dx(), b.Bounds.Dy()
		compact := float64(b.Area) >= roundest*float64(w*h) && max(w, h) <= longest*min(w, h)
		if b.Weight >= least && compact && (best == nil || b.Weight > best.Weight) {
			best = b
		}
	}
	if best == nil {
		return image.Point{}, false
	}
	x, y := best.Center()
	return image.Pt(int(2*cell*x), int(2*cell*y)), true
}

// count fills the cells.
func (t *tracker) count(p *i420.Picture, width, height int) {
	if cap(t.cells) < width*height {
		t.cells = make([]byte, width*height)
	}
	t.cells = t.cells[:width*height]
	clear(t.cells)
	for y := range height * cell {
		row := t.cells[y/cell*width : (y/cell+1)*width]
		u, v, luma := p.U[y*p.CStride:], p.V[y*p.CStride:], p.Y[2*y*p.YStride:]
		for x := range width * cell {
			if t.like[int(u[x])<<8|int(v[x])] && luma[2*x] >= t.low && luma[2*x] <= t.high {
				row[x/cell]++
			}
		}
	}
	for i, n := range t.cells {
		if n < enough {
			t.cells[i] = 0
		}
	}
}
