package i420

// The work on one row in plain Go, from pixel x on. rows_amd64.go has assembly that gives the same bytes.

// halve1 makes means of 2×2 pixels.
func halve1(to, a, b []byte, x int) {
	for ; x < len(to); x++ {
		a2, b2 := a[2*x:2*x+2:2*x+2], b[2*x:2*x+2:2*x+2]
		to[x] = byte((uint(a2[0]) + uint(a2[1]) + uint(b2[0]) + uint(b2[1]) + 2) >> 2)
	}
}

// quarter1 makes means of 4×4 pixels.
func quarter1(to, r0, r1, r2, r3 []byte, x int) {
	sum := func(r []byte) uint { return uint(r[0]) + uint(r[1]) + uint(r[2]) + uint(r[3]) }
	for ; x < len(to); x++ {
		i := 4 * x
		to[x] = byte((sum(r0[i:i+4]) + sum(r1[i:i+4]) + sum(r2[i:i+4]) + sum(r3[i:i+4]) + 8) >> 4)
	}
}

// filterDown1 adds up rows by weights.
func filterDown1(to []uint16, from []byte, stride int, weights []int16, x int) {
	if len(weights) == 2 { // as most are
		a, b := from[:len(to)], from[stride:][:len(to)]
		wa, wb := uint32(weights[0]), uint32(weights[1])
		for ; x < len(to); x++ {
			to[x] = uint16((uint32(a[x])*wa + uint32(b[x])*wb + downRound) >> downShift)
		}
		return
	}
	for ; x < len(to); x++ {
		sum, at := uint32(downRound), x
		for _, w := range weights {
			sum += uint32(from[at]) * uint32(w)
			at += stride
		}
		to[x] = uint16(sum >> downShift)
	}
}

// filterAcross1 adds up neighbours by weights.
func filterAcross1(to []byte, from []uint16, t *pairs, x int) {
	starts := t.start[:len(to)]
	if t.n == 1 { // as most are
		for ; x < len(starts); x++ {
			at := starts[x]
			pair, w := from[at:at+2:at+2], t.weights[2*x:2*x+2:2*x+2]
			to[x] = byte((uint32(pair[0])*uint32(w[0]) + uint32(pair[1])*uint32(w[1]) + acrossRound) >> acrossShift)
		}
		return
	}
	for ; x < len(starts); x++ {
		sum, at, i := uint32(acrossRound), int(starts[x]), 2*x
		for range t.n {
			pair, w := from[at:at+2:at+2], t.weights[i:i+2:i+2]
			sum += uint32(pair[0])*uint32(w[0]) + uint32(pair[1])*uint32(w[1])
			at += 2
			i += 2 * len(starts)
		}
		to[x] = byte(sum >> acrossShift)
	}
}

// blend1 puts pixels onto others, by weights in 1/255.
func blend1(to, from, weights []byte, x int) {
	from, weights = from[:len(to)], weights[:len(to)]
	for ; x < len(to); x++ {
		a := uint(weights[x])
		to[x] = byte((uint(from[x])*a + uint(to[x])*(255-a) + 127) / 255)
	}
}
