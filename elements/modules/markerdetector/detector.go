package markerdetector

import (
	"slices"

	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// marker is one in a picture.
type marker struct {
	id      int
	corners vision.Quad // in pixels of the picture
}

// detector finds markers. It keeps its memory from picture to picture, and belongs to one goroutine at a time.
type detector struct {
	gray       vision.Gray
	sums       vision.Integral
	mask       []byte
	blobs      vision.Blobs
	tracer     vision.Tracer
	found      []marker
	candidates []vision.Quad // all that might have been one
}

const (
	// widest is the width from which pictures are looked at in less than their size, in pixels: what is shown to a camera fills
	// more of a larger picture.
	widest = 960
	// windowShare is the radius of the neighbourhood that dark is darker than, as a share of the picture's width.
	windowShare = 0.03
	// darker is by how much, of 255 levels.
	darker = 7
	// smallest is the side of a marker, in pixels: with 9 cells across, less cannot be read.
	smallest = 18
	// contrast is the least difference between black and white cells, of 255 levels.
	contrast = 20
	// spots is how many cells of the margin may be light.
	spots = 3
)

// find lists the markers in a picture. The list is valid until the next call.
func (d *detector) find(p *i420.Picture) []marker {
	n := 1
	for p.Width/n > widest {
		n++
	}
	d.found, d.candidates = d.found[:0], d.candidates[:0]
	d.gray.Shrink(p, n)
	d.sums.Compute(&d.gray)
	width, height := d.gray.Width, d.gray.Height
	if cap(d.mask) < width*height {
		d.mask = make([]byte, width*height)
	}
	d.mask = d.mask[:width*height]
	d.sums.Darker(d.mask, &d.gray, max(int(windowShare*float64(width)), 8), darker)
	blobs := d.blobs.Find(d.mask, width, height)
	for i := range blobs {
		b := &blobs[i]
		if w, h := b.Bounds.Dx(), b.Bounds.Dy(); w < smallest || h < smallest || w+h > (width+height)*3/2 {
			continue
		}
		if q, ok := d.tracer.Quad(d.mask, width, height, b, smallest); ok {
			d.read(q, float64(n))
		}
	}
	return d.found
}

// read looks for a marker in a quadrilateral.
func (d *detector) read(q vision.Quad, scale float64) {
	d.candidates = append(d.candidates, q.Scaled(scale))
	var levels [cells * cells]float64
	view := vision.SquareTo(q)
	for i := range levels {
		levels[i] = d.level(&view, i%cells, i/cells)
	}
	limit, ok := threshold(&levels)
	if !ok {
		return
	}
	var c code
	light := 0
	for i, level := range levels {
		x, y := i%cells-margin, i/cells-margin
		switch {
		case x >= 0 && x < inner && y >= 0 && y < inner:
			c[y*inner+x] = level < limit
		case level >= limit:
			light++
		}
	}
	if light > spots {
		return
	}
	if id, quarters, ok := c.read(); ok {
		// What rotates the code to the right by a quarter begins with the corner before.
		d.found = append(d.found, marker{id: id, corners: q.Rotated((4 - quarters) % 4).Scaled(scale)})
	}
}

// level is the brightness of a cell: the mean of five places around its middle.
func (d *detector) level(view *vision.Homography, x, y int) float64 {
	sum := 0.0
	for _, off := range [5]vision.Point{{X: 0, Y: 0}, {X: -0.2, Y: -0.2}, {X: 0.2, Y: -0.2}, {X: -0.2, Y: 0.2}, {X: 0.2, Y: 0.2}} {
		at := view.Map(vision.Point{X: (float64(x) + 0.5 + off.X) / cells, Y: (float64(y) + 0.5 + off.Y) / cells})
		sum += d.gray.Between(at.X, at.Y)
	}
	return sum / 5
}

// threshold is halfway between the margin, which is black, and the lightest cells of the code, of which every marker has five at
// least; false: there is too little between.
func threshold(levels *[cells * cells]float64) (float64, bool) {
	var code [inner * inner]float64
	black, n := 0.0, 0
	for i, level := range levels {
		x, y := i%cells-margin, i/cells-margin
		if x >= 0 && x < inner && y >= 0 && y < inner {
			code[y*inner+x] = level
		} else {
			black, n = black+level, n+1
		}
	}
	slices.Sort(code[:])
	const lightest = 4
	white := 0.0
	for _, level := range code[len(code)-lightest:] {
		white += level / lightest
	}
	black /= float64(n)
	return (black + white) / 2, white-black >= contrast
}
