package chroma

import (
	"math"

	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// keyer makes a colour transparent. How much of a pixel is in front of it is read from its distance to the colour in the plane
// of chroma: none up to a radius that covers noise and uneven light, all from another, and the share of the way in between,
// where the pixel mixes both (the linear matte of P. Vlahos, as in Smith and Blinn, Blue Screen Matting, SIGGRAPH 1996).
type keyer struct {
	tint    vision.Tint
	opacity [1 << 16]byte // by U<<8 | V: 0 is the colour, 255 what is in front
	matte   []byte        // opacity of each chroma sample of a picture
	row     []byte        // of one row of luma
	tall    []uint16      // the same, of the chroma samples' width, ×4
}

const (
	// noise is the radius around the colour that is taken for it even when calibration saw no noise, of 255 levels.
	noise = 5
	// reach is where all is in front, as a share of the distance between the colour and grey: what is grey or further has
	// nothing of the colour in it.
	reach = 0.8
	// softest is the least width of the edge, for colours that are nearly grey.
	softest = 6
)

func (k *keyer) learn(t vision.Tint) {
	k.tint = t
	grey := math.Hypot(float64(int(t.U)-128), float64(int(t.V)-128))
	near := float64(noise) + 1.5*float64(t.Spread)
	near = min(near, max(noise, grey/2)) // a window with much else in it must not make everything transparent
	far := max(reach*grey, near+softest)
	for u := range 256 {
		for v := range 256 {
			du, dv := t.Offset(byte(u), byte(v))
			d := math.Hypot(float64(du), float64(dv))
			k.opacity[u<<8|v] = byte(255 * min(max((d-near)/(far-near), 0), 1))
		}
	}
}

// key puts back in the place of the colour in p. Both have one size.
func (k *keyer) key(p, back *i420.Picture) {
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	if len(k.matte) != cw*ch || len(k.row) != p.Width {
		k.matte, k.row, k.tall = make([]byte, cw*ch), make([]byte, p.Width), make([]uint16, cw)
	}
	for y := range ch {
		row := k.matte[y*cw : (y+1)*cw]
		k.chroma(row, p.U[y*p.CStride:][:cw], p.V[y*p.CStride:][:cw], back.U[y*back.CStride:][:cw], back.V[y*back.CStride:][:cw])
	}
	for y := range p.Height {
		// Chroma lies between the rows and columns of luma: three quarters of the nearest sample, one of the next.
		near := y / 2
		far := min(max(near-1+2*(y&1), 0), ch-1)
		if k.spread(k.matte[near*cw:(near+1)*cw], k.matte[far*cw:(far+1)*cw]) {
			mix(p.Y[y*p.YStride:][:p.Width], back.Y[y*back.YStride:][:p.Width], k.row)
		}
	}
}

// chroma reads the opacity of a row and mixes its chroma. Where the pixel is a mixture, the share of the colour in it is taken
// out, so that no green hem is left.
func (k *keyer) chroma(opacity, u, v, backU, backV []byte) {
	tintU, tintV := int(k.tint.U), int(k.tint.V)
	v, backU, backV, opacity = v[:len(u)], backU[:len(u)], backV[:len(u)], opacity[:len(u)]
	for x := range u {
		a := k.opacity[int(u[x])<<8|int(v[x])]
		opacity[x] = a
		switch a {
		case 255:
		case 0:
			u[x], v[x] = backU[x], backV[x]
		default:
			behind := 255 - int(a)
			u[x] = clamp(int(u[x]) + behind*(int(backU[x])-tintU)/255)
			v[x] = clamp(int(v[x]) + behind*(int(backV[x])-tintV)/255)
		}
	}
}

// spread makes the opacity of a row of luma from two of chroma; false: all of it is in front.
func (k *keyer) spread(near, far []byte) bool {
	tall, some := k.tall, uint16(4*255)
	near, far = near[:len(tall)], far[:len(tall)]
	for x := range tall {
		v := 3*uint16(near[x]) + uint16(far[x])
		tall[x] = v
		some = min(some, v)
	}
	if some == 4*255 {
		return false
	}
	last := len(tall) - 1
	for x := range tall {
		left, right := tall[max(x-1, 0)], tall[min(x+1, last)]
		k.row[2*x] = byte((3*tall[x] + left + 8) >> 4)
		if 2*x+1 < len(k.row) {
			k.row[2*x+1] = byte((3*tall[x] + right + 8) >> 4)
		}
	}
	return true
}

// mix puts back behind what is in front, by its opacity.
func mix(y, back, opacity []byte) {
	back, opacity = back[:len(y)], opacity[:len(y)]
	for x, a := range opacity {
		switch a {
		case 255:
		case 0:
			y[x] = back[x]
		default:
			y[x] = byte((int(y[x])*int(a) + int(back[x])*(255-int(a)) + 127) / 255)
		}
	}
}

func clamp(v int) byte { return byte(min(max(v, 0), 255)) }
