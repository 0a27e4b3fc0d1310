package gstreamer

import (
	"math"
	"slices"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// gaussianblur blurs, or sharpens where sigma is negative: then what blurring would take is added.
type gaussianblur struct {
	Sigma float64 `gst:"sigma,1.2,-20,20"`

	luma, chroma bell
	rows         [2][]uint16 // a plane between two boxes, row by row
	line         [2][]int32  // one row between two boxes, with its margins
	sums         []int32
}

// bell is a Gaussian made of boxes one after the other (W. M. Wells, "Efficient synthesis of Gaussian filters by cascaded uniform
// filters", 1986). The borders of a box count in part, so that any width is possible. It costs the same for every sigma.
type bell struct {
	radius int // of a box, without its borders
	border int // the share of a border, with borderBits behind the point
	scale  int // 1/sum of the weights, with scaleBits behind the point
}

const (
	boxes      = 3
	fineBits   = 6 // behind the point, between boxes
	borderBits = 11
	scaleBits  = 20
)

// newBell finds a box with 1/boxes of the variance. One that covers 2r+1 pixels and both neighbours by a share s has the variance
// (r(r+1)(2r+1)/3 + 2s(r+1)²) / (2r+1+2s).
func newBell(sigma float64) bell {
	want := sigma * sigma / boxes
	r := int(math.Floor((math.Sqrt(12*want+1) - 1) / 2))
	whole, inside, next := float64(2*r+1), float64(r*(r+1)*(2*r+1))/3, float64((r+1)*(r+1))
	border := math.Round((want*whole - inside) / (2 * (next - want)) * (1 << borderBits))
	weights := whole + 2*border/(1<<borderBits)
	return bell{radius: r, border: int(border), scale: int(math.Round((1 << scaleBits) / weights))}
}

// mean is what a box makes of the sum of its pixels and of its borders.
func (b *bell) mean(sum, borders int) int {
	return (sum + borders*b.border>>borderBits) * b.scale >> scaleBits
}

func (e *gaussianblur) update(string) {
	sigma := math.Abs(e.Sigma)
	e.luma, e.chroma = newBell(sigma), newBell(sigma/2)
}

func (e *gaussianblur) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	if e.Sigma == 0 {
		return p
	}
	e.blur(&e.luma, p.Y, p.Width)
	e.blur(&e.chroma, p.U, (p.Width+1)/2)
	e.blur(&e.chroma, p.V, (p.Width+1)/2)
	return p
}

// blur works on a plane without gaps.
func (e *gaussianblur) blur(b *bell, pix []byte, width int) {
	for i := range e.rows {
		e.rows[i] = slices.Grow(e.rows[i][:0], len(pix))[:len(pix)]
	}
	for at := 0; at < len(pix); at += width {
		e.across(b, e.rows[0][at:at+width], pix[at:at+width])
	}
	for range boxes {
		e.down(b, width)
		e.rows[0], e.rows[1] = e.rows[1], e.rows[0]
	}
	const half = 1 << (fineBits - 1)
	if e.Sigma > 0 {
		for i, v := range e.rows[0][:len(pix)] {
			pix[i] = byte((v + half) >> fineBits)
		}
		return
	}
	for i, v := range e.rows[0][:len(pix)] {
		pix[i] = byte(min(max(2*int(pix[i])-int(v+half)>>fineBits, 0), 255))
	}
}

// across puts all boxes along a row. Beyond its ends the row goes on with its last pixel.
func (e *gaussianblur) across(b *bell, to []uint16, from []byte) {
	margin, width := b.radius+1, len(from)
	for i := range e.line {
		e.line[i] = slices.Grow(e.line[i][:0], width+2*margin)[:width+2*margin]
	}
	src, dst := e.line[0], e.line[1]
	for x, v := range from {
		src[margin+x] = int32(v) << fineBits
	}
	for range boxes {
		first, last := src[margin], src[margin+width-1]
		for i := range margin {
			src[i], src[margin+width+i] = first, last
		}
		sum := 0
		for _, v := range src[1 : 2*margin] {
			sum += int(v)
		}
		before, after, leaving := src[:width], src[2*margin:][:width], src[1:][:width]
		made := dst[margin:][:width]
		for x := range made {
			made[x] = int32(b.mean(sum, int(before[x]+after[x])))
			sum += int(after[x] - leaving[x])
		}
		src, dst = dst, src
	}
	for x, v := range src[margin:][:width] {
		to[x] = uint16(v)
	}
}

// down puts a box along all columns, from rows[0] to rows[1].
func (e *gaussianblur) down(b *bell, width int) {
	from, to := e.rows[0], e.rows[1]
	height := len(from) / width
	row := func(y int) []uint16 { return from[min(max(y, 0), height-1)*width:][:width] }
	e.sums = slices.Grow(e.sums[:0], width)[:width]
	sums := e.sums
	clear(sums)
	for y := -b.radius; y <= b.radius; y++ {
		for x, v := range row(y) {
			sums[x] += int32(v)
		}
	}
	for y := range height {
		before, after, leaving := row(y-b.radius-1), row(y+b.radius+1), row(y-b.radius)
		made := to[y*width:][:width]
		for x := range made {
			made[x] = uint16(b.mean(int(sums[x]), int(before[x])+int(after[x])))
			sums[x] += int32(after[x]) - int32(leaving[x])
		}
	}
}
