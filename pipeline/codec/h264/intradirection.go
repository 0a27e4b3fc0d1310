package h264

// predictDirection predicts a block of n x n, in any mode but DC, from the samples around it: edge[n] is the corner, the
// ones before go down from it, those behind to the right. The modes of 4x4 (8.3.1.2) and 8x8 (8.3.2.2) are the same.
func predictDirection(out []uint8, n, mode int, edge []int32) {
	left, above := n-1, n+1 // left-y and above+x are the samples beside (x, y)
	three := func(i int) uint8 { return uint8((edge[i-1] + 2*edge[i] + edge[i+1] + 2) >> 2) }
	two := func(i int) uint8 { return uint8((edge[i] + edge[i+1] + 1) >> 1) }
	for y := range n {
		for x := range n {
			v := uint8(0)
			switch mode {
			case modeVertical:
				v = uint8(edge[above+x])
			case modeHorizontal:
				v = uint8(edge[left-y])
			case modeDiagonalDownLeft:
				if x+y == 2*n-2 {
					v = uint8((edge[3*n-1] + 3*edge[3*n] + 2) >> 2)
				} else {
					v = three(above + x + y + 1)
				}
			case modeDiagonalDownRight:
				v = three(n + x - y)
			case modeVerticalRight:
				switch z := 2*x - y; {
				case z >= 0 && z&1 == 0:
					v = two(n + x - y>>1)
				case z >= 0:
					v = three(n + x - y>>1)
				case z == -1:
					v = three(n)
				default:
					v = three(n - (y - 2*x - 1))
				}
			case modeHorizontalDown:
				switch z := 2*y - x; {
				case z >= 0 && z&1 == 0:
					v = two(n - 1 - (y - x>>1))
				case z >= 0:
					v = three(n - (y - x>>1))
				case z == -1:
					v = three(n)
				default:
					v = three(n + (x - 2*y - 1))
				}
			case modeVerticalLeft:
				if i := above + x + y>>1; y&1 == 0 {
					v = two(i)
				} else {
					v = three(i + 1)
				}
			default: // modeHorizontalUp
				z := x + 2*y
				i := left - (y + x>>1)
				switch {
				case z > 2*n-3:
					v = uint8(edge[0])
				case z == 2*n-3:
					v = uint8((edge[1] + 3*edge[0] + 2) >> 2)
				case z&1 == 0:
					v = two(i - 1)
				default:
					v = three(i - 1)
				}
			}
			out[n*y+x] = v
		}
	}
}
