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
		simpleKind.columns(p.Y, y, s, 16, l.MB, 0, 0)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			simpleKind.columns(p.Y, y+i, s, 16, l.Sub, 0, 0)
		}
	}
	if top {
		simpleKind.rows(p.Y, y, s, 16, l.MB, 0, 0)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			simpleKind.rows(p.Y, y+i*s, s, 16, l.Sub, 0, 0)
		}
	}
}

// normalFilter is simpleFilter for the normal filter; uv is where both chroma
// blocks of the macroblock begin.
func normalFilter(p *Planes, y, uv int, l *Limits, left, top, inner bool) {
	s, c := p.YStride, p.UVStride
	if left {
		mbKind.columns(p.Y, y, s, 16, l.MB, l.Interior, l.HEV)
		mbKind.columns(p.U, uv, c, 8, l.MB, l.Interior, l.HEV)
		mbKind.columns(p.V, uv, c, 8, l.MB, l.Interior, l.HEV)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			subKind.columns(p.Y, y+i, s, 16, l.Sub, l.Interior, l.HEV)
		}
		subKind.columns(p.U, uv+4, c, 8, l.Sub, l.Interior, l.HEV)
		subKind.columns(p.V, uv+4, c, 8, l.Sub, l.Interior, l.HEV)
	}
	if top {
		mbKind.rows(p.Y, y, s, 16, l.MB, l.Interior, l.HEV)
		mbKind.rows(p.U, uv, c, 8, l.MB, l.Interior, l.HEV)
		mbKind.rows(p.V, uv, c, 8, l.MB, l.Interior, l.HEV)
	}
	if inner {
		for i := 4; i < 16; i += 4 {
			subKind.rows(p.Y, y+i*s, s, 16, l.Sub, l.Interior, l.HEV)
		}
		subKind.rows(p.U, uv+4*c, c, 8, l.Sub, l.Interior, l.HEV)
		subKind.rows(p.V, uv+4*c, c, 8, l.Sub, l.Interior, l.HEV)
	}
}
