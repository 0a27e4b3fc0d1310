package h264

// The filtering of samples across edges (8.7.2). p0, p1 and so on lie on one side of the edge, going away from it, q0, q1
// and so on the other. across is the distance from p0 to q0 in memory, along that from one line to the next.

// filterLuma filters an edge of luma. at is its first q0.
func (s *sliceDecoder) filterLuma(f *filterParams, at, across, along, qp, qpOther int, bS *strengths) {
	alpha, beta, tc0 := f.thresholds(qp, qpOther)
	if alpha == 0 || beta == 0 {
		return
	}
	pix := s.pic.y
	for i, strength := range bS {
		from := at + 4*i*along
		switch {
		case strength == 0:
		case strength == 4 && across == 1:
			strongVertical(pix, from, along, alpha, beta)
		case strength == 4:
			strongHorizontal(pix, from, across, alpha, beta)
		case across == 1:
			normalVertical(pix, from, along, alpha, beta, int32(tc0[strength-1]))
		default:
			normalHorizontal(pix, from, across, alpha, beta, int32(tc0[strength-1]))
		}
	}
}

// filterChroma filters the same edge of both chroma components.
func (s *sliceDecoder) filterChroma(f *filterParams, at, across, along, qp, qpOther int, bS *strengths) {
	if s.sps.monochrome {
		return
	}
	for c := range 2 {
		offset := f.chromaOffset[c]
		alpha, beta, tc0 := f.thresholds(chromaQPOf(qp, offset), chromaQPOf(qpOther, offset))
		if alpha == 0 || beta == 0 {
			continue
		}
		pix := s.pic.chroma(c + 1)
		for i, strength := range bS {
			if strength == 0 {
				continue
			}
			t := int32(-1) // stands for strength 4
			if strength < 4 {
				t = int32(tc0[strength-1]) + 1
			}
			chromaLine(pix, at+2*i*along, across, alpha, beta, t)
			chromaLine(pix, at+(2*i+1)*along, across, alpha, beta, t)
		}
	}
}

// distance is the absolute difference.
func distance(a, b int32) int32 {
	d := a - b
	return d ^ d>>31 - d>>31
}

// normalVertical filters four lines across a vertical edge, with bS below 4.
func normalVertical(pix []byte, at, stride int, alpha, beta, tc0 int32) {
	for range 4 {
		line := (*[6]byte)(pix[at-3:])
		p1, p0, q0, q1 := int32(line[1]), int32(line[2]), int32(line[3]), int32(line[4])
		if distance(p0, q0) < alpha && distance(p1, p0) < beta && distance(q1, q0) < beta {
			line[1], line[2], line[3], line[4] = normal(int32(line[0]), p1, p0, q0, q1, int32(line[5]), beta, tc0)
		}
		at += stride
	}
}

// normalHorizontal does the same across a horizontal edge.
func normalHorizontal(pix []byte, at, stride int, alpha, beta, tc0 int32) {
	r0, r1, r2 := (*[4]byte)(pix[at-3*stride:]), (*[4]byte)(pix[at-2*stride:]), (*[4]byte)(pix[at-stride:])
	r3, r4, r5 := (*[4]byte)(pix[at:]), (*[4]byte)(pix[at+stride:]), (*[4]byte)(pix[at+2*stride:])
	for i := range 4 {
		p1, p0, q0, q1 := int32(r1[i]), int32(r2[i]), int32(r3[i]), int32(r4[i])
		if distance(p0, q0) < alpha && distance(p1, p0) < beta && distance(q1, q0) < beta {
			r1[i], r2[i], r3[i], r4[i] = normal(int32(r0[i]), p1, p0, q0, q1, int32(r5[i]), beta, tc0)
		}
	}
}

