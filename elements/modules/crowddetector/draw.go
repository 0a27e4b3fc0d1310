package crowddetector

import (
	"image"

	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// draw shows what the filter sees, as the original does: the regions' borders, what moves in blue, what stands in red.
func (f *Filter) draw(p *i420.Picture) {
	s := &f.scene
	for i, occupied := range s.occupied {
		if !occupied || !f.watched(i) {
			continue
		}
		color := vision.Red
		if s.moving(i) {
			color = vision.Blue
		}
		x, y := i%s.columns*block, i/s.columns*block
		tint(p, image.Rect(x*p.Width/s.now.Width, y*p.Height/s.now.Height, (x+block)*p.Width/s.now.Width, (y+block)*p.Height/s.now.Height), color)
	}
	for _, r := range f.regions {
		for i, a := range r.points {
			b := r.points[(i+1)%len(r.points)]
			vision.Line(p, at(p, a), at(p, b), vision.White)
		}
	}
}

func at(p *i420.Picture, r RelativePoint) image.Point {
	return image.Pt(int(r.X*float32(p.Width-1)), int(r.Y*float32(p.Height-1)))
}

// watched tells whether a block is part of any region.
func (f *Filter) watched(i int) bool {
	for _, r := range f.regions {
		if r.weights[i] > 0 {
			return true
		}
	}
	return false
}

// tint moves the chroma of a part of the picture halfway to a colour's.
func tint(p *i420.Picture, r image.Rectangle, c i420.Color) {
	for y := r.Min.Y / 2; y < r.Max.Y/2; y++ {
		for x := r.Min.X / 2; x < r.Max.X/2; x++ {
			i := y*p.CStride + x
			p.U[i] = byte((int(p.U[i]) + int(c.U)) / 2)
			p.V[i] = byte((int(p.V[i]) + int(c.V)) / 2)
		}
	}
}
