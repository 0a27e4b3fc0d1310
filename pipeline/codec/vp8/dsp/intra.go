// Prediction of whole blocks from the row above and the column to the left,
// RFC 6386 §12.2 and §12.3. The caller has filled what lies outside of the
// picture with 127 (above) and 129 (left).

package dsp

// PredictDC fills a square block of 8 or 16 with the mean of the pixels
// beside it that are in the picture.
func PredictDC(pix []byte, at, stride, size int, above, left bool) {
	sum, shift := 0, 2
	if size == 16 {
		shift = 3
	}
	if above {
		for _, v := range pix[at-stride:][:size] {
			sum += int(v)
		}
		shift++
	}
	if left {
		for i := range size {
			sum += int(pix[at-1+i*stride])
		}
		shift++
	}
	mean := uint8(128)
	if above || left {
		mean = uint8((sum + 1<<(shift-1)) >> shift)
	}
	for i := range size {
		fill(pix[at+i*stride:][:size], mean)
	}
}

func fill(row []byte, v uint8) {
	for i := range row {
		row[i] = v
	}
}

// PredictVertical repeats the row above.
func PredictVertical(pix []byte, at, stride, size int) {
	above := pix[at-stride:][:size]
	for i := range size {
		copy(pix[at+i*stride:][:size], above)
	}
}

// PredictHorizontal repeats the column to the left.
func PredictHorizontal(pix []byte, at, stride, size int) {
	for i := range size {
		row := pix[at-1+i*stride:][:size+1]
		fill(row[1:], row[0])
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
