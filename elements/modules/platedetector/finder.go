package platedetector

import (
	"cmp"
	"image"
	"math"
	"slices"

	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// plate is one in a picture.
type plate struct {
	text    string
	corners vision.Quad // of the line of letters, in pixels of the picture
}

// finder finds lines of dark letters on light ground and reads them. It keeps its memory from picture to picture, and belongs to
// one goroutine at a time.
type finder struct {
	reader *reader
	width  float64 // of plates, as a share of the picture; 0: any

	gray    vision.Gray
	sums    vision.Integral
	mask    []byte
	blobs   vision.Blobs
	letters []image.Rectangle // what might be one, from left to right
	used    []bool
	line    []image.Rectangle
	strip   strip
	found   []plate
}

func newFinder(r *reader) *finder { return &finder{reader: r} }

const (
	// widest is the width from which pictures are looked at in less than their size, in pixels.
	widest = 960
	// lowest and highest are the heights of letters; less cannot be read.
	lowest, highest = 12, 120
	// radius is that of the neighbourhood that letters are darker than, in pixels: some times the width of a stroke.
	radius = 16
	// darker is by how much, of 255 levels.
	darker = 14
	// fewest and most are how many letters a plate has.
	fewest, most = 4, 10
	// A line is as wide as this at most, as a multiple of the width that plates should have, and as this at least.
	wider, narrower = 1.6, 0.4
)

// find lists the plates in a picture. The list is valid until the next call.
func (f *finder) find(p *i420.Picture) []plate {
	n := 1
	for p.Width/n > widest {
		n++
	}
	f.found = f.found[:0]
	f.gray.Shrink(p, n)
	f.sums.Compute(&f.gray)
	width, height := f.gray.Width, f.gray.Height
	if cap(f.mask) < width*height {
		f.mask = make([]byte, width*height)
	}
	f.mask = f.mask[:width*height]
	f.sums.Darker(f.mask, &f.gray, radius, darker)
	f.letters = f.letters[:0]
	for _, b := range f.blobs.Find(f.mask, width, height) {
		if like(&b) {
			f.letters = append(f.letters, b.Bounds)
		}
	}
	slices.SortFunc(f.letters, func(a, b image.Rectangle) int { return cmp.Compare(a.Min.X, b.Min.X) })
	f.lines(float64(n))
	return f.found
}

// like tells whether a blob has the shape of a letter.
func like(b *vision.Blob) bool {
	w, h := b.Bounds.Dx(), b.Bounds.Dy()
	return h >= lowest && h <= highest && 10*w >= h && 10*w <= 13*h && b.Area*6 >= w*h
}

// lines follows the letters from left to right, and reads where enough of them stand in a row.
func (f *finder) lines(scale float64) {
	f.used = append(f.used[:0], make([]bool, len(f.letters))...)
	for i := range f.letters {
		if f.used[i] {
			continue
		}
		f.follow(i)
		if n := len(f.line); n < fewest || n > most || !f.fits() {
			continue
		}
		if text, corners, ok := f.strip.read(&f.gray, f.line, f.reader); ok {
			f.found = append(f.found, plate{text: text, corners: corners.Scaled(scale)})
		}
	}
}

// follow takes the letters of a line that begins with one.
func (f *finder) follow(i int) {
	f.line = append(f.line[:0], f.letters[i])
	f.used[i] = true
	for j := i + 1; j < len(f.letters); j++ {
		if !f.used[j] && follows(f.line[len(f.line)-1], f.letters[j]) {
			f.line = append(f.line, f.letters[j])
			f.used[j] = true
		}
	}
}

// follows tells whether b may be the letter behind a: as high, beside it, and not far.
func follows(a, b image.Rectangle) bool {
	h := a.Dy()
	dh, dy := b.Dy()-h, (b.Min.Y+b.Max.Y-a.Min.Y-a.Max.Y)/2
	gap := b.Min.X - a.Max.X
	return 3*max(dh, -dh) <= h && 3*max(dy, -dy) <= h && 5*gap >= -h && 5*gap <= 6*h
}

// fits tells whether a line is about as wide as plates should be.
func (f *finder) fits() bool {
	if f.width == 0 {
		return true
	}
	share := float64(f.line[len(f.line)-1].Max.X-f.line[0].Min.X) / float64(f.gray.Width)
	return share >= narrower*f.width && share <= wider*f.width
}

// strip is a line of letters, straightened.
type strip struct {
	gray    vision.Gray
	mask    []byte
	blobs   vision.Blobs
	letters []image.Rectangle
}

const (
	// stripHeight is the height of the strip, of which letters take letterShare.
	stripHeight = 48
	letterShare = 0.64
)

// read straightens the line of letters that boxes are around, and reads it.
func (s *strip) read(g *vision.Gray, boxes []image.Rectangle, r *reader) (string, vision.Quad, bool) {
	corners, aspect, ok := straight(boxes)
	if !ok {
		return "", corners, false
	}
	view := vision.SquareTo(corners)
	s.gray.Resize(max(int(stripHeight*aspect+0.5), stripHeight), stripHeight)
	for y := range s.gray.Height {
		for x := range s.gray.Width {
			at := view.Map(vision.Point{X: (float64(x) + 0.5) / float64(s.gray.Width), Y: (float64(y) + 0.5) / float64(s.gray.Height)})
			s.gray.Pix[y*s.gray.Width+x] = byte(g.Between(at.X, at.Y) + 0.5)
		}
	}
	s.split()
	text, ok := r.line(&s.gray, s.letters)
	return text, corners, ok
}

// straight is the quadrilateral around boxes in a line, with some room, and its width by its height. Its upper and lower side are
// fitted to those of the boxes, its ends are at right angles to the line.
func straight(boxes []image.Rectangle) (vision.Quad, float64, bool) {
	top, slopeTop := fit(boxes, func(b image.Rectangle) int { return b.Min.Y })
	bottom, slopeBottom := fit(boxes, func(b image.Rectangle) int { return b.Max.Y })
	slope := (slopeTop + slopeBottom) / 2
	left, right := float64(boxes[0].Min.X), float64(boxes[len(boxes)-1].Max.X)
	middle := (left + right) / 2
	height := bottom + slopeBottom*middle - top - slopeTop*middle
	if height < lowest/2 || math.Abs(slope) > 0.5 {
		return vision.Quad{}, 0, false
	}
	room := height * (1/letterShare - 1) / 2
	left, right = left-room, right+room
	lean := slope * height / 2 / (1 + slope*slope) // of the ends: the upper one goes to the right where the line goes down
	at := func(x, from, slope, off, lean float64) vision.Point {
		return vision.Point{X: x + lean, Y: from + slope*(x+lean) + off}
	}
	q := vision.Quad{
		at(left, top, slopeTop, -room, lean), at(right, top, slopeTop, -room, lean),
		at(right, bottom, slopeBottom, room, -lean), at(left, bottom, slopeBottom, room, -lean),
	}
	return q, (right - left) * math.Sqrt(1+slope*slope) / (height + 2*room), q.Convex()
}

// fit is the straight line through a border of boxes, as its height at 0 and its slope (least squares).
func fit(boxes []image.Rectangle, of func(image.Rectangle) int) (at, slope float64) {
	var x, y, xx, xy float64
	n := float64(len(boxes))
	for _, b := range boxes {
		cx, cy := float64(b.Min.X+b.Max.X)/2, float64(of(b))
		x, y, xx, xy = x+cx, y+cy, xx+cx*cx, xy+cx*cy
	}
	slope = (n*xy - x*y) / (n*xx - x*x)
	return (y - slope*x) / n, slope
}

// split finds the letters in the strip: what is darker than the threshold that parts dark and light best, as high as letters
// should be, and not at the upper and lower border.
func (s *strip) split() {
	width, height := s.gray.Width, s.gray.Height
	limit := otsu(s.gray.Pix)
	s.mask = s.mask[:0]
	for _, v := range s.gray.Pix {
		if v < limit {
			s.mask = append(s.mask, 1)
		} else {
			s.mask = append(s.mask, 0)
		}
	}
	s.letters = s.letters[:0]
	for _, b := range s.blobs.Find(s.mask, width, height) {
		h := float64(b.Bounds.Dy())
		if h >= 0.75*letterShare*stripHeight && h <= 1.4*letterShare*stripHeight && b.Bounds.Dx() <= stripHeight && b.Bounds.Min.Y > 0 && b.Bounds.Max.Y < height {
			s.letters = append(s.letters, b.Bounds)
		}
	}
	slices.SortFunc(s.letters, func(a, b image.Rectangle) int { return cmp.Compare(a.Min.X, b.Min.X) })
}

// otsu is the threshold that leaves the least variance on both of its sides (N. Otsu, A Threshold Selection Method from Gray-Level
// Histograms, 1979).
func otsu(pix []byte) byte {
	var histogram [256]int
	sum := 0
	for _, v := range pix {
		histogram[v]++
		sum += int(v)
	}
	best, most, below, sumBelow := 0, 0.0, 0, 0
	for i, n := range histogram {
		if below > 0 && below < len(pix) {
			d := float64(sumBelow)/float64(below) - float64(sum-sumBelow)/float64(len(pix)-below)
			if v := float64(below) * float64(len(pix)-below) * d * d; v > most {
				best, most = i, v
			}
		}
		below, sumBelow = below+n, sumBelow+i*n
	}
	return byte(best)
}
