package dsp

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// These tests compare the kernels that run here, which may be assembly, with
// plain Go on random planes.

const (
	testStride = 64
	testRows   = 40
	testAt     = 8*testStride + 16
)

// randomPlane returns pixels of one of several characters: noise, nearly
// flat, and extremes only.
func randomPlane(r *rand.Rand) []byte {
	pix := make([]byte, testStride*testRows+Slack)
	kind, base := r.IntN(4), r.IntN(256)
	for i := range pix {
		switch kind {
		case 0:
			pix[i] = byte(r.IntN(256))
		case 1:
			pix[i] = byte(min(max(base+r.IntN(9)-4, 0), 255))
		case 2:
			pix[i] = byte(r.IntN(2) * 255)
		case 3:
			pix[i] = byte(min(max(base+r.IntN(65)-32, 0), 255))
		}
	}
	return pix
}

func same(t *testing.T, got, want []byte, what ...any) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%v: pixel at row %d, column %d is %d, want %d", what, i/testStride, i%testStride, got[i], want[i])
		}
	}
}

func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestFilters(t *testing.T) {
	r := random()
	for range 1000 {
		a := Planes{randomPlane(r), randomPlane(r), randomPlane(r), testStride, testStride}
		b := Planes{bytes.Clone(a.Y), bytes.Clone(a.U), bytes.Clone(a.V), testStride, testStride}
		l := Limits{uint8(r.IntN(200)), uint8(r.IntN(200)), uint8(1 + r.IntN(63)), uint8(r.IntN(4))}
		if r.IntN(4) == 0 {
			l = Limits{193, 189, 63, uint8(r.IntN(4))} // the largest there are
		}
		left, top, inner := r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0
		if r.IntN(3) == 0 {
			SimpleFilter(&a, testAt, &l, left, top, inner)
			simpleFilter(&b, testAt, &l, left, top, inner)
		} else {
			NormalFilter(&a, testAt, testAt, &l, left, top, inner)
			normalFilter(&b, testAt, testAt, &l, left, top, inner)
		}
		same(t, a.Y, b.Y, "luma", l, left, top, inner)
		same(t, a.U, b.U, "U", l, left, top, inner)
		same(t, a.V, b.V, "V", l, left, top, inner)
	}
}

func TestInterpolation(t *testing.T) {
	r := random()
	for range 1500 {
		src, got := randomPlane(r), randomPlane(r)
		want := bytes.Clone(got)
		size := 4 << r.IntN(3)
		m := 1 + r.IntN(63)
		d := testAt + r.IntN(16)
		s := testAt + r.IntN(16)
		SixTap(got, d, testStride, src, s, testStride, size, size, m&7, m>>3)
		sixTap(want, d, testStride, src, s, testStride, size, size, m&7, m>>3)
		same(t, got, want, size, m&7, m>>3)
		Bilinear(got, d, testStride, src, s, testStride, size, size, m&7, m>>3)
		bilinear(want, d, testStride, src, s, testStride, size, size, m&7, m>>3)
		same(t, got, want, "bilinear", size, m&7, m>>3)
	}
}

func TestCopy(t *testing.T) {
	r := random()
	for range 200 {
		src, got := randomPlane(r), randomPlane(r)
		want := bytes.Clone(got)
		size := 4 << r.IntN(3)
		Copy(got, testAt, testStride, src, testAt+1, testStride, size, size)
		copyBlock(want, testAt, testStride, src, testAt+1, testStride, size, size)
		same(t, got, want, size)
	}
}

func TestTransforms(t *testing.T) {
	r := random()
	var got, want []byte
	for i := range 4000 {
		if i%20 == 0 {
			got = randomPlane(r)
			want = bytes.Clone(got)
		}
		var c [16]int16
		most := []int{2, 40, 700, 1 << 16}[i&3]
		for j := range c {
			if r.IntN(3) > 0 {
				c[j] = int16(r.IntN(most) - most/2)
			}
		}
		IDCTAdd(&c, got, testAt, testStride)
		idctAdd(&c, want, testAt, testStride)
		same(t, got, want, c)
		DCAdd(c[0], got, testAt, testStride)
		dcAdd(c[0], want, testAt, testStride)
		same(t, got, want, c[0])
		four := [4][16]int16{c, {c[1]}, {c[2]}, {c[3]}}
		DCAdd4(&four, got, testAt, testStride)
		dcAdd4(&four, want, testAt, testStride)
		same(t, got, want, "four", four)
		c = [16]int16{c[0]}
		idctAdd(&c, got, testAt, testStride)
		dcAdd(c[0], want, testAt, testStride)
		same(t, got, want, "only", c[0])
	}
}

func TestPredictTM(t *testing.T) {
	r := random()
	for range 300 {
		got := randomPlane(r)
		want := bytes.Clone(got)
		size := 8 << r.IntN(2)
		PredictTM(got, testAt, testStride, size)
		predictTM(want, testAt, testStride, size)
		same(t, got, want, size)
	}
}

// TestPredict compares with the definition, pixel by pixel.
func TestPredict(t *testing.T) {
	r := random()
	for range 300 {
		got := randomPlane(r)
		size, above, left := 8<<r.IntN(2), r.IntN(2) == 0, r.IntN(2) == 0
		a := func(i int) int { return int(got[testAt-testStride+i]) }
		l := func(i int) int { return int(got[testAt-1+i*testStride]) }
		sum, n, mean := 0, 0, 128
		for i := range size {
			if above {
				sum, n = sum+a(i), n+1
			}
			if left {
				sum, n = sum+l(i), n+1
			}
		}
		if n > 0 {
			mean = (sum + n/2) / n
		}
		want := [3][]byte{bytes.Clone(got), bytes.Clone(got), bytes.Clone(got)}
		for i := range size {
			for j := range size {
				at := testAt + i*testStride + j
				want[0][at], want[1][at], want[2][at] = byte(mean), byte(a(j)), byte(l(i))
			}
		}
		PredictDC(got, testAt, testStride, size, above, left)
		same(t, got, want[0], "DC", size, above, left)
		PredictVertical(got, testAt, testStride, size)
		same(t, got, want[1], "vertical", size)
		copy(got, want[0])
		PredictHorizontal(got, testAt, testStride, size)
		same(t, got, want[2], "horizontal", size)
	}
}
