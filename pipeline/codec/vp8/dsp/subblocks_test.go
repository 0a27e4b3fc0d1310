package dsp

import "testing"

// TestSubblocks compares all modes at once with each alone.
func TestSubblocks(t *testing.T) {
	r := random()
	for range 2000 {
		pix, src := randomPlane(r), randomPlane(r)
		right := testAt - testStride + 4
		if r.IntN(2) == 0 {
			right = testAt - 3*testStride
		}
		var all, twin SubblockPredictions
		PredictSubblocks(&all, pix, testAt, testStride, right)
		predictSubblocks(&twin, pix, testAt, testStride, right)
		sads := SADSubblocks(src, testAt, testStride, &all)
		for mode := range uint8(SubblockModes) {
			PredictSubblock(mode, pix, testAt, testStride, right)
			for i := range 4 {
				want := pix[testAt+i*testStride:][:4]
				if got := all[mode][4*i:][:4]; string(got) != string(want) {
					t.Fatalf("mode %d, row %d: %v, want %v", mode, i, got, want)
				}
			}
			if got, want := sads[mode], sad(src, testAt, testStride, pix, testAt, testStride, 4, 4); got != want {
				t.Fatalf("mode %d: SAD %d, want %d", mode, got, want)
			}
		}
		if all != twin || sads != sadSubblocks(src, testAt, testStride, &all) {
			t.Fatal("differs from plain Go")
		}
	}
}

func BenchmarkSubblocks(b *testing.B) {
	r := random()
	pix, src := randomPlane(r), randomPlane(r)
	var all SubblockPredictions
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			PredictSubblocks(&all, pix, testAt, testStride, testAt-testStride+4)
			SADSubblocks(src, testAt, testStride, &all)
		}
	})
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			for mode := range uint8(SubblockModes) {
				PredictSubblock(mode, pix, testAt, testStride, testAt-testStride+4)
				SAD(src, testAt, testStride, pix, testAt, testStride, 4)
			}
		}
	})
	b.Run("all plain", func(b *testing.B) {
		for b.Loop() {
			predictSubblocks(&all, pix, testAt, testStride, testAt-testStride+4)
			sadSubblocks(src, testAt, testStride, &all)
		}
	})
}
