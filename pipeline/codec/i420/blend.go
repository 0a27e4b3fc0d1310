package i420

import "image"

// Overlay is a picture with transparency, prepared to be put onto others.
type Overlay struct {
	picture *Picture
	alpha   []byte // of luma, 0: transparent
	fine    []byte // of chroma: the mean of four
}

// NewOverlay prepares an image.
func NewOverlay(img image.Image) *Overlay {
	b := img.Bounds()
	o := &Overlay{picture: FromImage(img), alpha: make([]byte, b.Dx()*b.Dy())}
	for y := range b.Dy() {
		for x := range b.Dx() {
			_, _, _, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			o.alpha[y*b.Dx()+x] = byte(a >> 8)
		}
	}
	o.shrinkAlpha()
	return o
}

func (o *Overlay) shrinkAlpha() {
	w, h := o.picture.Width, o.picture.Height
	cw, ch := (w+1)/2, (h+1)/2
	o.fine = make([]byte, cw*ch)
	for y := range ch {
		for x := range cw {
			x2, y2 := min(2*x+1, w-1), min(2*y+1, h-1)
			sum := int(o.alpha[2*y*w+2*x]) + int(o.alpha[2*y*w+x2]) + int(o.alpha[y2*w+2*x]) + int(o.alpha[y2*w+x2])
			o.fine[y*cw+x] = byte((sum + 2) / 4)
		}
	}
}

// Size is that of the image.
func (o *Overlay) Size() (width, height int) { return o.picture.Width, o.picture.Height }

// Part returns a part of the overlay with memory of its own, the overlay itself for all of it. As for Picture.Crop left and top are
// rounded down to even numbers, and the part must not be empty or reach beyond the overlay.
func (o *Overlay) Part(r image.Rectangle) *Overlay {
	if r == image.Rect(0, 0, o.picture.Width, o.picture.Height) {
		return o
	}
	part := &Overlay{picture: o.picture.Crop(r).Clone()}
	for y := r.Min.Y &^ 1; y < r.Max.Y; y++ {
		part.alpha = append(part.alpha, o.alpha[y*o.picture.Width:][r.Min.X&^1:r.Max.X]...)
	}
	part.shrinkAlpha()
	return part
}

// Scaled returns the overlay in another size, with memory of its own. The colours of pixels count as much as they are opaque: those of
// transparent ones, often black, do not spread.
func (o *Overlay) Scaled(width, height int) *Overlay {
	w, h := o.picture.Width, o.picture.Height
	s := NewScaler(width, height, w, h)
	cw, ch, toCW, toCH := (w+1)/2, (h+1)/2, (width+1)/2, (height+1)/2
	to := &Overlay{picture: New(width, height), alpha: make([]byte, width*height), fine: make([]byte, toCW*toCH)}
	s.scale(plane{to.alpha, width, width, height}, plane{o.alpha, w, w, h}, &s.luma)
	s.scale(plane{to.fine, toCW, toCW, toCH}, plane{o.fine, cw, cw, ch}, &s.chroma)
	weighed := o.picture.Clone()
	weigh(weighed.Y, o.alpha)
	weigh(weighed.U, o.fine)
	weigh(weighed.V, o.fine)
	s.Scale(to.picture, weighed)
	unweigh(to.picture.Y, to.alpha)
	unweigh(to.picture.U, to.fine)
	unweigh(to.picture.V, to.fine)
	return to
}

// weigh multiplies values by weights in 1/255, and unweigh divides by them what is not nothing.
func weigh(values, weights []byte) {
	for i, a := range weights {
		values[i] = byte((uint(values[i])*uint(a) + 127) / 255)
	}
}

func unweigh(values, weights []byte) {
	for i, a := range weights {
		if a > 0 {
			values[i] = byte(min(255, (uint(values[i])*255+uint(a)/2)/uint(a)))
		}
	}
}

// Draw puts the overlay onto dst with its left upper corner at x, y, which are rounded down to even numbers. Parts beyond
// dst are left out.
func (o *Overlay) Draw(dst *Picture, x, y int) {
	x, y = x&^1, y&^1
	w, h := o.picture.Width, o.picture.Height
	to, from := dst.planes(), o.picture.planes()
	blend(to[0], from[0], o.alpha, w, h, x, y)
	cw, ch := (w+1)/2, (h+1)/2
	blend(to[1], from[1], o.fine, cw, ch, x/2, y/2)
	blend(to[2], from[2], o.fine, cw, ch, x/2, y/2)
}

func blend(dst, src plane, alpha []byte, width, height, left, top int) {
	first, last := max(0, -left), min(width, dst.width-left)
	if first >= last {
		return
	}
	for y := max(0, -top); y < min(height, dst.height-top); y++ {
		blendRow(dst.row(top + y)[left+first:left+last], src.row(y)[first:last], alpha[y*width:][first:last])
	}
}
