package h264

// maxQP is the largest QP_Y of 8 bits.
const maxQP = 51

// chromaQP is QP_C for qP_I from 30 on (Table 8-15).
var chromaQP = [maxQP + 1 - 30]uint8{29, 30, 31, 32, 32, 33, 34, 34, 35, 35, 36, 36, 37, 37, 37, 38, 38, 38, 39, 39, 39, 39}

// chromaQPOf is QP_C of a chroma component with its offset (8.5.8).
func chromaQPOf(qp, offset int) int {
	qp = min(max(qp+offset, 0), maxQP)
	if qp < 30 {
		return qp
	}
	return int(chromaQP[qp-30])
}

// dequant scales the levels of one block: (level * scale << shift + round) >> down. Without a scale the levels stay as
// they are, for blocks of DC that are transformed first.
type dequant struct {
	scale []int32 // by place in rows
	shift uint8
	round int32
	down  uint8
}

// raw leaves levels as they are.
var raw dequant

func (q *dequant) scaled(level int32, place uint8) int32 {
	if q.scale == nil {
		return level
	}
	return (level*q.scale[place]<<(q.shift&31) + q.round) >> (q.down & 31)
}

// dequant4x4 is the scaling of 8.5.12.1, with one formula for all qP: below 24 it is the one of the standard, from 24 on
// nothing is rounded.
func (l *levelScales) dequant4x4(list, qp int) dequant {
	return dequant{l.four[list][qp%6][:], uint8(qp / 6), 8, 4}
}

// dequant8x8 is the scaling of 8.5.13.1, likewise.
func (l *levelScales) dequant8x8(list, qp int) dequant {
	return dequant{l.eight[list][qp%6][:], uint8(qp / 6), 32, 6}
}

// lumaDC transforms and scales the DC coefficients of Intra_16x16, in rows, (8.5.10) to their places in the blocks.
func lumaDC(blocks *[coefficients]int32, dc *[16]int32, q *dequant) {
	for i := 0; i < 16; i += 4 {
		a, b, c, d := dc[i], dc[i+1], dc[i+2], dc[i+3]
		dc[i], dc[i+1], dc[i+2], dc[i+3] = a+b+c+d, a+b-c-d, a-b-c+d, a-b+c-d
	}
	for i := range 4 {
		a, b, c, d := dc[i], dc[i+4], dc[i+8], dc[i+12]
		dc[i], dc[i+4], dc[i+8], dc[i+12] = a+b+c+d, a+b-c-d, a-b-c+d, a-b+c-d
	}
	scale := q.scale[0] << q.shift
	for i, v := range dc {
		blocks[16*int(blockOfRaster[i])] = (v*scale + 32) >> 6
	}
}

// chromaDCTransform is the same for the four of a chroma component (8.5.11).
func chromaDCTransform(blocks []int32, dc *[4]int32, q *dequant) {
	a, b, c, d := dc[0], dc[1], dc[2], dc[3]
	scale := q.scale[0] << q.shift
	blocks[0] = (a + b + c + d) * scale >> 5
	blocks[16] = (a - b + c - d) * scale >> 5
	blocks[32] = (a + b - c - d) * scale >> 5
	blocks[48] = (a - b - c + d) * scale >> 5
}

// clip limits to a sample.
func clip(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^v >> 31)
	}
	return uint8(v)
}

// add4x4 transforms a block (8.5.12.2), adds it to the samples and clears it.
func add4x4(dst []byte, stride int, block []int32) {
	b := (*[16]int32)(block)
	for i := 0; i < 16; i += 4 {
		e, f := b[i]+b[i+2], b[i]-b[i+2]
		g, h := b[i+1]>>1-b[i+3], b[i+1]+b[i+3]>>1
		b[i], b[i+1], b[i+2], b[i+3] = e+h, f+g, f-g, e-h
	}
	rows := [4][]byte{dst[:4], dst[stride : stride+4], dst[2*stride : 2*stride+4], dst[3*stride : 3*stride+4]}
	for i := range 4 {
		e, f := b[i]+b[i+8]+32, b[i]-b[i+8]+32
		g, h := b[i+4]>>1-b[i+12], b[i+4]+b[i+12]>>1
		rows[0][i] = clip(int32(rows[0][i]) + (e+h)>>6)
		rows[1][i] = clip(int32(rows[1][i]) + (f+g)>>6)
		rows[2][i] = clip(int32(rows[2][i]) + (f-g)>>6)
		rows[3][i] = clip(int32(rows[3][i]) + (e-h)>>6)
	}
	*b = [16]int32{}
}

// addDC does what add4x4 does, for a block of n x n of which only the DC is not zero.
func addDC(dst []byte, stride, n int, block []int32) {
	dc := (block[0] + 32) >> 6
	block[0] = 0
	for y := range n {
		row := dst[y*stride:][:n]
		for x, v := range row {
			row[x] = clip(int32(v) + dc)
		}
	}
}

// add8x8 does the same for a block of 8x8 (8.5.13.2).
func add8x8(dst []byte, stride int, block []int32) {
	b := (*[64]int32)(block)
	for i := 0; i < 64; i += 8 {
		r := (*[8]int32)(b[i : i+8])
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = transform8(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
	}
	for i := range 8 {
		b[i], b[i+8], b[i+16], b[i+24], b[i+32], b[i+40], b[i+48], b[i+56] = transform8(
			b[i]+32, b[i+8], b[i+16], b[i+24], b[i+32], b[i+40], b[i+48], b[i+56])
	}
	for y := range 8 {
		row, r := dst[y*stride:][:8], b[8*y:][:8]
		for x := range 8 {
			row[x] = clip(int32(row[x]) + r[x]>>6)
		}
	}
	*b = [64]int32{}
}

// transform8 is one row or column of the 8x8 transform. A constant that is added to the first is added to all.
func transform8(x0, x1, x2, x3, x4, x5, x6, x7 int32) (y0, y1, y2, y3, y4, y5, y6, y7 int32) {
	a0, a4 := x0+x4, x0-x4
	a2, a6 := x2>>1-x6, x2+x6>>1
	b0, b2, b4, b6 := a0+a6, a4+a2, a4-a2, a0-a6
	a1 := x5 - x3 - x7 - x7>>1
	a3 := x1 + x7 - x3 - x3>>1
	a5 := x7 - x1 + x5 + x5>>1
	a7 := x3 + x5 + x1 + x1>>1
	b1, b7 := a1+a7>>2, a7-a1>>2
	b3, b5 := a3+a5>>2, a3>>2-a5
	return b0 + b7, b2 + b5, b4 + b3, b6 + b1, b6 - b1, b4 - b3, b2 - b5, b0 - b7
}
