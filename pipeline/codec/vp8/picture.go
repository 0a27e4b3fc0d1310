// The decoder's own picture buffers, which references are made of.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// Around the macroblocks each plane has one row above and edge columns on
// both sides. They hold what intra prediction finds outside of the picture,
// and are written once: 127 above, 129 to the left (RFC 6386 §12.2). Only the
// four pixels right of each macroblock row's last line change, see predictSubblocks.
// Inter prediction never reads them.
const edge = 16

// picture is one buffer of whole macroblocks.
type picture struct {
	dsp.Planes
	y0, uv0 int // offsets of the first pixels
	sources [3]source
	frame   Frame // as it is shown
}

// newPicture returns a buffer of cols x rows macroblocks.
func newPicture(cols, rows int) *picture {
	p := &picture{}
	p.YStride, p.UVStride = cols*16+2*edge, cols*8+2*edge
	p.y0, p.uv0 = p.YStride+edge, p.UVStride+edge
	p.Y = newPlane(p.YStride, rows*16)
	p.U = newPlane(p.UVStride, rows*8)
	p.V = newPlane(p.UVStride, rows*8)
	p.sources = [3]source{
		{p.Y, p.y0, p.YStride, cols * 16, rows * 16},
		{p.U, p.uv0, p.UVStride, cols * 8, rows * 8},
		{p.V, p.uv0, p.UVStride, cols * 8, rows * 8},
	}
	return p
}

func newPlane(stride, rows int) []byte {
	pix := make([]byte, stride*(rows+1)+dsp.Slack)
	for i := range stride {
		pix[i] = 127
	}
	for i := 1; i <= rows; i++ {
		pix[i*stride+edge-1] = 129
	}
	return pix
}

// show describes the buffer as a picture of the header's size.
func (p *picture) show(h *frameHeader) *Frame {
	w, rows := (h.width+1)/2, (h.height+1)/2
	p.frame = Frame{
		Y:       p.Y[p.y0:][:(h.height-1)*p.YStride+h.width],
		U:       p.U[p.uv0:][:(rows-1)*p.UVStride+w],
		V:       p.V[p.uv0:][:(rows-1)*p.UVStride+w],
		YStride: p.YStride, UVStride: p.UVStride,
		Width: h.width, Height: h.height,
		Key:             h.key,
		HorizontalScale: h.horizontalScale, VerticalScale: h.verticalScale,
		FullRange: h.noClamping, ColorSpace: h.colorSpace,
	}
	return &p.frame
}

// The reference frames, in the RFC's order; refIntra stands for none.
const (
	refIntra = iota
	refLast
	refGolden
	refAltRef
	references
)

// pool keeps as many buffers as can be in use at once: three references, the
// picture shown last and the one that is being decoded.
type pool [references + 1]*picture

// get returns a buffer that nobody uses, a new one if need be.
func (b *pool) get(cols, rows int, refs *[references]*picture, shown *picture) *picture {
	for i, p := range b {
		if p == nil {
			b[i] = newPicture(cols, rows)
			return b[i]
		}
		if p != shown && p != refs[refLast] && p != refs[refGolden] && p != refs[refAltRef] {
			return p
		}
	}
	panic("vp8: more pictures in use than there are users")
}

// updateReferences does what the header says about golden, altref and last
// frame once the new picture is ready. Copies come before the new picture,
// altref first, as in the RFC's decoder (§9.7 leaves the order open).
func (d *Decoder) updateReferences(h *frameHeader, p *picture) {
	switch h.copyToAltRef {
	case 1:
		d.refs[refAltRef] = d.refs[refLast]
	case 2:
		d.refs[refAltRef] = d.refs[refGolden]
	}
	switch h.copyToGolden {
	case 1:
		d.refs[refGolden] = d.refs[refLast]
	case 2:
		d.refs[refGolden] = d.refs[refAltRef]
	}
	if h.refreshGolden {
		d.refs[refGolden] = p
	}
	if h.refreshAltRef {
		d.refs[refAltRef] = p
	}
	if h.refreshLast {
		d.refs[refLast] = p
	}
}
