package vision

import "math"

// Point is a place in a plane. The middle of a picture's first pixel is at 0.5, 0.5.
type Point struct{ X, Y float64 }

// Sub is the way from q to p.
func (p Point) Sub(q Point) Point { return Point{p.X - q.X, p.Y - q.Y} }

// Length is the distance from 0, 0.
func (p Point) Length() float64 { return math.Hypot(p.X, p.Y) }

// cross is the area between two ways, positive if q is to the right of p as pictures are looked at.
func (p Point) cross(q Point) float64 { return p.X*q.Y - p.Y*q.X }

// Quad are the corners of a quadrilateral: upper left, upper right, lower right, lower left as seen on the thing itself.
type Quad [4]Point

// Rotated are the same corners, beginning with another one.
func (q Quad) Rotated(by int) Quad {
	var r Quad
	for i := range r {
		r[i] = q[(i+by)%4]
	}
	return r
}

// Scaled are the corners of the quadrilateral by another factor around its middle.
func (q Quad) Scaled(by float64) Quad {
	for i := range q {
		q[i] = Point{q[i].X * by, q[i].Y * by}
	}
	return q
}

// Center is the mean of the corners.
func (q Quad) Center() Point {
	var c Point
	for _, p := range q {
		c.X, c.Y = c.X+p.X/4, c.Y+p.Y/4
	}
	return c
}

// Convex tells whether the corners go around clockwise without a bend inwards.
func (q Quad) Convex() bool {
	for i := range q {
		if q[(i+1)%4].Sub(q[i]).cross(q[(i+2)%4].Sub(q[(i+1)%4])) <= 0 {
			return false
		}
	}
	return true
}

// Homography is a mapping from plane to plane that keeps lines straight: a camera's view of something flat.
type Homography [9]float64

// SquareTo maps the square from 0, 0 to 1, 1 to q, by the closed form of P. Heckbert (Fundamentals of Texture Mapping and Image
// Warping, 1989, §2.2.3). q must be convex.
func SquareTo(q Quad) Homography {
	dx1, dy1 := q[1].X-q[2].X, q[1].Y-q[2].Y
	dx2, dy2 := q[3].X-q[2].X, q[3].Y-q[2].Y
	sx, sy := q[0].X-q[1].X+q[2].X-q[3].X, q[0].Y-q[1].Y+q[2].Y-q[3].Y
	det := dx1*dy2 - dx2*dy1
	g, h := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	return Homography{
		q[1].X - q[0].X + g*q[1].X, q[3].X - q[0].X + h*q[3].X, q[0].X,
		q[1].Y - q[0].Y + g*q[1].Y, q[3].Y - q[0].Y + h*q[3].Y, q[0].Y,
		g, h, 1,
	}
}

// Map is where a point goes.
func (m *Homography) Map(p Point) Point {
	w := m[6]*p.X + m[7]*p.Y + m[8]
	return Point{(m[0]*p.X + m[1]*p.Y + m[2]) / w, (m[3]*p.X + m[4]*p.Y + m[5]) / w}
}

// Inverse maps back. It is the adjugate: a factor common to all entries changes nothing.
func (m *Homography) Inverse() Homography {
	return Homography{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
}

// Around is where a square of a side goes that lies around the middle of the one from 0, 0 to 1, 1; aspect is its width by its
// height.
func (m *Homography) Around(side, aspect float64) Quad {
	w, h := side/2, side/2/aspect
	return Quad{
		m.Map(Point{0.5 - w, 0.5 - h}), m.Map(Point{0.5 + w, 0.5 - h}), m.Map(Point{0.5 + w, 0.5 + h}), m.Map(Point{0.5 - w, 0.5 + h}),
	}
}
