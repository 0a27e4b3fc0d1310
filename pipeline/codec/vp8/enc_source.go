// The picture to encode, in whole macroblocks.

package vp8

// load copies a picture into the buffer, and goes on with its last pixels as
// far as the buffer has macroblocks: cols x rows.
func (p *picture) load(f *Frame, cols, rows int) {
	w, h := f.ChromaSize()
	loadPlane(p.Y[p.y0:], p.YStride, 16*cols, 16*rows, f.Y, f.YStride, f.Width, f.Height)
	loadPlane(p.U[p.uv0:], p.UVStride, 8*cols, 8*rows, f.U, f.UVStride, w, h)
	loadPlane(p.V[p.uv0:], p.UVStride, 8*cols, 8*rows, f.V, f.UVStride, w, h)
}

// loadPlane fills so many columns and rows.
func loadPlane(dst []byte, stride, full, rows int, src []byte, srcStride, width, height int) {
	for y := range rows {
		row := dst[y*stride:][:full]
		copy(row, src[min(y, height-1)*srcStride:][:width])
		for x := width; x < full; x++ {
			row[x] = row[width-1]
		}
	}
}
