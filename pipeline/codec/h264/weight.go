package h264

// Weighted prediction (8.4.2.3).

// weighOne applies explicit weights to a prediction from one list.
func (s *sliceDecoder) weighOne(dst []byte, stride, w, h, list, ref, c int) {
	t := &s.header.weights
	by, log := t.of[list][ref][c], t.log(c)
	if by.factor == 1<<log && by.offset == 0 {
		return
	}
	round := int32(0)
	if log > 0 {
		round = 1 << (log - 1)
	}
	for y := range h {
		row := dst[y*stride:][:w]
		for x, v := range row {
			row[x] = clip((int32(v)*by.factor+round)>>log + by.offset)
		}
	}
}

// log is the denominator of the weights of a component.
func (t *weightTable) log(c int) uint32 {
	if c == 0 {
		return t.lumaLog
	}
	return t.chromaLog
}

// combine puts the predictions from both lists together; that of list 1 is in the scratch buffer.
func (s *sliceDecoder) combine(dst []byte, stride, w, h, ref0, ref1, c int) {
	other := s.scratch.other[:]
	switch t := &s.header.weights; {
	case t.present:
		w0, w1 := t.of[0][ref0][c], t.of[1][ref1][c]
		weighBoth(dst, stride, other, w, h, t.log(c), w0.factor, w1.factor, (w0.offset+w1.offset+1)>>1)
	case s.pps.bipred == 2 && s.implicit[ref0][ref1] != 32:
		factor := int32(s.implicit[ref0][ref1])
		weighBoth(dst, stride, other, w, h, 5, 64-factor, factor, 0)
	default:
		average(dst, stride, other, 16, w, h)
	}
}

func weighBoth(dst []byte, stride int, other []byte, w, h int, log uint32, f0, f1, offset int32) {
	round := int32(1) << log
	for y := range h {
		row := dst[y*stride:][:w]
		second := other[16*y:][:len(row)]
		for x, v := range row {
			row[x] = clip((int32(v)*f0+int32(second[x])*f1+round)>>(log+1) + offset)
		}
	}
}
