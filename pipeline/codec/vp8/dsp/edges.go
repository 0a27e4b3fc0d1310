// The loop filters along edges, plain Go.

package dsp

// A kind of filter, for edges.
type kind uint8

const (
	simpleKind kind = iota
	subKind
	mbKind
)

// run filters one place of an edge, and tells if anything changed.
func (k kind) run(e *across, limit, interior, hev int) bool {
	switch k {
	case subKind:
		return e.sub(limit, interior, hev)
	case mbKind:
		return e.mb(limit, interior, hev)
	}
	return e.simple(limit)
}

// columns filters the edge between columns of n rows; at is the first pixel
// to the right of it.
func (k kind) columns(pix []byte, at, stride, n int, limit, interior, hev uint8) {
	for at -= 4; n > 0; n, at = n-1, at+stride {
		k.run((*across)(pix[at:]), int(limit), int(interior), int(hev))
	}
}

// rows filters the edge between rows of n columns; at is the first pixel
// below it.
func (k kind) rows(pix []byte, at, stride, n int, limit, interior, hev uint8) {
	at -= 4 * stride
	var r [8][]byte
	for i := range r {
		r[i] = pix[at+i*stride:][:n]
	}
	p3, p2, p1, p0, q0, q1, q2, q3 := r[0], r[1][:n], r[2][:n], r[3][:n], r[4][:n], r[5][:n], r[6][:n], r[7][:n]
	for i := range p3 {
		e := across{p3[i], p2[i], p1[i], p0[i], q0[i], q1[i], q2[i], q3[i]}
		if k.run(&e, int(limit), int(interior), int(hev)) {
			p2[i], p1[i], p0[i], q0[i], q1[i], q2[i] = e[1], e[2], e[3], e[4], e[5], e[6]
		}
	}
}
