// Sums of absolute differences, by which an encoder compares predictions.

package dsp

func sad(a []byte, at, aStride int, b []byte, bt, bStride, size int) int {
	sum := 0
	for range size {
		x, y := a[at:][:size], b[bt:][:size]
		for i, v := range x {
			sum += abs(int(v) - int(y[i]))
		}
		at += aStride
		bt += bStride
	}
	return sum
}
