package vision

import (
	"image"
	"math"
)

// Tracer finds quadrilaterals among blobs. It keeps its memory from blob to blob; the zero value is ready.
type Tracer struct{ border []image.Point }

// around are the eight neighbours of a cell, clockwise, beginning with the right one.
var around = [8]image.Point{{X: 1}, {X: 1, Y: 1}, {Y: 1}, {X: -1, Y: 1}, {X: -1}, {X: -1, Y: -1}, {Y: -1}, {X: 1, Y: -1}}

// trace follows the outer border of the blob whose first cell is given, clockwise: Moore's neighbourhood to the end where the
// first step is taken again. longest bounds what is followed.
func (t *Tracer) trace(grid []byte, width, height int, first image.Point, longest int) bool {
	t.border = t.border[:0]
	at, empty, start := first, 4, -1 // there is no cell left of the first one
	for len(t.border) <= longest {
		way := -1
		for i := 1; i < 8; i++ {
			d := (empty + i) % 8
			p := at.Add(around[d])
			if p.X >= 0 && p.Y >= 0 && p.X < width && p.Y < height && grid[p.Y*width+p.X] != 0 {
				way = d
				break
			}
		}
		switch {
		case way < 0:
			return false // one cell alone
		case start < 0:
			start = way
		case at == first && way == start:
			return true
		}
		t.border = append(t.border, at)
		at = at.Add(around[way])
		empty = (way + 6 - way&1) % 8 // the neighbour looked at before, as seen from the new cell
	}
	return false
}

const (
	// straight is how far the border may be from the side of a quadrilateral: in cells, or as a share of the side.
	straight      = 1.0
	straightShare = 0.02
	// endShare is the share of a side at either end that its line is not fitted to: corners are round.
	endShare = 0.12
)

// Quad is the quadrilateral that the outer border of a blob is, clockwise, to a part of a cell; false: it is none, or one with
// a side shorter than least.
func (t *Tracer) Quad(grid []byte, width, height int, b *Blob, least float64) (Quad, bool) {
	if !t.trace(grid, width, height, b.First, 4*(b.Bounds.Dx()+b.Bounds.Dy())) {
		return Quad{}, false
	}
	corners, ok := t.corners()
	if !ok {
		return Quad{}, false
	}
	var sides [4]line
	for i, c := range corners {
		if sides[i], ok = t.side(c, corners[(i+1)%4], least); !ok {
			return Quad{}, false
		}
	}
	var q Quad
	for i := range q {
		if q[i], ok = sides[(i+3)%4].meets(sides[i]); !ok {
			return Quad{}, false
		}
	}
	for i := range q {
		if !(q[(i+1)%4].Sub(q[i]).Length() >= least) {
			return Quad{}, false
		}
	}
	return q, q.Convex()
}

// corners are the places in the border that are furthest out: one that is furthest from the middle, the one furthest from it,
// and on both sides of the line between those the one furthest from that.
func (t *Tracer) corners() ([4]int, bool) {
	var middle Point
	for _, p := range t.border {
		middle.X, middle.Y = middle.X+float64(p.X), middle.Y+float64(p.Y)
	}
	n := float64(len(t.border))
	middle = Point{middle.X / n, middle.Y / n}
	a := t.furthest(func(p Point) float64 { return p.Sub(middle).Length() })
	from := point(t.border[a])
	c := t.furthest(func(p Point) float64 { return p.Sub(from).Length() })
	way := point(t.border[c]).Sub(from)
	b := t.furthest(func(p Point) float64 { return way.cross(p.Sub(from)) })
	d := t.furthest(func(p Point) float64 { return -way.cross(p.Sub(from)) })
	// The border is clockwise, so that the corners are too once they are in its order.
	got := [4]int{a, b, c, d}
	for i := range got {
		for j := i + 1; j < 4; j++ {
			if got[j] < got[i] {
				got[i], got[j] = got[j], got[i]
			}
		}
	}
	return got, got[0] < got[1] && got[1] < got[2] && got[2] < got[3]
}

func point(p image.Point) Point { return Point{float64(p.X) + 0.5, float64(p.Y) + 0.5} }

func (t *Tracer) furthest(distance func(Point) float64) int {
	best, most := 0, math.Inf(-1)
	for i, p := range t.border {
		if d := distance(point(p)); d > most {
			best, most = i, d
		}
	}
	return best
}

// line is a straight line: a point and a way of length 1.
type line struct{ at, way Point }

// side fits a line to the border between two of its places (least squares of the distance to the line), and moves it outwards
// to the edge of the cells.
func (t *Tracer) side(from, to int, least float64) (line, bool) {
	n := (to - from + len(t.border)) % len(t.border)
	skip := int(endShare * float64(n))
	var x, y, xx, xy, yy float64
	count := float64(n - 2*skip)
	if float64(n) < least/2 || count < 3 {
		return line{}, false
	}
	for i := skip; i < n-skip; i++ {
		p := point(t.border[(from+i)%len(t.border)])
		x, y, xx, xy, yy = x+p.X, y+p.Y, xx+p.X*p.X, xy+p.X*p.Y, yy+p.Y*p.Y
	}
	x, y = x/count, y/count
	xx, xy, yy = xx/count-x*x, xy/count-x*y, yy/count-y*y
	angle := math.Atan2(2*xy, xx-yy) / 2
	l := line{Point{x, y}, Point{math.Cos(angle), math.Sin(angle)}}
	a, b := point(t.border[from]), point(t.border[to])
	if way := b.Sub(a); way.X*l.way.X+way.Y*l.way.Y < 0 {
		l.way = Point{-l.way.X, -l.way.Y}
	}
	variance := xx*l.way.Y*l.way.Y - 2*xy*l.way.X*l.way.Y + yy*l.way.X*l.way.X
	if limit := max(straight, straightShare*b.Sub(a).Length()); variance > limit*limit {
		return line{}, false
	}
	// Clockwise, the outside is to the left.
	l.at = Point{l.at.X + l.way.Y/2, l.at.Y - l.way.X/2}
	return l, true
}

// meets is where two lines cross; false: nowhere near.
func (l line) meets(m line) (Point, bool) {
	det := l.way.cross(m.way)
	if math.Abs(det) < 0.1 { // less than 6°
		return Point{}, false
	}
	k := m.at.Sub(l.at).cross(m.way) / det
	return Point{l.at.X + k*l.way.X, l.at.Y + k*l.way.Y}, true
}
