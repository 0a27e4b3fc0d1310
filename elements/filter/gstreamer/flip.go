package gstreamer

import (
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// videoflip rotates and mirrors. Of method and video-direction, which say the same, the last one set counts.
type videoflip struct {
	Method    flipMethod    `gst:"method,none"`
	Direction flipDirection `gst:"video-direction,identity"`

	way int32
	out i420.Picture
}

type (
	flipMethod    int32
	flipDirection int32
)

func (flipMethod) choices() []choice {
	return nicks("none", "clockwise", "rotate-180", "counterclockwise", "horizontal-flip", "vertical-flip",
		"upper-left-diagonal", "upper-right-diagonal", "automatic")
}

func (flipDirection) choices() []choice {
	return nicks("identity", "90r", "180", "90l", "horiz", "vert", "ul-lr", "ur-ll", "auto")
}

// flips say for each way which pixel of the source is the first of the result, as shares of width and height, and how the one
// to the right and the one below are found.
var flips = [...]struct {
	lastColumn, lastRow    bool
	right, down            [2]int // steps along x and y of the source
	portrait, leavesItself bool   // width and height are exchanged; nothing is to be done
}{
	0: {leavesItself: true},
	1: {lastRow: true, right: [2]int{0, -1}, down: [2]int{1, 0}, portrait: true},
	2: {lastColumn: true, lastRow: true, right: [2]int{-1, 0}, down: [2]int{0, -1}},
	3: {lastColumn: true, right: [2]int{0, 1}, down: [2]int{-1, 0}, portrait: true},
	4: {lastColumn: true, right: [2]int{-1, 0}, down: [2]int{0, 1}},
	5: {lastRow: true, right: [2]int{1, 0}, down: [2]int{0, -1}},
	6: {right: [2]int{0, 1}, down: [2]int{1, 0}, portrait: true},
	7: {lastColumn: true, lastRow: true, right: [2]int{0, -1}, down: [2]int{-1, 0}, portrait: true},
	8: {leavesItself: true}, // by the tag image-orientation, which no stream here has
}

func (e *videoflip) update(property string) {
	switch property {
	case "method":
		e.way = int32(e.Method)
	case "video-direction":
		e.way = int32(e.Direction)
	}
}

func (e *videoflip) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	if flips[e.way].leavesItself {
		return p
	}
	width, height := p.Width, p.Height
	if flips[e.way].portrait {
		width, height = height, width
	}
	e.out.Resize(width, height)
	cw, ch := (width+1)/2, (height+1)/2
	e.flip(e.out.Y, p.Y, width, height, e.out.YStride, p.YStride)
	e.flip(e.out.U, p.U, cw, ch, e.out.CStride, p.CStride)
	e.flip(e.out.V, p.V, cw, ch, e.out.CStride, p.CStride)
	return &e.out
}

// flip fills a plane of width and height.
func (e *videoflip) flip(to, from []byte, width, height, toStride, fromStride int) {
	f := &flips[e.way]
	columns, rows := width, height
	if f.portrait {
		columns, rows = height, width
	}
	start := 0
	if f.lastColumn {
		start += columns - 1
	}
	if f.lastRow {
		start += (rows - 1) * fromStride
	}
	right, down := f.right[0]+f.right[1]*fromStride, f.down[0]+f.down[1]*fromStride
	if right == 1 {
		for y := range height {
			copy(to[y*toStride:][:width], from[start+y*down:])
		}
		return
	}
	if !f.portrait {
		for y := range height {
			turnRow(to[y*toStride:][:width], from[start+y*down-width+1:][:width])
		}
		return
	}
	// In blocks, because neighbours of one picture are far apart in the other.
	const block = 16
	for top := 0; top < height; top += block {
		for left := 0; left < width; left += block {
			for y := top; y < min(top+block, height); y++ {
				at := start + y*down + left*right
				row := to[y*toStride+left:][:min(block, width-left)]
				for x := range row {
					row[x] = from[at]
					at += right
				}
			}
		}
	}
}

func turnRow(to, from []byte) {
	last := len(from) - 1
	for x := range to {
		to[x] = from[last-x]
	}
}