// normal is 8.7.2.3.
func normal(p2, p1, p0, q0, q1, q2, beta, tc0 int32) (newP1, newP0, newQ0, newQ1 uint8) {
	newP1, newQ1 = uint8(p1), uint8(q1)
	tc, middle := tc0, (p0+q0+1)>>1
	if distance(p2, p0) < beta {
		tc++
		newP1 = uint8(p1 + limit((p2+middle-2*p1)>>1, tc0))
	}
	if distance(q2, q0) < beta {
		tc++
		newQ1 = uint8(q1 + limit((q2+middle-2*q1)>>1, tc0))
	}
	delta := limit(((q0-p0)<<2+p1-q1+4)>>3, tc)
	return newP1, clip(p0 + delta), clip(q0 - delta), newQ1
}

func limit(v, most int32) int32 { return max(min(v, most), -most) }

// strongVertical filters four lines across a vertical edge, with bS 4.
func strongVertical(pix []byte, at, stride int, alpha, beta int32) {
	for range 4 {
		line := (*[8]byte)(pix[at-4:])
		p1, p0, q0, q1 := int32(line[2]), int32(line[3]), int32(line[4]), int32(line[5])
		if distance(p0, q0) < alpha && distance(p1, p0) < beta && distance(q1, q0) < beta {
			near := distance(p0, q0) < alpha>>2+2
			line[3], line[2], line[1] = strong(int32(line[0]), int32(line[1]), p1, p0, q0, q1, beta, near)
			line[4], line[5], line[6] = strong(int32(line[7]), int32(line[6]), q1, q0, p0, p1, beta, near)
		}
		at += stride
	}
}

// strongHorizontal does the same across a horizontal edge.
func strongHorizontal(pix []byte, at, stride int, alpha, beta int32) {
	for i := range 4 {
		column := pix[at+i-4*stride:][:7*stride+1]
		p3, p2, p1, p0 := &column[0], &column[stride], &column[2*stride], &column[3*stride]
		q0, q1, q2, q3 := &column[4*stride], &column[5*stride], &column[6*stride], &column[7*stride]
		a1, a0, b0, b1 := int32(*p1), int32(*p0), int32(*q0), int32(*q1)
		if distance(a0, b0) < alpha && distance(a1, a0) < beta && distance(b1, b0) < beta {
			near := distance(a0, b0) < alpha>>2+2
			*p0, *p1, *p2 = strong(int32(*p3), int32(*p2), a1, a0, b0, b1, beta, near)
			*q0, *q1, *q2 = strong(int32(*q3), int32(*q2), b1, b0, a0, a1, beta, near)
		}
	}
}

// strong is 8.7.2.4 for one side of the edge.
func strong(p3, p2, p1, p0, q0, q1, beta int32, near bool) (newP0, newP1, newP2 uint8) {
	if near && distance(p2, p0) < beta {
		return uint8((p2 + 2*p1 + 2*p0 + 2*q0 + q1 + 4) >> 3), uint8((p2 + p1 + p0 + q0 + 2) >> 2),
			uint8((2*p3 + 3*p2 + p1 + p0 + q0 + 4) >> 3)
	}
	return uint8((2*p1 + p0 + q1 + 2) >> 2), uint8(p1), uint8(p2)
}

// chromaLine filters one line of chroma; tc below 0 is for bS 4.
func chromaLine(pix []byte, at, across int, alpha, beta, tc int32) {
	line := pix[at-2*across : at+across+1]
	p1, p0, q0, q1 := int32(line[0]), int32(line[across]), int32(line[2*across]), int32(line[3*across])
	if distance(p0, q0) >= alpha || distance(p1, p0) >= beta || distance(q1, q0) >= beta {
		return
	}
	if tc < 0 {
		line[across], line[2*across] = uint8((2*p1+p0+q1+2)>>2), uint8((2*q1+q0+p1+2)>>2)
		return
	}
	delta := limit(((q0-p0)<<2+p1-q1+4)>>3, tc)
	line[across], line[2*across] = clip(p0+delta), clip(q0-delta)
}
