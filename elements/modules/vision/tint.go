package vision

import (
	"image"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Palette collects the chroma of a part of one or more pictures. The zero value is empty and ready.
type Palette struct {
	u, v [256]int // how often each value came
	n    int
}

// Tint is a colour that is looked for. It is a place in the plane of chroma; brightness, which changes with light and shadow,
// is no part of it.
type Tint struct {
	U, V   byte
	Spread int // from U and V, within which most of what the tint was taken from lies
}

// spreadShare is the share of values at either end that a spread leaves out: specks, and what else was in the window.
const spreadShare = 0.05

// Add takes in the part r of p, in pixels. What of r is beyond p is left out; false: that was all.
func (c *Palette) Add(p *i420.Picture, r image.Rectangle) bool {
	r = r.Intersect(image.Rect(0, 0, p.Width, p.Height))
	if r.Empty() {
		return false
	}
	for y := r.Min.Y / 2; y < (r.Max.Y+1)/2; y++ {
		for x := r.Min.X / 2; x < (r.Max.X+1)/2; x++ {
			i := y*p.CStride + x
			c.u[p.U[i]]++
			c.v[p.V[i]]++
			c.n++
		}
	}
	return true
}

// Tint is the median of what was added. The palette must not be empty.
func (c *Palette) Tint() Tint {
	u, v := percentile(&c.u, c.n, 0.5), percentile(&c.v, c.n, 0.5)
	spread := max(
		u-percentile(&c.u, c.n, spreadShare), percentile(&c.u, c.n, 1-spreadShare)-u,
		v-percentile(&c.v, c.n, spreadShare), percentile(&c.v, c.n, 1-spreadShare)-v,
	)
	return Tint{U: byte(u), V: byte(v), Spread: spread}
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
