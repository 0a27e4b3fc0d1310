package h264

// Scaling lists: six of 4x4 (Intra Y, Cb, Cr, Inter Y, Cb, Cr) and two of 8x8 (Intra Y, Inter Y). The four further ones
// of 8x8 are for 4:4:4.
const (
	lists4x4  = 6
	lists8x8  = 2
	listCount = lists4x4 + lists8x8
)

// scalingLists are weights of coefficients in zigzag order.
type scalingLists struct {
	four  [lists4x4][16]uint8
	eight [lists8x8][64]uint8
}

// setFlat sets Flat_4x4_16 and Flat_8x8_16 (7.4.2.1).
func (l *scalingLists) setFlat() {
	for i := range l.four {
		for j := range l.four[i] {
			l.four[i][j] = 16
		}
	}
	for i := range l.eight {
		for j := range l.eight[i] {
			l.eight[i][j] = 16
		}
	}
}

// parse reads n lists (7.3.2.1.1.1). The first one of a kind falls back to that of fallback, others to the list of the
// same kind before (Table 7-2, fall-back rule sets A and B). 8x8 lists that are not read are those of fallback.
func (l *scalingLists) parse(r *bitReader, n int, fallback *scalingLists) {
	from := *fallback // may be l itself
	l.eight = from.eight
	for i := range l.four {
		if i%3 == 0 {
			l.four[i] = from.four[i]
		} else {
			l.four[i] = l.four[i-1]
		}
		if r.flag() && !readList(r, l.four[i][:]) {
			l.four[i] = defaultLists.four[i]
		}
	}
	for i := range n - lists4x4 {
		if r.flag() && !readList(r, l.eight[i][:]) {
			l.eight[i] = defaultLists.eight[i]
		}
	}
}

// readList reads scaling_list; false: the default list is to be used.
func readList(r *bitReader, list []uint8) bool {
	last, next := int32(8), int32(8)
	for i := range list {
		if next != 0 {
			next = (last + r.se()) & 255
			if i == 0 && next == 0 {
				return false
			}
		}
		if next != 0 {
			last = next
		}
		list[i] = uint8(last)
	}
	return true
}

// defaultLists are Default_4x4_Intra and so on (Tables 7-3 and 7-4).
var defaultLists = scalingLists{
	four: [lists4x4][16]uint8{default4x4Intra, default4x4Intra, default4x4Intra, default4x4Inter, default4x4Inter, default4x4Inter},
	eight: [lists8x8][64]uint8{
		{
			6, 10, 10, 13, 11, 13, 16, 16, 16, 16, 18, 18, 18, 18, 18, 23,
			23, 23, 23, 23, 23, 25, 25, 25, 25, 25, 25, 25, 27, 27, 27, 27,
			27, 27, 27, 27, 29, 29, 29, 29, 29, 29, 29, 31, 31, 31, 31, 31,
			31, 33, 33, 33, 33, 33, 36, 36, 36, 36, 38, 38, 38, 40, 40, 42,
		},
		{
			9, 13, 13, 15, 13, 15, 17, 17, 17, 17, 19, 19, 19, 19, 19, 21,
			21, 21, 21, 21, 21, 22, 22, 22, 22, 22, 22, 22, 24, 24, 24, 24,
			24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 27, 27, 27, 27, 27,
			27, 28, 28, 28, 28, 28, 30, 30, 30, 30, 32, 32, 32, 33, 33, 35,
		},
	},
}

var (
	default4x4Intra = [16]uint8{6, 13, 13, 20, 20, 20, 28, 28, 28, 28, 32, 32, 32, 37, 37, 42}
	default4x4Inter = [16]uint8{10, 14, 14, 20, 20, 20, 24, 24, 24, 24, 27, 27, 27, 30, 30, 34}
)

// zigzag4x4 and zigzag8x8 give the place in rows of each coefficient (Figure 8-8, Table 8-12).
var (
	zigzag4x4 = [16]uint8{0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15}
	zigzag8x8 = [64]uint8{
		0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
		12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
		35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
		58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	}
)

// normAdjust4x4 and normAdjust8x8 are the tables v of 8.5.9, by qP % 6.
var (
	normAdjust4x4 = [6][3]int32{{10, 16, 13}, {11, 18, 14}, {13, 20, 16}, {14, 23, 18}, {16, 25, 20}, {18, 29, 23}}
	normAdjust8x8 = [6][6]int32{
		{20, 18, 32, 19, 25, 24}, {22, 19, 35, 21, 28, 26}, {26, 23, 42, 24, 33, 31},
		{28, 25, 45, 26, 35, 33}, {32, 28, 51, 30, 40, 38}, {36, 32, 58, 34, 46, 43},
	}
)

// levelScales are LevelScale4x4 and LevelScale8x8 (8.5.9): by list, by qP % 6, by place in rows.
type levelScales struct {
	four  [lists4x4][6][16]int32
	eight [lists8x8][6][64]int32
}

// set computes the tables from scaling lists.
func (l *levelScales) set(lists *scalingLists) {
	for list := range l.four {
		for m := range 6 {
			for k, at := range zigzag4x4 {
				row, col := at>>2, at&3
				norm := normAdjust4x4[m][2]
				switch {
				case row&1 == 0 && col&1 == 0:
					norm = normAdjust4x4[m][0]
				case row&1 == 1 && col&1 == 1:
					norm = normAdjust4x4[m][1]
				}
				l.four[list][m][at] = int32(lists.four[list][k]) * norm
			}
		}
	}
	for list := range l.eight {
		for m := range 6 {
			for k, at := range zigzag8x8 {
				l.eight[list][m][at] = int32(lists.eight[list][k]) * normAdjust8x8[m][norm8x8(at>>3, at&7)]
			}
		}
	}
}

// norm8x8 chooses the column of normAdjust8x8.
func norm8x8(row, col uint8) int {
	switch {
	case row&3 == 0 && col&3 == 0:
		return 0
	case row&1 == 1 && col&1 == 1:
		return 1
	case row&3 == 2 && col&3 == 2:
		return 2
	case row&3 == 0 && col&1 == 1, row&1 == 1 && col&3 == 0:
		return 3
	case row&3 == 0 && col&3 == 2, row&3 == 2 && col&3 == 0:
		return 4
	}
	return 5
}
