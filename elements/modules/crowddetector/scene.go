package crowddetector

import (
	"image"
	"time"

	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

const (
	// block is the side of the squares that are judged as one, in pixels of the picture that is looked at.
	block = 8
	// different is how far brightness has to be from the background's, of 255 levels.
	different = 18
	// someShare is the share of a block that has to be different for it to be occupied.
	someShare = 0.3
	// learning is how many pictures the background is first taken from.
	learning = 25
	// nearPeriod and farPeriod are after how many pictures the background moves by one level to what is seen: soon where that is
	// nearly the background (daylight), slowly where it is not: who stands still for a minute begins to belong there.
	nearPeriod = 4
	farPeriod  = 30

	// gap is the time over which movement is measured: between two pictures it would be less than a pixel.
	gap = 90 * time.Millisecond
	// history is how many pictures are kept for that.
	history = 4
	// reach is how far something is looked for, in pixels.
	reach = 11
	// slowest is the least way that is movement, in pixels over gap.
	slowest = 2
	// better is the share of the difference without movement that movement must leave.
	better = 0.6
	// plain is the difference without movement, per pixel, below which nothing has moved: noise.
	plain = 5
)

// scene is what is seen: what belongs there, what does not, and how that moves.
type scene struct {
	width int // about that of the picture that is looked at

	now           *vision.Gray
	columns, rows int
	occupied      []bool        // by block
	ways          []image.Point // by block: how far what is there has moved over gap

	seen       int // pictures of this size
	background []int32
	past       [history]past
	at         int // of now in past
}

// past is a picture that was looked at.
type past struct {
	gray vision.Gray
	pts  time.Duration
}

// look takes in a picture; true: it has another size than the one before, and all begins anew.
func (s *scene) look(p *i420.Picture, pts time.Duration) (anew bool) {
	n := max((p.Width+s.width/2)/s.width, 1)
	s.at = (s.at + 1) % history
	to := &s.past[s.at]
	to.gray.Shrink(p, n)
	to.pts = pts
	if anew = s.now == nil || s.now.Width != to.gray.Width || s.now.Height != to.gray.Height; anew {
		s.begin(&to.gray)
	}
	s.now = &to.gray
	s.seen++
	s.compare()
	s.follow(pts)
	return anew
}

func (s *scene) begin(g *vision.Gray) {
	s.columns, s.rows = g.Width/block, g.Height/block
	s.occupied, s.ways = make([]bool, s.columns*s.rows), make([]image.Point, s.columns*s.rows)
	s.background = make([]int32, g.Width*g.Height)
	s.seen = 0
}

// compare finds the blocks that are not as the background is, and lets it follow.
func (s *scene) compare() {
	if s.seen <= learning {
		for i, v := range s.now.Pix {
			s.background[i] += int32(v)
			if s.seen == learning {
				s.background[i] /= learning
			}
		}
		return
	}
	near, far := s.seen%nearPeriod == 0, s.seen%farPeriod == 0
	const some = someShare * block * block
	for by := range s.rows {
		for bx := range s.columns {
			n := 0
			for y := by * block; y < (by+1)*block; y++ {
				start := y*s.now.Width + bx*block
				row, back := s.now.Pix[start:start+block], s.background[start:start+block]
				for x, v := range row {
					d := int32(v) - back[x]
					off := d > different || d < -different
					if off {
						n++
					}
					if d != 0 && (near && !off || far) {
						back[x] += sign(d)
					}
				}
			}
			s.occupied[by*s.columns+bx] = float64(n) >= some
		}
	}
}

func sign(v int32) int32 {
	if v < 0 {
		return -1
	}
	return 1
}

// moving tells whether what is in a block moves.
func (s *scene) moving(i int) bool {
	w := s.ways[i]
	return w.X*w.X+w.Y*w.Y >= slowest*slowest
}

// before is the picture that movement is measured from, nil: there is none.
func (s *scene) before(pts time.Duration) *vision.Gray {
	var best *past
	for i := 1; i < history; i++ {
		p := &s.past[(s.at+history-i)%history]
		if i >= s.seen || p.gray.Width != s.now.Width || p.gray.Height != s.now.Height {
			break
		}
		best = p
		if pts-p.pts >= gap {
			break
		}
	}
	if best == nil {
		return nil
	}
	return &best.gray
}

// follow finds out where the contents of the occupied blocks were before.
func (s *scene) follow(pts time.Duration) {
	before := s.before(pts)
	for i := range s.ways {
		if before == nil || !s.occupied[i] {
			s.ways[i] = image.Point{}
			continue
		}
		s.ways[i] = s.way(before, i)
	}
}

// way finds the best match of a block in the picture before. It begins with the ways of the blocks beside and above, and of the
// time before, and goes on in steps that get smaller (the predictive search of A. Tourapis, EPZS, with the three steps of T. Koga
// et al., 1981).
func (s *scene) way(before *vision.Gray, i int) image.Point {
	at := image.Pt(i%s.columns*block, i/s.columns*block)
	rest := s.difference(before, at, image.Point{}, 1<<30)
	if rest < plain*block*block {
		return image.Point{}
	}
	best, least := image.Point{}, rest
	try := func(w image.Point) {
		if max(w.X, -w.X, w.Y, -w.Y) > reach || w == best {
			return
		}
		if d := s.difference(before, at, w, least); d < least {
			best, least = w, d
		}
	}
	try(s.ways[i])
	if i%s.columns > 0 {
		try(s.ways[i-1])
	}
	if i >= s.columns {
		try(s.ways[i-s.columns])
	}
	for step := 4; step >= 1; step /= 2 {
		middle := best
		for _, d := range [8]image.Point{{X: -1, Y: -1}, {Y: -1}, {X: 1, Y: -1}, {X: -1}, {X: 1}, {X: -1, Y: 1}, {Y: 1}, {X: 1, Y: 1}} {
			try(middle.Add(d.Mul(step)))
		}
	}
	if float64(least) > better*float64(rest) {
		return image.Point{}
	}
	return best
}

// difference is the sum of differences of a block to what lies a way behind it in the picture before; limit ends the sum.
func (s *scene) difference(before *vision.Gray, at, way image.Point, limit int) int {
	x, y := at.X-way.X, at.Y-way.Y
	if x < 0 || y < 0 || x+block > before.Width || y+block > before.Height {
		return 1 << 30
	}
	sum := 0
	for i := range block {
		a, b := s.now.Pix[(at.Y+i)*s.now.Width+at.X:][:block], before.Pix[(y+i)*before.Width+x:][:block]
		for j, v := range a {
			d := int(v) - int(b[j])
			sum += max(d, -d)
		}
		if sum >= limit {
			break
		}
	}
	return sum
}
