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

// TestSAD compares with plain Go.
func TestSAD(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var a, b [40*16 + Slack]byte
	for range 1000 {
		for i := range a {
			a[i], b[i] = byte(r.Uint32()), byte(r.Uint32())
		}
		for _, size := range []int{8, 16} {
			at, bt := r.IntN(16), r.IntN(16)
			if got, want := SAD(a[:], at, 40, b[:], bt, 37, size), sad(a[:], at, 40, b[:], bt, 37, size); got != want {
				t.Fatalf("size %d: %d, want %d", size, got, want)
			}
		}
	}
}
