// Prediction of the sixteen subblocks of B_PRED, RFC 6386 §12.3.

package dsp

import "encoding/binary"

// The modes of luma subblocks, in the order of the RFC's intra_bmode.
const (
	BDC = iota // mean of the edge
	BTM        // TrueMotion
	BVE        // vertical, smoothed
	BHE        // horizontal, smoothed
	BLD        // 45 degrees down to the left
	BRD        // 45 degrees down to the right
	BVR        // steep, to the right
	BVL        // steep, to the left
	BHD        // flat, downwards
	BHU        // flat, upwards
	SubblockModes
)

func mean2(a, b uint8) uint8    { return uint8((uint(a) + uint(b) + 1) >> 1) }
func mean3(a, b, c uint8) uint8 { return uint8((uint(a) + 2*uint(b) + uint(c) + 2) >> 2) }

// PredictSubblock predicts 4x4 pixels. The four pixels above and to the right
// are at right, which is not always beside the four above.
func PredictSubblock(mode uint8, pix []byte, at, stride, right int) {
	// e is the RFC's edge array E: up the left column, the corner, then the row above.
	var e [13]uint8
	r0, r1, r2, r3 := pix[at-1:][:5], pix[at-1+stride:][:5], pix[at-1+2*stride:][:5], pix[at-1+3*stride:][:5]
	e[0], e[1], e[2], e[3] = r3[0], r2[0], r1[0], r0[0]
	copy(e[4:9], pix[at-stride-1:][:5])
	copy(e[9:13], pix[right:][:4])
	b0, b1, b2, b3 := (*[4]byte)(r0[1:]), (*[4]byte)(r1[1:]), (*[4]byte)(r2[1:]), (*[4]byte)(r3[1:])
	switch mode {
	case BDC:
		sum := uint(4)
		for _, v := range e[:4] {
			sum += uint(v)
		}
		for _, v := range e[5:9] {
			sum += uint(v)
		}
		v := uint8(sum >> 3)
		*b0 = [4]byte{v, v, v, v}
		*b1, *b2, *b3 = *b0, *b0, *b0
	case BTM:
		for i, b := range [4]*[4]byte{b0, b1, b2, b3} {
			slope := int(e[3-i]) - int(e[4])
			for j := range b {
				b[j] = clamp(int(e[5+j]) + slope)
			}
		}
	case BVE:
		*b0 = [4]byte{mean3(e[4], e[5], e[6]), mean3(e[5], e[6], e[7]), mean3(e[6], e[7], e[8]), mean3(e[7], e[8], e[9])}
		*b1, *b2, *b3 = *b0, *b0, *b0
	case BHE:
		spread(b0, mean3(e[4], e[3], e[2]))
		spread(b1, mean3(e[3], e[2], e[1]))
		spread(b2, mean3(e[2], e[1], e[0]))
		spread(b3, mean3(e[1], e[0], e[0]))
	default:
		diagonal(mode, &e, b0, b1, b2, b3)
	}
}

func spread(b *[4]byte, v uint8) { binary.LittleEndian.PutUint32(b[:], uint32(v)*0x01010101) }

// diagonal does the six modes that have a direction.
func diagonal(mode uint8, e *[13]uint8, b0, b1, b2, b3 *[4]byte) {
	switch mode {
	case BLD:
		a := e[5:13:13]
		var d [7]uint8
		for i := range 6 {
			d[i] = mean3(a[i], a[i+1], a[i+2])
		}
		d[6] = mean3(a[6], a[7], a[7])
		copy(b0[:], d[0:4])
		copy(b1[:], d[1:5])
		copy(b2[:], d[2:6])
		copy(b3[:], d[3:7])
	case BRD:
		var d [7]uint8
		for i := range d {
			d[i] = mean3(e[i], e[i+1], e[i+2])
		}
		copy(b3[:], d[0:4])
		copy(b2[:], d[1:5])
		copy(b1[:], d[2:6])
		copy(b0[:], d[3:7])
	case BVR:
		*b0 = [4]byte{mean2(e[4], e[5]), mean2(e[5], e[6]), mean2(e[6], e[7]), mean2(e[7], e[8])}
		*b1 = [4]byte{mean3(e[3], e[4], e[5]), mean3(e[4], e[5], e[6]), mean3(e[5], e[6], e[7]), mean3(e[6], e[7], e[8])}
		*b2 = [4]byte{mean3(e[2], e[3], e[4]), b0[0], b0[1], b0[2]}
		*b3 = [4]byte{mean3(e[1], e[2], e[3]), b1[0], b1[1], b1[2]}
	case BVL:
		a := e[5:13:13]
		*b0 = [4]byte{mean2(a[0], a[1]), mean2(a[1], a[2]), mean2(a[2], a[3]), mean2(a[3], a[4])}
		*b1 = [4]byte{mean3(a[0], a[1], a[2]), mean3(a[1], a[2], a[3]), mean3(a[2], a[3], a[4]), mean3(a[3], a[4], a[5])}
		*b2 = [4]byte{b0[1], b0[2], b0[3], mean3(a[4], a[5], a[6])}
		*b3 = [4]byte{b1[1], b1[2], b1[3], mean3(a[5], a[6], a[7])}
	case BHD:
		*b0 = [4]byte{mean2(e[3], e[4]), mean3(e[3], e[4], e[5]), mean3(e[4], e[5], e[6]), mean3(e[5], e[6], e[7])}
		*b1 = [4]byte{mean2(e[2], e[3]), mean3(e[2], e[3], e[4]), b0[0], b0[1]}
		*b2 = [4]byte{mean2(e[1], e[2]), mean3(e[1], e[2], e[3]), b1[0], b1[1]}
		*b3 = [4]byte{mean2(e[0], e[1]), mean3(e[0], e[1], e[2]), b2[0], b2[1]}
	case BHU:
		*b0 = [4]byte{mean2(e[3], e[2]), mean3(e[3], e[2], e[1]), mean2(e[2], e[1]), mean3(e[2], e[1], e[0])}
		*b1 = [4]byte{b0[2], b0[3], mean2(e[1], e[0]), mean3(e[1], e[0], e[0])}
		*b2 = [4]byte{b1[2], b1[3], e[0], e[0]}
		spread(b3, e[0])
	}
}
