// Prediction of whole blocks from the row above and the column to the left,
// RFC 6386 §12.2 and §12.3. The caller has filled what lies outside of the
// picture with 127 (above) and 129 (left). Eight pixels at a time go through
// a 64-bit word.

package dsp

import "encoding/binary"

const ones = 0x0101010101010101

// PredictDC fills a square block of 8 or 16 with the mean of the pixels
// beside it that are in the picture.
func PredictDC(pix []byte, at, stride, size int, above, left bool) {
	sum, shift := uint64(0), size>>3+1 // 2 or 3, and one for each side
	if above {
		row := pix[at-stride:][:size]
		for ; len(row) >= 8; row = row[8:] {
			sum += sum8(binary.LittleEndian.Uint64(row))
		}
		shift++
	}
	if left {
		for i := range size {
			sum += uint64(pix[at-1+i*stride])
		}
		shift++
	}
	mean := uint64(128)
	if above || left {
		mean = (sum + 1<<(shift-1)) >> shift
	}
	mean *= ones
	for range size {
		row := pix[at:][:size]
		binary.LittleEndian.PutUint64(row, mean)
		binary.LittleEndian.PutUint64(row[size-8:], mean)
		at += stride
	}
}

// sum8 adds up the bytes of v.
func sum8(v uint64) uint64 {
	const even = 0x00ff00ff00ff00ff
	return (v&even + v>>8&even) * 0x0001000100010001 >> 48
}

// PredictVertical repeats the row above.
func PredictVertical(pix []byte, at, stride, size int) {
	row := pix[at-stride:][:size]
	a, b := binary.LittleEndian.Uint64(row), binary.LittleEndian.Uint64(row[size-8:])
	for range size {
		row = pix[at:][:size]
		binary.LittleEndian.PutUint64(row, a)
		binary.LittleEndian.PutUint64(row[size-8:], b)
		at += stride
	}
}

// PredictHorizontal repeats the column to the left.
func PredictHorizontal(pix []byte, at, stride, size int) {
	for range size {
		row := pix[at-1:][:size+1]
		v := uint64(row[0]) * ones
		binary.LittleEndian.PutUint64(row[1:], v)
		binary.LittleEndian.PutUint64(row[size-7:], v)
		at += stride
	}
}

// predictTM adds the slope of the row above to the column to the left.
func predictTM(pix []byte, at, stride, size int) {
	above := pix[at-stride:][:size]
	corner := int(pix[at-stride-1])
	for i := range size {
		row := pix[at-1+i*stride:][:size+1]
		slope := int(row[0]) - corner
		row = row[1:]
		for j, v := range above {
			row[j] = clamp(int(v) + slope)
		}
	}
}
