// Package i420 has raw pictures: planes of luma and of chroma at half the size (4:2:0, BT.601, limited range, which is what
// VP8 and WebRTC carry). It scales, crops, pads, blends and converts them. It imports nothing that moves media.
package i420

import (
	"fmt"
	"image"
)

// MaxSize bounds width and height: the largest a VP8 key frame can name (RFC 6386 §9.1).
const MaxSize = 16383

// Picture is one picture. Chroma planes have half the size of the luma plane, rounded up. The planes may be part of a larger
// picture's: a row is Stride bytes after the one before.
type Picture struct {
	Width, Height int
	Y, U, V       []byte
	YStride       int
	CStride       int // of U and V

	memory []byte // of the planes, nil for a part of another picture
}

// New returns a picture with memory of its own. What it shows is green until it is filled.
func New(width, height int) *Picture {
	p := &Picture{}
	p.Resize(width, height)
	return p
}

// Resize makes p a picture of a size, in the memory it has if that is enough. What it shows is undefined then. A size that is
// not from 1 to MaxSize is the programmer's mistake and panics.
func (p *Picture) Resize(width, height int) {
	if width < 1 || height < 1 || width > MaxSize || height > MaxSize {
		panic(fmt.Sprintf("i420: size %dx%d", width, height))
	}
	cw, ch := (width+1)/2, (height+1)/2
	luma, chroma := width*height, cw*ch
	memory := p.memory
	if cap(memory) < luma+2*chroma {
		memory = make([]byte, luma+2*chroma)
	}
	*p = Picture{
		Width: width, Height: height, YStride: width, CStride: cw, memory: memory[:luma+2*chroma],
		Y: memory[:luma], U: memory[luma : luma+chroma], V: memory[luma+chroma : luma+2*chroma],
	}
}

// plane is one of three, as all that follows sees it.
type plane struct {
	pix           []byte
	stride        int
	width, height int
}

func (p *Picture) planes() [3]plane {
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	return [3]plane{{p.Y, p.YStride, p.Width, p.Height}, {p.U, p.CStride, cw, ch}, {p.V, p.CStride, cw, ch}}
}

func (l plane) row(y int) []byte { return l.pix[y*l.stride:][:l.width] }

// Copy makes dst, whose size must be that of src, show the same.
func Copy(dst, src *Picture) {
	mustMatch(dst.Width, dst.Height, src)
	from := src.planes()
	for i, to := range dst.planes() {
		for y := range to.height {
			copy(to.row(y), from[i].row(y))
		}
	}
}

// Clone returns a copy of p with memory of its own.
func (p *Picture) Clone() *Picture {
	c := New(p.Width, p.Height)
	Copy(c, p)
	return c
}

func mustMatch(width, height int, p *Picture) {
	if p.Width != width || p.Height != height {
		panic(fmt.Sprintf("i420: picture of %dx%d in the place of one of %dx%d", p.Width, p.Height, width, height))
	}
}

// Color is one colour in the picture's own values.
type Color struct{ Y, U, V byte }

// Black is the darkest colour of the limited range.
var Black = Color{16, 128, 128}

// Fill gives all of p one colour.
func (p *Picture) Fill(c Color) {
	for i, v := range []byte{c.Y, c.U, c.V} {
		l := p.planes()[i]
		first := l.row(0)
		for x := range first {
			first[x] = v
		}
		for y := 1; y < l.height; y++ {
			copy(l.row(y), first)
		}
	}
}

// Crop returns a view of a part of p, which shares its memory. Chroma has half the resolution, so left and top are rounded
// down to even numbers. The part must not be empty or reach beyond the picture.
func (p *Picture) Crop(r image.Rectangle) *Picture {
	c := p.crop(r) // so this is inlined, and what does not outlive the caller is not allocated
	return &c
}

func (p *Picture) crop(r image.Rectangle) Picture {
	x, y := r.Min.X&^1, r.Min.Y&^1
	if x < 0 || y < 0 || r.Max.X > p.Width || r.Max.Y > p.Height || r.Empty() {
		panic(fmt.Sprintf("i420: part %v of a picture of %dx%d", r, p.Width, p.Height))
	}
	return Picture{
		Width: r.Max.X - x, Height: r.Max.Y - y, YStride: p.YStride, CStride: p.CStride,
		Y: p.Y[y*p.YStride+x:], U: p.U[y/2*p.CStride+x/2:], V: p.V[y/2*p.CStride+x/2:],
	}
}

// Fit is the largest rectangle with the shape of a source inside one of width and height, in its middle, with even
// borders: where a picture goes that is letterboxed.
func Fit(width, height, srcWidth, srcHeight int) image.Rectangle {
	w, h := width, height
	if width*srcHeight > height*srcWidth {
		w = max(1, (height*srcWidth+srcHeight/2)/srcHeight)
	} else {
		h = max(1, (width*srcHeight+srcWidth/2)/srcWidth)
	}
	x, y := (width-w)/2&^1, (height-h)/2&^1
	return image.Rect(x, y, x+w, y+h)
}
