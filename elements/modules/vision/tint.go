package vision

import (
	"image"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Palette collects the colours of a part of one or more pictures. The zero value is empty and ready.
type Palette struct {
	y, u, v [256]int // how often each value came
	n       int
}

// Tint is a colour that is looked for: a place in the plane of chroma, and a brightness, which changes with light and shadow.
type Tint struct {
	U, V   byte
	Spread int // from U and V, within which most of what the tint was taken from lies
	Y      byte
	Light  int // the same from Y
}

// A spread is judged by the half of all values in the middle, so that a quarter of what was added may be something else. For
// normally distributed noise 2.5 times their distance leaves out a twentieth at either end.
const (
	middleShare = 0.25
	outerBy     = 2.5
)

// Add takes in the part r of p, in pixels. What of r is beyond p is left out; false: that was all.
func (c *Palette) Add(p *i420.Picture, r image.Rectangle) bool {
	r = r.Intersect(image.Rect(0, 0, p.Width, p.Height))
	if r.Empty() {
		return false
	}
	for y := r.Min.Y / 2; y < (r.Max.Y+1)/2; y++ {
		for x := r.Min.X / 2; x < (r.Max.X+1)/2; x++ {
			i := y*p.CStride + x
			c.y[p.Y[2*y*p.YStride+2*x]]++
			c.u[p.U[i]]++
			c.v[p.V[i]]++
			c.n++
		}
	}
	return true
}

// Tint is the median of what was added. The palette must not be empty.
func (c *Palette) Tint() Tint {
	y, light := middle(&c.y, c.n)
	u, spreadU := middle(&c.u, c.n)
	v, spreadV := middle(&c.v, c.n)
	return Tint{U: byte(u), V: byte(v), Spread: max(spreadU, spreadV), Y: byte(y), Light: light}
}

// middle is the median, and how far most values are from it.
func middle(histogram *[256]int, n int) (median, spread int) {
	median = percentile(histogram, n, 0.5)
	near := max(median-percentile(histogram, n, middleShare), percentile(histogram, n, 1-middleShare)-median)
	return median, int(outerBy*float64(near) + 0.5)
}

// percentile is the least value that a share of all values does not exceed.
func percentile(histogram *[256]int, n int, share float64) int {
	left := int(share * float64(n))
	for value, count := range histogram {
		if left -= count; left < 0 {
			return value
		}
	}
	return 255
}

// Offset is how far chroma is from the tint along both axes.
func (t Tint) Offset(u, v byte) (du, dv int) { return int(u) - int(t.U), int(v) - int(t.V) }
