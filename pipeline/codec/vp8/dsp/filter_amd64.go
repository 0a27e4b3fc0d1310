//go:build amd64 && !purego

// The loop filters of a whole macroblock by assembly.

package dsp

// Edges between rows. pix is the first pixel below the edge; the filters of
// chroma do both planes at once.

//go:noescape
func mbRows16(pix *byte, stride int, limit, interior, hev uint8)

//go:noescape
func subRows16(pix *byte, stride int, limit, interior, hev uint8)

//go:noescape
func simpleRows16(pix *byte, stride int, limit uint8)

//go:noescape
func mbRows8(u, v *byte, stride int, limit, interior, hev uint8)

//go:noescape
func subRows8(u, v *byte, stride int, limit, interior, hev uint8)

// Edges between columns. pix is the first pixel to the right of the edge.

//go:noescape
func mbColumns16(pix *byte, stride int, limit, interior, hev uint8)

//go:noescape
func subColumns16(pix *byte, stride int, limit, interior, hev uint8)

//go:noescape
func simpleColumns16(pix *byte, stride int, limit uint8)

//go:noescape
func mbColumns8(u, v *byte, stride int, limit, interior, hev uint8)

//go:noescape
func subColumns8(u, v *byte, stride int, limit, interior, hev uint8)

// The blocks are sliced out so that Go's checks of bounds cover all that the
// assembly touches.

func simpleFilterAVX2(p *Planes, y int, l *Limits, left, top, inner bool) {
	s := p.YStride
	luma := p.Y[y:][: 15*s+16 : 15*s+16]
	if left {
		_ = p.Y[y-4]
		simpleColumns16(&luma[0], s, l.MB)
	}
	if inner {
		simpleColumns16(&luma[4], s, l.Sub)
		simpleColumns16(&luma[8], s, l.Sub)
		simpleColumns16(&luma[12], s, l.Sub)
	}
	if top {
		_ = p.Y[y-4*s]
		simpleRows16(&luma[0], s, l.MB)
	}
	if inner {
		simpleRows16(&luma[4*s], s, l.Sub)
		simpleRows16(&luma[8*s], s, l.Sub)
		simpleRows16(&luma[12*s], s, l.Sub)
	}
}

func normalFilterAVX2(p *Planes, y, uv int, l *Limits, left, top, inner bool) {
	s, c := p.YStride, p.UVStride
	luma := p.Y[y:][: 15*s+16 : 15*s+16]
	u, v := p.U[uv:][:7*c+8:7*c+8], p.V[uv:][:7*c+8:7*c+8]
	if left {
		_, _, _ = p.Y[y-4], p.U[uv-4], p.V[uv-4]
		mbColumns16(&luma[0], s, l.MB, l.Interior, l.HEV)
		mbColumns8(&u[0], &v[0], c, l.MB, l.Interior, l.HEV)
	}
	if inner {
		subColumns16(&luma[4], s, l.Sub, l.Interior, l.HEV)
		subColumns16(&luma[8], s, l.Sub, l.Interior, l.HEV)
		subColumns16(&luma[12], s, l.Sub, l.Interior, l.HEV)
		subColumns8(&u[4], &v[4], c, l.Sub, l.Interior, l.HEV)
	}
	if top {
		_, _, _ = p.Y[y-4*s], p.U[uv-4*c], p.V[uv-4*c]
		mbRows16(&luma[0], s, l.MB, l.Interior, l.HEV)
		mbRows8(&u[0], &v[0], c, l.MB, l.Interior, l.HEV)
	}
	if inner {
		subRows16(&luma[4*s], s, l.Sub, l.Interior, l.HEV)
		subRows16(&luma[8*s], s, l.Sub, l.Interior, l.HEV)
		subRows16(&luma[12*s], s, l.Sub, l.Interior, l.HEV)
		subRows8(&u[4*c], &v[4*c], c, l.Sub, l.Interior, l.HEV)
	}
}
