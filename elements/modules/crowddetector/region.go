package crowddetector

import "math"

// region is a polygon with what was told of it.
type region struct {
	RegionOfInterestConfig
	id     string
	points []RelativePoint

	weights []int // pixels of each block that lie in it
	area    int   // in pixels

	occupancy, fluidity steady
	direction           steady
	still               int // pictures in a row without a direction
}

// noDirection is the angle of what does not move.
const noDirection = -1

func newRegion(r RegionOfInterest) *region {
	return &region{RegionOfInterestConfig: r.Config, id: r.ID, points: r.Points, direction: steady{now: noDirection, next: noDirection}}
}

// cover computes how much of each block of a scene is in the region.
func (r *region) cover(s *scene) {
	r.weights, r.area = make([]int, s.columns*s.rows), 0
	for y := range s.rows * block {
		for x := range s.columns * block {
			if r.holds((float64(x)+0.5)/float64(s.now.Width), (float64(y)+0.5)/float64(s.now.Height)) {
				r.weights[y/block*s.columns+x/block]++
				r.area++
			}
		}
	}
}

// holds tells whether a place is inside: a line to the right crosses the border an odd number of times (even-odd rule).
func (r *region) holds(x, y float64) bool {
	inside := false
	for i, a := range r.points {
		b := r.points[(i+1)%len(r.points)]
		ax, ay, bx, by := float64(a.X), float64(a.Y), float64(b.X), float64(b.Y)
		if (ay > y) != (by > y) && x < ax+(y-ay)/(by-ay)*(bx-ax) {
			inside = !inside
		}
	}
	return inside
}

// state is what a region shows in one picture.
type state struct {
	occupancy float64 // share of the region, in percent, where something is that does not belong there
	fluidity  float64 // share of that which stands or is slow, in percent: what the original calls so
	dx, dy    float64 // mean way of what moves, in pixels
}

func (r *region) measure(s *scene) state {
	var occupied, slow, moving int
	var dx, dy float64
	for i, w := range r.weights {
		switch {
		case w == 0 || !s.occupied[i]:
		case s.moving(i):
			occupied, moving = occupied+w, moving+w
			dx, dy = dx+float64(w*s.ways[i].X), dy+float64(w*s.ways[i].Y)
		default:
			occupied, slow = occupied+w, slow+w
		}
	}
	var m state
	if occupied > 0 {
		m.occupancy = 100 * float64(occupied) / float64(r.area)
		m.fluidity = 100 * float64(slow) / float64(occupied)
	}
	if moving > 0 {
		m.dx, m.dy = dx/float64(moving), dy/float64(moving)
	}
	return m
}

func level(percentage float64, limits ...int) int {
	n := 0
	for _, limit := range limits {
		if percentage > float64(limit) {
			n++
		}
	}
	return n
}

// steady is something that has to be so for some pictures in a row before it counts.
type steady struct{ now, next, frames int }

// see takes in what a picture shows; true: it is news.
func (s *steady) see(v, frames int) bool {
	if v != s.next {
		s.next, s.frames = v, 0
	}
	if s.frames++; s.frames < frames || v == s.now {
		return false
	}
	s.now = v
	return true
}

// turn takes in the direction that a picture shows, to the next quarter; true: it is news. Once nothing has moved for a while
// the same direction is news again.
func (r *region) turn(m state) bool {
	if math.Hypot(m.dx, m.dy) < slowest {
		if r.still++; r.still > r.ResetFrames {
			r.direction = steady{now: noDirection, next: noDirection}
		}
		return false
	}
	r.still = 0
	// Left is 0, up 90, right 180 and down 270, all of them turned by the offset (description of opticalFlowAngleOffset).
	angle := math.Atan2(-m.dy, -m.dx) * 180 / math.Pi
	quarter := int(math.Floor((angle-float64(r.AngleOffset)+45)/90)) % 4
	if quarter < 0 {
		quarter += 4
	}
	return r.direction.see(90*quarter+r.AngleOffset, r.DirectionFrames)
}
