package i420

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomRow returns noise, or nothing but extremes.
func randomRow(r *rand.Rand, n int) []byte {
	row := make([]byte, n)
	extreme := r.IntN(3) == 0
	for i := range row {
		row[i] = byte(r.Uint32())
		if extreme {
			row[i] = byte(int8(row[i]) >> 7)
		}
	}
	return row
}

// TestRows compares what runs here, which may be assembly, with plain Go. Behind each row is one pixel that has to stay.
func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := 1 + r.IntN(140)
		got := randomRow(r, n+1)
		want := bytes.Clone(got)
		check := func(what string) {
			t.Helper()
			if !bytes.Equal(got, want) {
				t.Fatalf("%s of %d: %v, want %v", what, n, got, want)
			}
		}
		rows := [4][]byte{randomRow(r, 4*n), randomRow(r, 4*n), randomRow(r, 4*n), randomRow(r, 4*n)}
		halveRow(got[:n], rows[0][:2*n], rows[1][:2*n])
		halve1(want[:n], rows[0][:2*n], rows[1][:2*n], 0)
		check("halves")
		quarterRow(got[:n], rows[0], rows[1], rows[2], rows[3])
		quarter1(want[:n], rows[0], rows[1], rows[2], rows[3], 0)
		check("quarters")
		got, want = randomRow(r, n+1), bytes.Clone(rows[1][:n+1])
		copy(got, want)
		blendRow(got[:n], rows[0][:n], rows[2][:n])
		blend1(want[:n], rows[0][:n], rows[2][:n], 0)
		check("blended pixels")

		taps := newTaps(5, 5+r.IntN(60))
		weights := taps.weights[2*taps.n:][:taps.n]
		stride := n + r.IntN(20)
		pix := randomRow(r, (len(weights)-1)*stride+n)
		down := make([]uint16, n+1)
		down[n] = 1
		wantDown := slices.Clone(down)
		filterDown(down[:n], pix, stride, weights)
		filterDown1(wantDown[:n], pix, stride, weights, 0)
		if !slices.Equal(down, wantDown) {
			t.Fatalf("%d rows: %v, want %v", len(weights), down, wantDown)
		}

		width := 1 + r.IntN(300)
		from := make([]uint16, width+reach)
		for i := range from {
			from[i] = uint16(r.IntN(255<<oneBits + 1))
		}
		pairs := newTaps(n, width).pairs()
		filterAcross(got[:n], from, &pairs)
		filterAcross1(want[:n], from, &pairs, 0)
		check("filtered pixels")
	}
}

// TestBlendIsExact tries every pair of pixels with weights from all of the range.
func TestBlendIsExact(t *testing.T) {
	to, from, weights := make([]byte, 256), make([]byte, 256), make([]byte, 256)
	for i := range from {
		from[i] = byte(i)
	}
	for a := 0; a < 256; a += 3 {
		for b := range 256 {
			for i := range to {
				to[i], weights[i] = byte(b), byte(a)
			}
			blendRow(to, from, weights)
			for i, got := range to {
				if want := (i*a + b*(255-a) + 127) / 255; int(got) != want {
					t.Fatalf("%d onto %d by %d is %d, want %d", i, b, a, got, want)
				}
			}
		}
	}
}
