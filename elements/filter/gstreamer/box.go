package gstreamer

import (
	"image"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// videobox cuts pixels off at the sides, or adds borders where a number is negative. A picture of which nothing would be left, or
// that would be too large, passes as it is.
type videobox struct {
	Top    int32   `gst:"top,0"`
	Left   int32   `gst:"left,0"`
	Bottom int32   `gst:"bottom,0"`
	Right  int32   `gst:"right,0"`
	Fill   boxFill `gst:"fill,black"`
	// There is no alpha in what is encoded; only these values change nothing.
	Alpha       float64 `gst:"alpha,1,1,1"`
	BorderAlpha float64 `gst:"border-alpha,1,1,1"`

	out i420.Picture
}

type boxFill int32

func (boxFill) choices() []choice { return nicks("black", "green", "blue", "red", "yellow", "white") }

var boxColors = [...]i420.Color{
	i420.Black, i420.FromRGB(0, 255, 0), i420.FromRGB(0, 0, 255), i420.FromRGB(255, 0, 0), i420.FromRGB(255, 255, 0), i420.FromRGB(255, 255, 255),
}

func (e *videobox) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	return box(&e.out, p, int(e.Left), int(e.Top), int(e.Right), int(e.Bottom), boxColors[e.Fill])
}

// videocrop is videobox without borders. -1 leaves a side to what the next element takes, which here is everything.
type videocrop struct {
	Top    int32 `gst:"top,0,-1,2147483647"`
	Left   int32 `gst:"left,0,-1,2147483647"`
	Bottom int32 `gst:"bottom,0,-1,2147483647"`
	Right  int32 `gst:"right,0,-1,2147483647"`

	out i420.Picture
}

func (e *videocrop) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	return box(&e.out, p, int(max(e.Left, 0)), int(max(e.Top, 0)), int(max(e.Right, 0)), int(max(e.Bottom, 0)), i420.Black)
}

// maxPixels bounds pictures with borders: 4096×2304.
const maxPixels = 4096 * 2304

// box returns p or out, which holds p without or with so many pixels at each side.
func box(out, p *i420.Picture, left, top, right, bottom int, border i420.Color) *i420.Picture {
	width, height := p.Width-left-right, p.Height-top-bottom
	unchanged := left == 0 && top == 0 && right == 0 && bottom == 0
	if unchanged || width < 1 || height < 1 || width > i420.MaxSize || height > i420.MaxSize || width*height > maxPixels {
		return p
	}
	out.Resize(width, height)
	from := image.Rect(max(left, 0), max(top, 0), p.Width-max(right, 0), p.Height-max(bottom, 0))
	if left < 0 || top < 0 || right < 0 || bottom < 0 {
		out.Fill(border)
	}
	if from.Empty() {
		return out
	}
	x, y := max(-left, 0), max(-top, 0)
	place(out.Y, out.YStride, x, y, p.Y, p.YStride, from)
	// A pixel of chroma belongs to four: where that is in doubt the one above or to the left is taken.
	shared := image.Rect(from.Min.X/2, from.Min.Y/2, (from.Max.X+1)/2, (from.Max.Y+1)/2)
	shared.Max.X = min(shared.Max.X, shared.Min.X+(width+1)/2-x/2)
	shared.Max.Y = min(shared.Max.Y, shared.Min.Y+(height+1)/2-y/2)
	place(out.U, out.CStride, x/2, y/2, p.U, p.CStride, shared)
	place(out.V, out.CStride, x/2, y/2, p.V, p.CStride, shared)
	return out
}

// place copies a part of a plane into another.
func place(to []byte, toStride, x, y int, from []byte, fromStride int, part image.Rectangle) {
	for row := range part.Dy() {
		copy(to[(y+row)*toStride+x:][:part.Dx()], from[(part.Min.Y+row)*fromStride+part.Min.X:])
	}
}
