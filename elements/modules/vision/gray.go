package vision

import "github.com/rivero-media/rivero/pipeline/codec/i420"

// Gray is a plane of brightness without gaps between its rows.
type Gray struct {
	Width, Height int
	Pix           []byte
}

// Resize gives the plane a size, in the memory it has if that is enough. What it shows is undefined then.
func (g *Gray) Resize(width, height int) {
	if cap(g.Pix) < width*height {
		g.Pix = make([]byte, width*height)
	}
	g.Width, g.Height, g.Pix = width, height, g.Pix[:width*height]
}

// At is the brightness at a pixel; beyond the plane that of its border.
func (g *Gray) At(x, y int) byte {
	return g.Pix[min(max(y, 0), g.Height-1)*g.Width+min(max(x, 0), g.Width-1)]
}

// Between is the brightness at a place between pixels, whose middles are at halves.
func (g *Gray) Between(x, y float64) float64 {
	x, y = x-0.5, y-0.5
	left, top := floor(x), floor(y)
	dx, dy := x-float64(left), y-float64(top)
	above := float64(g.At(left, top))*(1-dx) + float64(g.At(left+1, top))*dx
	below := float64(g.At(left, top+1))*(1-dx) + float64(g.At(left+1, top+1))*dx
	return above*(1-dy) + below*dy
}

func floor(v float64) int {
	i := int(v)
	if float64(i) > v {
		i--
	}
	return i
}

// Shrink makes g the brightness of p, n×n pixels in one.
func (g *Gray) Shrink(p *i420.Picture, n int) {
	g.Resize(max(p.Width/n, 1), max(p.Height/n, 1))
	if n == 1 {
		for y := range g.Height {
			copy(g.Pix[y*g.Width:(y+1)*g.Width], p.Y[y*p.YStride:])
		}
		return
	}
	for y := range g.Height {
		to := g.Pix[y*g.Width : (y+1)*g.Width]
		for x := range to {
			sum := 0
			for dy := range n {
				for _, v := range p.Y[(y*n+dy)*p.YStride+x*n:][:n] {
					sum += int(v)
				}
			}
			to[x] = byte(sum / (n * n))
		}
	}
}

// Integral holds sums of brightness over everything left of and above each corner between pixels (F. Crow, Summed-Area
// Tables for Texture Mapping, SIGGRAPH 1984).
type Integral struct {
	width, height int // of the plane
	sums          []uint32
}

// Compute takes the sums of g.
func (s *Integral) Compute(g *Gray) {
	s.width, s.height = g.Width, g.Height
	stride := g.Width + 1
	if n := stride * (g.Height + 1); cap(s.sums) < n {
		s.sums = make([]uint32, n)
	} else {
		s.sums = s.sums[:n]
	}
	clear(s.sums[:stride])
	for y := range g.Height {
		above, row := s.sums[y*stride:(y+1)*stride], s.sums[(y+1)*stride:(y+2)*stride]
		row[0] = 0
		var sum uint32
		for x, v := range g.Pix[y*g.Width : (y+1)*g.Width] {
			sum += uint32(v)
			row[x+1] = above[x+1] + sum
		}
	}
}

// Sum is that of the pixels from left, top to right, bottom, which are no more part of it.
func (s *Integral) Sum(left, top, right, bottom int) int {
	stride := s.width + 1
	return int(s.sums[bottom*stride+right] - s.sums[top*stride+right] - s.sums[bottom*stride+left] + s.sums[top*stride+left])
}

// Darker marks the pixels of g that are darker than the mean around them, radius to either side, by more than a margin: what
// is dark on light whatever the light is (P. Wellner, Adaptive Thresholding for the DigitalDesk, 1993).
func (s *Integral) Darker(mask []byte, g *Gray, radius, margin int) {
	stride := s.width + 1
	inner := max(g.Width-2*radius-1, 0) // pixels whose neighbourhood is not cut off at the sides
	for y := range g.Height {
		top, bottom := max(y-radius, 0), min(y+radius+1, g.Height)
		above, below := s.sums[top*stride:(top+1)*stride], s.sums[bottom*stride:(bottom+1)*stride]
		row, marks := g.Pix[y*g.Width:(y+1)*g.Width], mask[y*g.Width:(y+1)*g.Width]
		edge := func(from, to int) {
			for x := from; x < to; x++ {
				left, right := max(x-radius, 0), min(x+radius+1, g.Width)
				sum := below[right] - above[right] - below[left] + above[left]
				marks[x] = less(uint32(int(row[x])+margin)*uint32((right-left)*(bottom-top)), sum)
			}
		}
		if inner == 0 {
			edge(0, g.Width)
			continue
		}
		edge(0, radius)
		n := uint32((2*radius + 1) * (bottom - top))
		aboveLeft, aboveRight := above[:inner], above[2*radius+1:][:inner]
		belowLeft, belowRight := below[:inner], below[2*radius+1:][:inner]
		from, to := row[radius:][:inner], marks[radius:][:inner]
		for x, v := range from {
			to[x] = less((uint32(v)+uint32(margin))*n, belowRight[x]-aboveRight[x]-belowLeft[x]+aboveLeft[x])
		}
		edge(radius+inner, g.Width)
	}
}

// less is 1 if a is less than b, else 0, without a branch that could not be foretold. Sums of pixels leave the highest bit free.
func less(a, b uint32) byte { return byte((a - b) >> 31) }
