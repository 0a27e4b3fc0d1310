package dsp

import (
	"math/rand/v2"
	"testing"
)

// TestForwardDCT goes forth and back.
func TestForwardDCT(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var src, pred [16 + Slack]byte
	for range 10000 {
		for i := range 16 {
			src[i], pred[i] = byte(r.Uint32()), byte(r.Uint32())
		}
		var c [16]int16
		ForwardDCT(&c, src[:], 0, 4, pred[:], 0, 4)
		IDCTAdd(&c, pred[:], 0, 4)
		for i := range 16 {
			if abs(int(src[i])-int(pred[i])) > 1 {
				t.Fatalf("%d became %d", src[i], pred[i])
			}
		}
	}
}

// TestForwardWHT goes forth and back, and allows for the halves that rounding loses.
func TestForwardWHT(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		var blocks, back [16][16]int16
		for i := range blocks {
			blocks[i][0] = int16(r.IntN(4081) - 2040)
		}
		var c [16]int16
		ForwardWHT(&c, &blocks)
		InverseWHT(&c, &back)
		for i := range blocks {
			if abs(int(blocks[i][0])-int(back[i][0])) > 1 {
				t.Fatalf("%d became %d", blocks[i][0], back[i][0])
			}
		}
	}
}

// TestForwardDCTs compares all sizes with plain Go.
func TestForwardDCTs(t *testing.T) {
	r := random()
	for range 2000 {
		src, pred := randomPlane(r), randomPlane(r)
		s, p := testAt+r.IntN(16), testAt+r.IntN(16)
		var got, want [16][16]int16
		for i := range want {
			x, y := 4*(i&3), 4*(i>>2)
			forwardDCT(&want[i], src, s+y*testStride+x, testStride, pred, p+y*testStride+x, testStride)
		}
		ForwardDCT16(&got, src, s, testStride, pred, p, testStride)
		if got != want {
			t.Fatalf("16x16: %v, want %v", got, want)
		}
		var four [4][16]int16
		ForwardDCT8(&four, src, s, testStride, pred, p, testStride)
		if four != [4][16]int16{want[0], want[1], want[4], want[5]} {
			t.Fatalf("8x8: %v, want %v", four, want)
		}
		var c [16]int16
		ForwardDCT(&c, src, s, testStride, pred, p, testStride)
		if c != want[0] {
			t.Fatalf("4x4: %v, want %v", c, want[0])
		}
		ForwardWHT(&got[0], &want)
		forwardWHT(&got[1], &want)
		if got[0] != got[1] {
			t.Fatalf("second order: %v, want %v", got[0], got[1])
		}
	}
}

// TestQuantise compares with plain Go, and plain Go with what quantisation is.
func TestQuantise(t *testing.T) {
	r := random()
	for range 4000 {
		factors := [2]int16{int16(4 + r.IntN(400)), int16(4 + r.IntN(400))}
		q := NewQuantizer(factors, r.IntN(129))
		if r.IntN(4) == 0 {
			q.SetRound(r.IntN(16), r.IntN(129))
		}
		var c, back, got, want [25][16]int16
		var gotEnds, wantEnds [25]uint8
		most := []int{1 << 16, 1 << 13, 400, 40, 2}[r.IntN(5)]
		for i := range c {
			for j := range c[i] {
				if r.IntN(4) == 0 {
					c[i][j] = int16(r.IntN(most) - most/2)
				}
			}
		}
		n := 1 + r.IntN(25)
		copy(back[:n], c[:n])
		a, b := q.Quantise(c[:n], got[:], gotEnds[:]), q.quantiseAll(back[:n], want[:], wantEnds[:])
		copy(back[n:], c[n:])
		if a != b || c != back || got != want || gotEnds != wantEnds {
			t.Fatalf("%+v of %d blocks:\n%v\n%v\n%v\nwant\n%v\n%v\n%v", q, n, c, got, gotEnds, back, want, wantEnds)
		}
	}
	for _, f := range []int{4, 7, 157, 284, 440} {
		q := NewQuantizer([2]int16{int16(f), int16(f)}, 128)
		for v := -16320; v <= 16320; v++ {
			c, levels := [16]int16{5: int16(v)}, [16]int16{}
			end := q.quantise(&c, &levels)
			level, back := int(levels[4]), int(c[5])
			if back != level*f || abs(level) > MaxLevel || (end == 5) != (level != 0) ||
				abs(level) < MaxLevel && 4*abs(back-v) > 3*f { // half a step, and what the reciprocal adds
				t.Fatalf("%d by %d is %d and %d, end %d", v, f, level, back, end)
			}
		}
	}
}

func TestEncoderAllocatesNothing(t *testing.T) {
	var c, levels [25][16]int16
	var ends [25]uint8
	var all SubblockPredictions
	q := NewQuantizer([2]int16{20, 22}, 96)
	pix := randomPlane(random())
	if n := testing.AllocsPerRun(10, func() {
		ForwardDCT16((*[16][16]int16)(c[:]), pix, testAt, testStride, pix, testAt+1, testStride)
		ForwardDCT8((*[4][16]int16)(c[:]), pix, testAt, testStride, pix, testAt+1, testStride)
		ForwardDCT(&c[0], pix, testAt, testStride, pix, testAt+1, testStride)
		ForwardWHT(&c[24], (*[16][16]int16)(c[:]))
		q.Quantise(c[:], levels[:], ends[:])
		PredictSubblocks(&all, pix, testAt, testStride, 0)
		SADSubblocks(pix, testAt, testStride, &all)
		SADRect4(pix, testAt, testStride, pix, &[4]int{1, 2, 3, testAt}, testStride, 16, 16)
		SSE(pix, testAt, testStride, pix, testAt+1, testStride, 16)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkForward(b *testing.B) {
	r := random()
	src, pred := randomPlane(r), randomPlane(r)
	var c [16][16]int16
	var y2 [16]int16
	b.Run("DCT16", func(b *testing.B) {
		for b.Loop() {
			ForwardDCT16(&c, src, testAt, testStride, pred, testAt, testStride)
		}
	})
	b.Run("DCT16 plain", func(b *testing.B) {
		for b.Loop() {
			for i := range c {
				at := testAt + 4*(i>>2)*testStride + 4*(i&3)
				forwardDCT(&c[i], src, at, testStride, pred, at, testStride)
			}
		}
	})
	b.Run("DCT", func(b *testing.B) {
		for b.Loop() {
			ForwardDCT(&c[0], src, testAt, testStride, pred, testAt, testStride)
		}
	})
	b.Run("WHT", func(b *testing.B) {
		for b.Loop() {
			ForwardWHT(&y2, &c)
		}
	})
	b.Run("WHT plain", func(b *testing.B) {
		for b.Loop() {
			forwardWHT(&y2, &c)
		}
	})
}

func BenchmarkQuantise(b *testing.B) {
	r := random()
	var c, levels [25][16]int16
	var ends [25]uint8
	for i := range c {
		for j := range c[i] {
			c[i][j] = int16(r.IntN(4096) - 2048)
		}
	}
	q := NewQuantizer([2]int16{20, 22}, 96)
	b.Run("macroblock", func(b *testing.B) {
		for b.Loop() {
			q.Quantise(c[:], levels[:], ends[:])
		}
	})
	b.Run("macroblock plain", func(b *testing.B) {
		for b.Loop() {
			q.quantiseAll(c[:], levels[:], ends[:])
		}
	})
}
