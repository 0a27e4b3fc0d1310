// Quantizer indices and what they stand for, RFC 6386 §9.6 and §14.1.

package vp8

// quantIndices is the header's record of quantizers: an index and deltas to it.
type quantIndices struct {
	yAC                         int
	yDC, y2DC, y2AC, uvDC, uvAC int
}

// quantFactors are what the coefficients of one segment are multiplied with,
// each pair for the first coefficient and for the others.
type quantFactors struct {
	y, y2, uv [2]int16
}

// factors looks up the factors for one index.
func (q *quantIndices) factors(index int) quantFactors {
	at := func(table *[128]int16, i int) int { return int(table[min(max(i, 0), 127)]) }
	index = min(max(index, 0), 127)
	return quantFactors{
		y:  [2]int16{int16(at(&dcQuantizers, index+q.yDC)), int16(at(&acQuantizers, index))},
		y2: [2]int16{int16(2 * at(&dcQuantizers, index+q.y2DC)), int16(max(at(&acQuantizers, index+q.y2AC)*155/100, 8))},
		uv: [2]int16{int16(min(at(&dcQuantizers, index+q.uvDC), 132)), int16(at(&acQuantizers, index+q.uvAC))},
	}
}

// dcQuantizers and acQuantizers are the RFC's dc_qlookup and ac_qlookup (RFC 6386 §14.1).
var dcQuantizers = [128]int16{
	4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17,
	18, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 25, 25, 26, 27, 28,
	29, 30, 31, 32, 33, 34, 35, 36, 37, 37, 38, 39, 40, 41, 42, 43,
	44, 45, 46, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
	59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
	75, 76, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
	91, 93, 95, 96, 98, 100, 101, 102, 104, 106, 108, 110, 112, 114, 116, 118,
	122, 124, 126, 128, 130, 132, 134, 136, 138, 140, 143, 145, 148, 151, 154, 157,
}

var acQuantizers = [128]int16{
	4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
	36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
	52, 53, 54, 55, 56, 57, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76,
	78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106, 108,
	110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143, 146, 149, 152,
	155, 158, 161, 164, 167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209,
	213, 217, 221, 225, 229, 234, 239, 245, 249, 254, 259, 264, 269, 274, 279, 284,
}
