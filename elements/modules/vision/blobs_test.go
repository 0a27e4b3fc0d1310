package vision

import (
	"image"
	"math/rand/v2"
	"testing"
)

// flood lists the connected sets of a grid by the definition.
func flood(grid []byte, width, height int) map[image.Point]Blob {
	label := make(map[image.Point]image.Point)
	blobs := map[image.Point]Blob{}
	for y := range height {
		for x := range width {
			start := image.Pt(x, y)
			if _, seen := label[start]; seen || grid[y*width+x] == 0 {
				continue
			}
			queue := []image.Point{start}
			label[start] = start
			for len(queue) > 0 {
				at := queue[0]
				queue = queue[1:]
				b := blobs[start]
				v := int(grid[at.Y*width+at.X])
				one := Blob{Bounds: image.Rect(at.X, at.Y, at.X+1, at.Y+1), First: at, Area: 1, Weight: v, sumX: at.X * v, sumY: at.Y * v}
				b.merge(&one)
				blobs[start] = b
				for dy := -1; dy <= 1; dy++ {
					for dx := -1; dx <= 1; dx++ {
						to := at.Add(image.Pt(dx, dy))
						if _, seen := label[to]; !seen && to.In(image.Rect(0, 0, width, height)) && grid[to.Y*width+to.X] != 0 {
							label[to] = start
							queue = append(queue, to)
						}
					}
				}
			}
		}
	}
	return blobs
}

func TestBlobs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b Blobs
	for i := range 300 {
		width, height := 1+r.IntN(20), 1+r.IntN(20)
		grid := make([]byte, width*height)
		for j := range grid {
			if r.IntN(10) < 1+i%9 {
				grid[j] = byte(1 + r.IntN(3))
			}
		}
		want := flood(grid, width, height)
		got := b.Find(grid, width, height)
		if len(got) != len(want) {
			t.Fatalf("%d sets, want %d", len(got), len(want))
		}
		for _, blob := range got {
			if blob != want[blob.First] {
				t.Fatalf("%+v, want %+v", blob, want[blob.First])
			}
		}
	}
}

func TestBlobsAllocateNothing(t *testing.T) {
	grid := make([]byte, 64*64)
	for i := range grid {
		grid[i] = byte(i / 3 % 2)
	}
	var b Blobs
	b.Find(grid, 64, 64)
	if n := testing.AllocsPerRun(10, func() { b.Find(grid, 64, 64) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
