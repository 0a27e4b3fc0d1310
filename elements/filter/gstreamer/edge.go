package gstreamer

import (
	"slices"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// edgetv shows where brightness changes, in coarse pixels on black, as the effect of EffecTV does.
type edgetv struct {
	above []int // luma of the coarse pixels one row up
}

const (
	coarse  = 4 // pixels along each side: even, so that chroma has coarse pixels too
	sharply = 3 // a difference of a third of the range is white
)

func (e *edgetv) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	columns := (p.Width + coarse - 1) / coarse
	e.above = slices.Grow(e.above[:0], columns)[:columns]
	for y := 0; y < p.Height; y += coarse {
		left := 0
		for column := range columns {
			x := column * coarse
			here := int(p.Y[y*p.YStride+x])
			if y == 0 {
				e.above[column] = here
			}
			if x == 0 {
				left = here
			}
			edge := max(here-left, left-here) + max(here-e.above[column], e.above[column]-here)
			left, e.above[column] = here, here
			fillRows(p.Y, p.YStride, x, y, min(x+coarse, p.Width), min(y+coarse, p.Height), byte(min(16+sharply*edge, 235)))
			if edge < 16/sharply { // black has no colour
				cx, cy := min(x/2+coarse/2, (p.Width+1)/2), min(y/2+coarse/2, (p.Height+1)/2)
				fillRows(p.U, p.CStride, x/2, y/2, cx, cy, 128)
				fillRows(p.V, p.CStride, x/2, y/2, cx, cy, 128)
			}
		}
	}
	return p
}

// fillRows gives a part of a plane one value.
func fillRows(pix []byte, stride, left, top, right, bottom int, v byte) {
	for y := top; y < bottom; y++ {
		row := pix[y*stride+left : y*stride+right]
		for x := range row {
			row[x] = v
		}
	}
}
