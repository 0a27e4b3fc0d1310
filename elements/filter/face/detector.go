// Package face finds faces in pictures (Detector) and follows them from one picture to the next (Follower). It looks with
// pigo, which is a port of PICO (N. Markuš et al., "Object Detection with Pixel Intensity Comparisons Organized in Decision
// Trees", 2014), at upright faces that look into the camera.
package face

import (
	"image"
	"math"

	"github.com/esimov/pigo/core"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

const (
	// longest is the longer side of the reduced picture that is looked at.
	longest = 320
	// smallest is the side of the smallest box of a face there: below 20 pixels the cascade finds little but noise. It is a
	// sixteenth of the longer side of a picture, which is a ninth of the height of a wide one.
	smallest = 20

	// A search goes over all places and sizes in these steps, of which a face covers several.
	searchShift, searchScale = 0.1, 1.2
	// A second look goes around one place in finer steps, from there to these fractions of the size.
	lookShift, lookScale = 0.08, 1.1
	lookAround           = 0.25
	lookSizes            = 1.25

	// enough is the quality that makes a box a face, in pigo's measure added up over the boxes of a second look. docs/filters.md
	// has what it finds and what not.
	enough = 8
)

// Detector finds faces. It belongs to one goroutine at a time and allocates nothing for a picture without a face. The zero
// value is ready.
type Detector struct {
	scaler *i420.Scaler
	small  i420.Picture
	scale  float64 // from small to the picture
	width  int     // of the picture
	height int
}

// Detect returns the faces in a picture, as squares in its pixels from the brow to the chin, the surest first. They may reach
// beyond its edges.
func (d *Detector) Detect(p *i420.Picture) []image.Rectangle {
	d.reduce(p)
	var found []box
	for _, candidate := range d.search(&search{smallest}, math.MaxInt) {
		if b, ok := d.look(candidate); ok && among(found, b) < 0 {
			found = append(found, b)
		}
	}
	faces := make([]image.Rectangle, len(found))
	for i, b := range found {
		faces[i] = d.full(b)
	}
	return faces
}

// reduce makes the small picture and tells whether it has another size than the one before.
func (d *Detector) reduce(p *i420.Picture) (changed bool) {
	if d.width != p.Width || d.height != p.Height {
		d.width, d.height = p.Width, p.Height
		d.scale = max(1, float64(max(p.Width, p.Height))/longest)
		w, h := max(1, int(float64(p.Width)/d.scale)), max(1, int(float64(p.Height)/d.scale))
		d.scaler = i420.NewScaler(w, h, p.Width, p.Height)
		changed = w != d.small.Width || h != d.small.Height
		d.small.Resize(w, h)
	}
	d.scaler.Scale(&d.small, p)
	return changed
}

// search is how far one has come that takes several pictures.
type search struct{ size float64 }

func (d *Detector) done(s search) bool { return int(s.size) > min(d.small.Width, d.small.Height) }

// search tries boxes of all sizes from that of s on, until it has tried as many as given, and returns what may be a face.
func (d *Detector) search(s *search, boxes int) (found []box) {
	for boxes > 0 && !d.done(*s) {
		size := int(s.size)
		step := max(1, int(searchShift*s.size))
		boxes -= (d.small.Width - size) / step * ((d.small.Height - size) / step)
		found = d.run(found, image.Rect(0, 0, d.small.Width, d.small.Height), size, size, searchShift, searchScale)
		s.size *= searchScale
	}
	return merge(found)
}

// look says whether there is a face about where b is, and where precisely.
func (d *Detector) look(b box) (box, bool) {
	reach := b.size * (lookAround + lookSizes/2)
	around := image.Rect(int(b.x-reach), int(b.y-reach), int(b.x+reach)+1, int(b.y+reach)+1).
		Intersect(image.Rect(0, 0, d.small.Width, d.small.Height))
	if around.Empty() {
		return box{}, false
	}
	low, high := max(smallest, int(b.size/lookSizes)), int(b.size*lookSizes)
	found := merge(d.run(nil, around, low, high, lookShift, lookScale))
	if len(found) == 0 || found[0].quality < enough {
		return box{}, false
	}
	return found[0], true
}

// run appends the boxes in a part of the small picture that look like a face, of sizes from low to high.
func (d *Detector) run(found []box, part image.Rectangle, low, high int, shift, scale float64) []box {
	boxes := classifier().RunCascade(pigo.CascadeParams{
		MinSize: low, MaxSize: high, ShiftFactor: shift, ScaleFactor: scale,
		ImageParams: pigo.ImageParams{
			Pixels: d.small.Y[part.Min.Y*d.small.YStride+part.Min.X:],
			Rows:   part.Dy(), Cols: part.Dx(), Dim: d.small.YStride,
		},
	}, 0)
	for _, b := range boxes {
		found = append(found, box{float64(part.Min.X + b.Col), float64(part.Min.Y + b.Row), float64(b.Scale), float64(b.Q)})
	}
	return found
}

// full is where a box lies in the picture.
func (d *Detector) full(b box) image.Rectangle {
	round := func(v float64) int { return int(math.Round(v * d.scale)) }
	x, y := round(b.x-b.size/2), round(b.y-b.size/2)
	return image.Rect(x, y, x+round(b.size), y+round(b.size))
}
