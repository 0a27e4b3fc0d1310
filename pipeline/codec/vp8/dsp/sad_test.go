package dsp

import "testing"

// TestSAD compares with plain Go.
func TestSAD(t *testing.T) {
	r := random()
	for range 1000 {
		a, b := randomPlane(r), randomPlane(r)
		at, bt := testAt+r.IntN(16), [4]int{testAt + r.IntN(16), r.IntN(16), testAt, testStride + r.IntN(40)}
		for _, size := range [][2]int{{16, 16}, {16, 8}, {8, 16}, {8, 8}, {8, 4}, {4, 8}, {4, 4}} {
			w, h := size[0], size[1]
			var want [4]int
			for i := range want {
				want[i] = sad(a, at, testStride, b, bt[i], testStride-3, w, h)
			}
			if got := SADRect(a, at, testStride, b, bt[0], testStride-3, w, h); got != want[0] {
				t.Fatalf("%dx%d: %d, want %d", w, h, got, want[0])
			}
			if got := SADRect4(a, at, testStride, b, &bt, testStride-3, w, h); got != want {
				t.Fatalf("four of %dx%d: %v, want %v", w, h, got, want)
			}
		}
	}
}

// TestMoments compares with plain Go, the last with the definition.
func TestMoments(t *testing.T) {
	r := random()
	black, white := make([]byte, 16), make([]byte, 16*testStride)
	for i := range white {
		white[i] = 255
	}
	for range 1000 {
		a, b := randomPlane(r), randomPlane(r)
		at, bt := testAt+r.IntN(16), testAt+r.IntN(16)
		for _, size := range []int{4, 8, 16} {
			sum, squares := moments(a, at, testStride, b, bt, testStride-3, size)
			wantSum, wantSquares := differences(a, at, testStride, b, bt, testStride-3, size)
			if sum != wantSum || squares != wantSquares {
				t.Fatalf("size %d: %d and %d, want %d and %d", size, sum, squares, wantSum, wantSquares)
			}
			n := size * size
			if got := SSE(white, 0, testStride, black, 0, 0, size); got != 255*255*n {
				t.Fatalf("size %d: white is %d from black", size, got)
			}
			if got := Variance(white, 0, testStride, black, 0, 0, size); got != 0 {
				t.Fatalf("size %d: the variance of white is %d", size, got)
			}
			total := 0
			for y := range size {
				for x := range size {
					total += int(a[at+y*testStride+x])
				}
			}
			variance := 0
			for y := range size {
				for x := range size {
					d := n*int(a[at+y*testStride+x]) - total
					variance += d * d
				}
			}
			if got, want := Variance(a, at, testStride, black, 0, 0, size), variance/(n*n); abs(got-want) > 1 {
				t.Fatalf("size %d: variance %d, want %d", size, got, want)
			}
		}
	}
}

func BenchmarkSAD(b *testing.B) {
	r := random()
	p, q := randomPlane(r), randomPlane(r)
	at := [4]int{testAt, testAt + 1, testAt + 2, testAt + 3}
	b.Run("16x16", func(b *testing.B) {
		for b.Loop() {
			SAD(p, testAt, testStride, q, testAt+1, testStride, 16)
		}
	})
	b.Run("16x16 plain", func(b *testing.B) {
		for b.Loop() {
			sad(p, testAt, testStride, q, testAt+1, testStride, 16, 16)
		}
	})
	b.Run("four 16x16", func(b *testing.B) {
		for b.Loop() {
			SADRect4(p, testAt, testStride, q, &at, testStride, 16, 16)
		}
	})
	b.Run("4x4", func(b *testing.B) {
		for b.Loop() {
			SAD(p, testAt, testStride, q, testAt+1, testStride, 4)
		}
	})
	b.Run("SSE 16x16", func(b *testing.B) {
		for b.Loop() {
			SSE(p, testAt, testStride, q, testAt+1, testStride, 16)
		}
	})
	b.Run("SSE 16x16 plain", func(b *testing.B) {
		for b.Loop() {
			differences(p, testAt, testStride, q, testAt+1, testStride, 16)
		}
	})
}
