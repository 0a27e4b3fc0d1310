//go:build !amd64 || purego

package i420

func halveRow(to, a, b []byte) { halve1(to, a, b, 0) }

func quarterRow(to, r0, r1, r2, r3 []byte) { quarter1(to, r0, r1, r2, r3, 0) }

func filterDown(to []uint16, from []byte, stride int, weights []int16) {
	filterDown1(to, from, stride, weights, 0)
}

func filterAcross(to []byte, from []uint16, t *pairs) { filterAcross1(to, from, t, 0) }

func blendRow(to, from, weights []byte) { blend1(to, from, weights, 0) }
