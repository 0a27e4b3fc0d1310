package vision

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// randomQuad is a convex quadrilateral around the middle of a picture, turned, and seen from the side.
func randomQuad(r *rand.Rand, width, height int) Quad {
	for {
		side, turn := 40+r.Float64()*120, r.Float64()*2*math.Pi
		var q Quad
		for i := range q {
			a := turn + float64(i)*math.Pi/2 + (r.Float64()-0.5)*0.5
			d := side * (0.8 + 0.4*r.Float64())
			q[i] = Point{float64(width)/2 + d*math.Cos(a), float64(height)/2 + d*math.Sin(a)}
		}
		if q.Convex() {
			return q
		}
	}
}

func TestHomography(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		q := randomQuad(r, 400, 400)
		m := SquareTo(q)
		inverse := m.Inverse()
		for i, c := range []Point{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
			if m.Map(c).Sub(q[i]).Length() > 1e-6 {
				t.Fatalf("corner %d goes to %v, want %v", i, m.Map(c), q[i])
			}
		}
		p := Point{r.Float64(), r.Float64()}
		if inverse.Map(m.Map(p)).Sub(p).Length() > 1e-9 {
			t.Fatalf("%v comes back as %v", p, inverse.Map(m.Map(p)))
		}
	}
}

// TestQuad draws dark quadrilaterals on light ground and finds their corners.
func TestQuad(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	dark := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		dark.SetNRGBA(i%64, i/64, color.NRGBA{20, 20, 20, 255})
	}
	sheet := NewSheet(dark)
	var g Gray
	var sums Integral
	var blobs Blobs
	var tracer Tracer
	mask := make([]byte, 400*400)
	worst, sum, n := 0.0, 0.0, 0
	for range 100 {
		want := randomQuad(r, 400, 400)
		p := i420.New(400, 400)
		p.Fill(i420.FromRGB(220, 220, 220))
		sheet.Draw(p, want)
		g.Shrink(p, 1)
		sums.Compute(&g)
		sums.Darker(mask, &g, 15, 10)
		found := blobs.Find(mask, 400, 400)
		if len(found) != 1 {
			t.Fatalf("%d blobs", len(found))
		}
		got, ok := tracer.Quad(mask, 400, 400, &found[0], 20)
		if !ok {
			t.Fatalf("%v is not found", want)
		}
		for _, c := range got {
			off := math.Inf(1)
			for _, w := range want {
				off = min(off, c.Sub(w).Length())
			}
			worst, sum, n = max(worst, off), sum+off, n+1
		}
	}
	t.Logf("corners are off by %.2f pixels in the mean, %.2f at most", sum/float64(n), worst)
	if sum/float64(n) > 0.5 || worst > 2 {
		t.Error("that is too much")
	}
}

func TestNoQuad(t *testing.T) {
	p := i420.New(400, 400)
	p.Fill(i420.FromRGB(220, 220, 220))
	Disc(p, image.Pt(100, 100), 50, i420.Black) // round
	Line(p, image.Pt(200, 200), image.Pt(380, 300), i420.Black)
	Fill(p, image.Rect(220, 40, 300, 160), i420.Black) // an L
	Fill(p, image.Rect(220, 40, 260, 120), i420.FromRGB(220, 220, 220))
	Fill(p, image.Rect(50, 300, 56, 306), i420.Black) // too small
	var g Gray
	var sums Integral
	var blobs Blobs
	var tracer Tracer
	mask := make([]byte, 400*400)
	g.Shrink(p, 1)
	sums.Compute(&g)
	sums.Darker(mask, &g, 15, 10)
	found := blobs.Find(mask, 400, 400)
	if len(found) < 4 {
		t.Fatalf("%d blobs", len(found))
	}
	for _, b := range found {
		if q, ok := tracer.Quad(mask, 400, 400, &b, 20); ok {
			t.Errorf("%+v is taken for %v", b, q)
		}
	}
}
