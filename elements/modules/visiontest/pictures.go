package visiontest

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Measure leaves a test that measures quality out under the race detector, where it takes minutes: it is the work of one goroutine.
// `make unit` runs it without.
func Measure(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("quality is measured without the race detector")
	}
}

// Noise adds what a camera's sensor adds: normally distributed noise to all three planes. The same seed gives the same.
func Noise(p *i420.Picture, sigma float64, seed uint64) {
	if sigma == 0 {
		return
	}
	r := rand.New(rand.NewPCG(seed, 3))
	var values [1 << 12]int // drawn once: a clip has many millions
	for i := range values {
		values[i] = int(math.Round(sigma * r.NormFloat64()))
	}
	for _, plane := range [][]byte{p.Y, p.U, p.V} {
		var bits uint64
		for i, v := range plane {
			if i%5 == 0 {
				bits = r.Uint64()
			}
			plane[i] = byte(min(max(int(v)+values[bits%uint64(len(values))], 0), 255))
			bits >>= 12
		}
	}
}

// Blur replaces each pixel of luma by the mean of those around it, radius to either side, as a lens out of focus does.
func Blur(p *i420.Picture, radius int) {
	if radius < 1 {
		return
	}
	line := make([]int, max(p.Width, p.Height))
	smooth := func(n, stride int, pix []byte) {
		for i := range n {
			line[i] = int(pix[i*stride])
		}
		for i := range n {
			first, last := max(i-radius, 0), min(i+radius, n-1)
			sum := 0
			for j := first; j <= last; j++ {
				sum += line[j]
			}
			pix[i*stride] = byte(sum / (last - first + 1))
		}
	}
	for y := range p.Height {
		smooth(p.Width, 1, p.Y[y*p.YStride:])
	}
	for x := range p.Width {
		smooth(p.Height, p.YStride, p.Y[x:])
	}
}

// Texture fills p with soft blotches of grey, as walls and streets have them. The same seed gives the same.
func Texture(p *i420.Picture, low, high byte, seed uint64) {
	const cell = 40
	r := rand.New(rand.NewPCG(seed, 5))
	small := i420.New(p.Width/cell+2, p.Height/cell+2)
	small.Fill(i420.Color{Y: low, U: 128, V: 128})
	for i := range small.Y {
		small.Y[i] = low + byte(r.IntN(int(high)-int(low)+1))
	}
	i420.NewScaler(p.Width, p.Height, small.Width, small.Height).Scale(p, small)
}

// Save writes a picture for people to look at, into the folder that the variable RIVERO_PICTURES names; without it nothing.
func Save(t testing.TB, name string, p *i420.Picture) {
	t.Helper()
	folder := os.Getenv("RIVERO_PICTURES")
	if folder == "" {
		return
	}
	f, err := os.Create(filepath.Join(folder, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.EncodePNG(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
