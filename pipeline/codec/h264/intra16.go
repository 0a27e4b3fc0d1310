package h264

// Intra prediction of whole macroblocks: Intra_16x16 (8.3.3) and chroma (8.3.4).

// predict16x16 predicts luma.
func predict16x16(plane []byte, at, stride, mode int, has sides) bool {
	switch mode {
	case mode16Vertical:
		return has.above && copyDown(plane, at, stride, 16)
	case mode16Horizontal:
		return has.left && copyRight(plane, at, stride, 16)
	case mode16DC:
		var left, above [16]int32
		edges(plane, at, stride, left[:], above[:], has)
		fill(plane[at:], stride, 16, mean(left[:], above[:], has))
		return true
	}
	if !has.left || !has.above || !has.corner {
		return false
	}
	predictPlane(plane, at, stride, 16, 5, 6)
	return true
}

// predictChroma predicts one component.
func predictChroma(plane []byte, at, stride, mode int, has sides) bool {
	switch mode {
	case chromaModeVertical:
		return has.above && copyDown(plane, at, stride, 8)
	case chromaModeHorizontal:
		return has.left && copyRight(plane, at, stride, 8)
	case chromaModeDC:
		predictChromaDC(plane, at, stride, has)
		return true
	}
	if !has.left || !has.above || !has.corner {
		return false
	}
	predictPlane(plane, at, stride, 8, 34, 6)
	return true
}

// edges takes the samples to the left and above, as far as they are there.
func edges(plane []byte, at, stride int, left, above []int32, has sides) {
	if has.left {
		for i := range left {
			left[i] = int32(plane[at+i*stride-1])
		}
	}
	if has.above {
		for i := range above {
			above[i] = int32(plane[at-stride+i])
		}
	}
}

func copyDown(plane []byte, at, stride, n int) bool {
	above := plane[at-stride:][:n]
	for y := range n {
		copy(plane[at+y*stride:][:n], above)
	}
	return true
}

func copyRight(plane []byte, at, stride, n int) bool {
	for y := range n {
		row := plane[at+y*stride-1:][:n+1]
		for x := range n {
			row[1+x] = row[0]
		}
	}
	return true
}

// predictChromaDC predicts each block of 4x4 by the samples beside it: those on the diagonal by both sides, the one above
// right rather by those above, the one below left rather by those to the left.
func predictChromaDC(plane []byte, at, stride int, has sides) {
	var left, above [8]int32
	edges(plane, at, stride, left[:], above[:], has)
	for block := range 4 {
		col, row := block&1, block>>1
		use := has
		switch {
		case block == 1 && has.above:
			use.left = false
		case block == 2 && has.left:
			use.above = false
		}
		v := mean(left[4*row:4*row+4], above[4*col:4*col+4], use)
		fill(plane[at+4*row*stride+4*col:], stride, 4, v)
	}
}

// predictPlane fits a plane to the samples around a block of n x n: the gradients are scaled by factor and shift (8.3.3.4;
// 8.3.4.4 with xCF and yCF 0).
func predictPlane(plane []byte, at, stride, n int, factor int32, shift uint) {
	half := n / 2
	above := func(x int) int32 { return int32(plane[at-stride+x]) } // from -1 on
	left := func(y int) int32 { return int32(plane[at+y*stride-1]) }
	var h, v int32
	for i := 1; i <= half; i++ {
		h += int32(i) * (above(half-1+i) - above(half-1-i))
		v += int32(i) * (left(half-1+i) - left(half-1-i))
	}
	b, c := (factor*h+1<<(shift-1))>>shift, (factor*v+1<<(shift-1))>>shift
	a := 16 * (left(n-1) + above(n-1))
	start := a - int32(half-1)*(b+c) + 16
	for y := range n {
		row := plane[at+y*stride:][:n]
		value := start + int32(y)*c
		for x := range row {
			row[x] = clip(value >> 5)
			value += b
		}
	}
}
