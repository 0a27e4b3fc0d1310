//go:build amd64 && !purego

package i420

import "golang.org/x/sys/cpu"

// Rows by assembly where the processor has AVX2: whole blocks of so many pixels, and what is left over in plain Go.

var hasAVX2 = cpu.X86.HasAVX2

// blocks is how many blocks of a size are in a row, and how many pixels they have.
func blocks(width, size int) (n, pixels int) {
	if !hasAVX2 {
		return 0, 0
	}
	return width / size, width / size * size
}

func halveRow(to, a, b []byte) {
	n, x := blocks(len(to), 32)
	if n > 0 {
		_, _ = a[2*x-1], b[2*x-1]
		halveAVX2(&to[0], &a[0], &b[0], n)
	}
	halve1(to, a, b, x)
}

func quarterRow(to, r0, r1, r2, r3 []byte) {
	n, x := blocks(len(to), 16)
	if n > 0 {
		_, _, _, _ = r0[4*x-1], r1[4*x-1], r2[4*x-1], r3[4*x-1]
		quarterAVX2(&to[0], &r0[0], &r1[0], &r2[0], &r3[0], n)
	}
	quarter1(to, r0, r1, r2, r3, x)
}

func filterDown(to []uint16, from []byte, stride int, weights []int16) {
	n, x := blocks(len(to), 16)
	if len(weights)%2 != 0 {
		n, x = 0, 0
	}
	if n > 0 {
		_ = from[(len(weights)-1)*stride+x-1]
		filterDownAVX2(&to[0], &from[0], stride, &weights[0], len(weights)/2, n)
	}
	filterDown1(to, from, stride, weights, x)
}

func filterAcross(to []byte, from []uint16, t *pairs) {
	n, x := blocks(len(to), 8)
	if n > 0 { // the last start is the largest
		_, _ = from[int(t.start[len(to)-1])+max(2*t.n, reach)-1], t.weights[2*len(to)*t.n-1]
	}
	switch {
	case n == 0:
	case t.shuffle != nil:
		_ = t.shuffle[4*len(to)-1]
		filterNearAVX2(&to[0], &from[0], &t.start[0], &t.weights[0], &t.shuffle[0], n)
	default:
		filterAcrossAVX2(&to[0], &from[0], &t.start[0], &t.weights[0], 4*len(to), t.n, n)
	}
	filterAcross1(to, from, t, x)
}

func blendRow(to, from, weights []byte) {
	n, x := blocks(len(to), 16)
	if n > 0 {
		_, _ = from[x-1], weights[x-1]
		blendAVX2(&to[0], &from[0], &weights[0], n)
	}
	blend1(to, from, weights, x)
}

//go:noescape
func halveAVX2(to, a, b *byte, blocks int)

//go:noescape
func quarterAVX2(to, r0, r1, r2, r3 *byte, blocks int)

//go:noescape
func filterDownAVX2(to *uint16, from *byte, stride int, weights *int16, pairs, blocks int)

// next is how many bytes after a pair of weights the next pair of the same pixel is.
//
//go:noescape
func filterAcrossAVX2(to *byte, from *uint16, start *int32, weights *int16, next, pairs, blocks int)

// filterNear is filterAcross for pairs that a shuffle picks.
//
//go:noescape
func filterNearAVX2(to *byte, from *uint16, start *int32, weights *int16, shuffle *byte, blocks int)

//go:noescape
func blendAVX2(to, from, weights *byte, blocks int)
