package h264

// predict8x8 predicts one block (8.3.2.2), from samples that are filtered (8.3.2.2.1).
func predict8x8(plane []byte, at, stride, mode int, has sides) bool {
	if !has.needs(mode) {
		return false
	}
	var raw, edge [25]int32
	around(raw[:], plane, at, stride, 8, has)
	filterEdge(&edge, &raw, has)
	if mode == modeDC {
		fill(plane[at:], stride, 8, mean(edge[:8], edge[9:17], has))
		return true
	}
	var out [64]uint8
	predictDirection(out[:], 8, mode, edge[:])
	for y := range 8 {
		copy(plane[at+y*stride:][:8], out[8*y:])
	}
	return true
}

// filterEdge smoothes the samples around a block of 8x8. Where a neighbour is missing, a sample counts for it.
func filterEdge(edge, raw *[25]int32, has sides) {
	filter := func(i, before, behind int) {
		edge[i] = (raw[before] + 2*raw[i] + raw[behind] + 2) >> 2
	}
	first, last := 0, 24
	if !has.left {
		first = 8
	}
	if !has.corner && !has.left {
		first = 9
	}
	if !has.above {
		last = 8
		if !has.corner {
			last = 7
		}
	}
	for i := first; i <= last; i++ {
		before, behind := max(i-1, first), min(i+1, last)
		if !has.corner {
			switch i {
			case 7:
				behind = 7
			case 8:
				continue
			case 9:
				before = 9
			}
		}
		filter(i, before, behind)
	}
}
