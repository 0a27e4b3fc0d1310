package vision

import (
	"image"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Colours that the modules draw with, in the values of pictures.
var (
	White = i420.FromRGB(255, 255, 255)
	Red   = i420.FromRGB(255, 0, 0)
	Green = i420.FromRGB(0, 255, 0)
	Blue  = i420.FromRGB(0, 0, 255)
)

// Fill gives the part r of p one colour. What of r is beyond p is left out.
func Fill(p *i420.Picture, r image.Rectangle, c i420.Color) {
	if r = r.Intersect(image.Rect(0, 0, p.Width, p.Height)); r.Empty() {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.Y[y*p.YStride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			row[x] = c.Y
		}
	}
	for y := r.Min.Y / 2; y < (r.Max.Y+1)/2; y++ {
		for x := r.Min.X / 2; x < (r.Max.X+1)/2; x++ {
			p.U[y*p.CStride+x], p.V[y*p.CStride+x] = c.U, c.V
		}
	}
}

// Outline draws the border of r, two pixels wide, which is as thin as chroma can be.
func Outline(p *i420.Picture, r image.Rectangle, c i420.Color) {
	const line = 2
	Fill(p, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+line), c)
	Fill(p, image.Rect(r.Min.X, r.Max.Y-line, r.Max.X, r.Max.Y), c)
	Fill(p, image.Rect(r.Min.X, r.Min.Y, r.Min.X+line, r.Max.Y), c)
	Fill(p, image.Rect(r.Max.X-line, r.Min.Y, r.Max.X, r.Max.Y), c)
}

// Disc draws a filled circle.
func Disc(p *i420.Picture, center image.Point, radius int, c i420.Color) {
	for dy := -radius; dy <= radius; dy++ {
		half := 0
		for (half+1)*(half+1)+dy*dy <= radius*radius {
			half++
		}
		y := center.Y + dy
		Fill(p, image.Rect(center.X-half, y, center.X+half+1, y+1), c)
	}
}

// Line draws a straight line, two pixels wide.
func Line(p *i420.Picture, from, to image.Point, c i420.Color) {
	d := to.Sub(from)
	steps := max(abs(d.X), abs(d.Y), 1)
	for i := range steps + 1 {
		at := from.Add(d.Mul(i).Div(steps))
		Fill(p, image.Rect(at.X, at.Y, at.X+2, at.Y+2), c)
	}
}

func abs(v int) int { return max(v, -v) }
