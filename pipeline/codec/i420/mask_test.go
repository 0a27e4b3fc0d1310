package i420

import "testing"

// TestPaint compares with the definition, with masks that reach beyond every border and begin at odd pixels.
func TestPaint(t *testing.T) {
	mask := &Mask{Width: 7, Height: 5, Pix: make([]byte, 35)}
	for i := range mask.Pix {
		mask.Pix[i] = byte(i * 37)
	}
	covers := func(x, y int) int {
		if x < 0 || y < 0 || x >= mask.Width || y >= mask.Height {
			return 0
		}
		return int(mask.Pix[y*mask.Width+x])
	}
	blended := func(a, b byte, share int) byte { return byte((int(b)*share + int(a)*(255-share) + 127) / 255) }
	c := Color{200, 60, 90}
	for y := -7; y < 14; y++ {
		for x := -9; x < 16; x++ {
			got, before := random(13, 11, 5), random(13, 11, 5)
			got.Paint(c, mask, x, y)
			for py := range got.Height {
				for px := range got.Width {
					i := py*got.YStride + px
					if want := blended(before.Y[i], c.Y, covers(px-x, py-y)); got.Y[i] != want {
						t.Fatalf("at %d,%d: luma %d,%d is %d, want %d", x, y, px, py, got.Y[i], want)
					}
				}
			}
			for cy := range (got.Height + 1) / 2 {
				for cx := range (got.Width + 1) / 2 {
					mx, my := 2*cx-x, 2*cy-y
					share := (covers(mx, my) + covers(mx+1, my) + covers(mx, my+1) + covers(mx+1, my+1) + 2) / 4
					if x >= got.Width || y >= got.Height {
						share = 0
					}
					i := cy*got.CStride + cx
					if want := blended(before.U[i], c.U, share); got.U[i] != want {
						t.Fatalf("at %d,%d: chroma %d,%d is %d, want %d", x, y, cx, cy, got.U[i], want)
					}
				}
			}
		}
	}
}
