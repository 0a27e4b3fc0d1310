// The loop filters of RFC 6386 §15: what happens across one edge.

package dsp

// Limits are the thresholds of the filters of one macroblock (RFC 6386 §15.2,
// §15.3). Levels up to 63 make edge limits up to 193; 255 is not allowed.
type Limits struct {
	MB, Sub  uint8 // edge limits of macroblock and of subblock edges
	Interior uint8
	HEV      uint8 // threshold of high edge variance
}

// signed clamps to the range of the filters' arithmetic, -128 to 127.
func signed(v int) int {
	if v < -128 {
		return -128
	}
	if v > 127 {
		return 127
	}
	return v
}

// s2u is a signed value, clamped, as a pixel. Its argument is around 0.
func s2u(v int) uint8 { return uint8(signed(v) + 128) }

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// simpleEdge filters n pixels along an edge; step leads across it (RFC 6386 §15.2).
func simpleEdge(pix []byte, at, along, step, n int, limit uint8) {
	for range n {
		p1, p0, q0, q1 := int(pix[at-2*step]), int(pix[at-step]), int(pix[at]), int(pix[at+step])
		if abs(p0-q0)*2+abs(p1-q1)>>1 <= int(limit) {
			a := signed(signed(p1-q1) + 3*(q0-p0))
			pix[at] = s2u(q0 - 128 - signed(a+4)>>3)
			pix[at-step] = s2u(p0 - 128 + signed(a+3)>>3)
		}
		at += along
	}
}

// edge8 are the eight pixels across an edge.
type edge8 struct{ p3, p2, p1, p0, q0, q1, q2, q3 int }

func load8(pix []byte, at, step int) edge8 {
	return edge8{
		int(pix[at-4*step]), int(pix[at-3*step]), int(pix[at-2*step]), int(pix[at-step]),
		int(pix[at]), int(pix[at+step]), int(pix[at+2*step]), int(pix[at+3*step]),
	}
}

// smooth tells if the edge is one that the normal filters work on.
func (e *edge8) smooth(edge, interior int) bool {
	return abs(e.p0-e.q0)*2+abs(e.p1-e.q1)>>1 <= edge &&
		abs(e.p3-e.p2) <= interior && abs(e.p2-e.p1) <= interior && abs(e.p1-e.p0) <= interior &&
		abs(e.q3-e.q2) <= interior && abs(e.q2-e.q1) <= interior && abs(e.q1-e.q0) <= interior
}

// hev tells if the edge has high variance.
func (e *edge8) hev(threshold int) bool {
	return abs(e.p1-e.p0) > threshold || abs(e.q1-e.q0) > threshold
}

// subEdge filters n pixels along an edge inside of a macroblock (RFC 6386 §15.3).
func subEdge(pix []byte, at, along, step, n int, limit, interior, hev uint8) {
	for ; n > 0; n, at = n-1, at+along {
		e := load8(pix, at, step)
		if !e.smooth(int(limit), int(interior)) {
			continue
		}
		high := e.hev(int(hev))
		a := 3 * (e.q0 - e.p0)
		if high {
			a += signed(e.p1 - e.q1)
		}
		a = signed(a)
		f := signed(a+4) >> 3
		pix[at] = s2u(e.q0 - 128 - f)
		pix[at-step] = s2u(e.p0 - 128 + signed(a+3)>>3)
		if !high {
			f = (f + 1) >> 1
			pix[at+step] = s2u(e.q1 - 128 - f)
			pix[at-2*step] = s2u(e.p1 - 128 + f)
		}
	}
}

// mbEdge filters n pixels along an edge between macroblocks (RFC 6386 §15.3).
func mbEdge(pix []byte, at, along, step, n int, limit, interior, hev uint8) {
	for ; n > 0; n, at = n-1, at+along {
		e := load8(pix, at, step)
		if !e.smooth(int(limit), int(interior)) {
			continue
		}
		w := signed(signed(e.p1-e.q1) + 3*(e.q0-e.p0))
		if e.hev(int(hev)) {
			pix[at] = s2u(e.q0 - 128 - signed(w+4)>>3)
			pix[at-step] = s2u(e.p0 - 128 + signed(w+3)>>3)
			continue
		}
		a := (27*w + 63) >> 7
		pix[at], pix[at-step] = s2u(e.q0-128-a), s2u(e.p0-128+a)
		a = (18*w + 63) >> 7
		pix[at+step], pix[at-2*step] = s2u(e.q1-128-a), s2u(e.p1-128+a)
		a = (9*w + 63) >> 7
		pix[at+2*step], pix[at-3*step] = s2u(e.q2-128-a), s2u(e.p2-128+a)
	}
}
