// The loop filters of RFC 6386 §15: what happens across one edge.

package dsp

// Limits are the thresholds of the filters of one macroblock (RFC 6386 §15.2,
// §15.3). Levels up to 63 make edge limits up to 193; 255 is not allowed.
type Limits struct {
	MB, Sub  uint8 // edge limits of macroblock and of subblock edges
	Interior uint8
	HEV      uint8 // threshold of high edge variance
}

// clampTable maps v+1024 to v, clamped to the range of the filters' arithmetic.
var clampTable = func() (t [2048]int8) {
	for i := range t {
		t[i] = int8(min(max(i-1024, -128), 127))
	}
	return t
}()

// signed clamps to -128..127 what is within 1024 of 0.
func signed(v int) int { return int(clampTable[uint(v+1024)&2047]) }

// s2u is a signed value, clamped, as a pixel.
func s2u(v int) uint8 { return uint8(signed(v) + 128) }

func abs(v int) int {
	sign := v >> 63
	return v ^ sign - sign
}

// across is the eight pixels across an edge, the RFC's P3 to P0 and Q0 to Q3.
type across [8]uint8

// within tells if two pixels differ by at most limit.
func within(a, b uint8, limit int) bool { return uint(int(a)-int(b)+limit) <= uint(2*limit) }

// flat tells if the step at the edge is small enough to be an artefact.
func (e *across) flat(limit int) bool {
	return abs(int(e[3])-int(e[4]))*2+abs(int(e[2])-int(e[5]))>>1 <= limit
}

// smooth tells if the normal filters work on the edge.
func (e *across) smooth(limit, interior int) bool {
	return e.flat(limit) &&
		within(e[0], e[1], interior) && within(e[1], e[2], interior) && within(e[2], e[3], interior) &&
		within(e[7], e[6], interior) && within(e[6], e[5], interior) && within(e[5], e[4], interior)
}

// hev tells if the edge has high variance.
func (e *across) hev(threshold int) bool {
	return !within(e[2], e[3], threshold) || !within(e[5], e[4], threshold)
}

// signed returns P1, P0, Q0, Q1 around 0.
func (e *across) signed() (p1, p0, q0, q1 int) {
	return int(e[2]) - 128, int(e[3]) - 128, int(e[4]) - 128, int(e[5]) - 128
}

// simple is the filter of RFC 6386 §15.2.
func (e *across) simple(limit int) bool {
	if !e.flat(limit) {
		return false
	}
	p1, p0, q0, q1 := e.signed()
	e.adjust(p0, q0, signed(signed(p1-q1)+3*(q0-p0)))
	return true
}

// adjust moves both pixels at the edge by an eighth of a, and returns by how
// much the second one.
func (e *across) adjust(p0, q0, a int) int {
	f := signed(a+4) >> 3
	e[3] = s2u(p0 + signed(a+3)>>3)
	e[4] = s2u(q0 - f)
	return f
}

// sub is the filter of edges inside of a macroblock (RFC 6386 §15.3).
func (e *across) sub(limit, interior, hev int) bool {
	if !e.smooth(limit, interior) {
		return false
	}
	p1, p0, q0, q1 := e.signed()
	if e.hev(hev) {
		e.adjust(p0, q0, signed(signed(p1-q1)+3*(q0-p0)))
		return true
	}
	f := (e.adjust(p0, q0, signed(3*(q0-p0))) + 1) >> 1
	e[2], e[5] = s2u(p1+f), s2u(q1-f)
	return true
}

// mb is the filter of edges between macroblocks (RFC 6386 §15.3).
func (e *across) mb(limit, interior, hev int) bool {
	if !e.smooth(limit, interior) {
		return false
	}
	p1, p0, q0, q1 := e.signed()
	w := signed(signed(p1-q1) + 3*(q0-p0))
	if e.hev(hev) {
		e.adjust(p0, q0, w)
		return true
	}
	p2, q2 := int(e[1])-128, int(e[6])-128
	a := (27*w + 63) >> 7
	e[3], e[4] = s2u(p0+a), s2u(q0-a)
	a = (18*w + 63) >> 7
	e[2], e[5] = s2u(p1+a), s2u(q1-a)
	a = (9*w + 63) >> 7
	e[1], e[6] = s2u(p2+a), s2u(q2-a)
	return true
}
