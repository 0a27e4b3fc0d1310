// The loop filters of a whole macroblock, plain Go.

package dsp

// Planes are the three planes of a picture with one stride for both chroma planes.
type Planes struct {
	Y, U, V           []byte
	YStride, UVStride int
}

// simpleFilter runs the simple loop filter on the macroblock whose luma
// begins at y. Left and top tell which edges have a neighbour, inner if the
// subblock edges are filtered too. The order of the four is part of the format.
func simpleFilter(p *Planes, y int, l *Limits, left, top, inner bool) {
	s := p.YStride
	if left {
		simpleEdge(p.Y, y, s, 1, 16, l.MB)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			simpleEdge(p.Y, y+i, s, 1, 16, l.Sub)
		}
	}
	if top {
		simpleEdge(p.Y, y, 1, s, 16, l.MB)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			simpleEdge(p.Y, y+i*s, 1, s, 16, l.Sub)
		}
	}
}

// normalFilter is simpleFilter for the normal filter; uv is where both chroma
// blocks of the macroblock begin.
func normalFilter(p *Planes, y, uv int, l *Limits, left, top, inner bool) {
	s, c := p.YStride, p.UVStride
	if left {
		mbEdge(p.Y, y, s, 1, 16, l.MB, l.Interior, l.HEV)
		mbEdge(p.U, uv, c, 1, 8, l.MB, l.Interior, l.HEV)
		mbEdge(p.V, uv, c, 1, 8, l.MB, l.Interior, l.HEV)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			subEdge(p.Y, y+i, s, 1, 16, l.Sub, l.Interior, l.HEV)
		}
		subEdge(p.U, uv+4, c, 1, 8, l.Sub, l.Interior, l.HEV)
		subEdge(p.V, uv+4, c, 1, 8, l.Sub, l.Interior, l.HEV)
	}
	if top {
		mbEdge(p.Y, y, 1, s, 16, l.MB, l.Interior, l.HEV)
		mbEdge(p.U, uv, 1, c, 8, l.MB, l.Interior, l.HEV)
		mbEdge(p.V, uv, 1, c, 8, l.MB, l.Interior, l.HEV)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			subEdge(p.Y, y+i*s, 1, s, 16, l.Sub, l.Interior, l.HEV)
		}
		subEdge(p.U, uv+4*c, 1, c, 8, l.Sub, l.Interior, l.HEV)
		subEdge(p.V, uv+4*c, 1, c, 8, l.Sub, l.Interior, l.HEV)
	}
}
