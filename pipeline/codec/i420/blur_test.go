package i420

import (
	"math"
	"testing"
)

// TestBlur compares with the definition in floating point.
func TestBlur(t *testing.T) {
	for _, test := range []struct {
		width, height int
		sigma         float64
	}{{64, 36, 1.2}, {33, 17, 3}, {40, 30, 0.3}, {100, 60, 12}, {1, 1, 5}, {7, 90, 20}, {16, 2, 1}} {
		src, dst := random(test.width, test.height, 7), New(test.width, test.height)
		NewBlur(test.width, test.height, test.sigma).Scale(dst, src)
		from := src.planes()
		for i, l := range dst.planes() {
			sigma := test.sigma
			if i > 0 {
				sigma /= 2
			}
			radius := int(math.Ceil(2.5 * sigma))
			worst, bell := 0.0, func(d int) float64 { return math.Exp(-float64(d*d) / (2 * sigma * sigma)) }
			for y := range l.height {
				for x := range l.width {
					sum, weights := 0.0, 0.0
					for sy := max(0, y-radius); sy <= min(l.height-1, y+radius); sy++ {
						for sx := max(0, x-radius); sx <= min(l.width-1, x+radius); sx++ {
							w := bell(sx-x) * bell(sy-y)
							sum, weights = sum+w*float64(from[i].row(sy)[sx]), weights+w
						}
					}
					worst = max(worst, math.Abs(sum/weights-float64(l.row(y)[x])))
				}
			}
			limit := 1.0
			if bounds := min(l.width, l.height); bounds > 1 && bounds < 2*radius+2 {
				limit = 24 // an odd number of pixels, of which one is left out
			}
			if worst > limit {
				t.Errorf("%+v: plane %d is off by up to %.2f", test, i, worst)
			}
		}
	}
}
