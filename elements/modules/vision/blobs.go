package vision

import "image"

// Blob is a connected set of cells of a grid.
type Blob struct {
	Bounds image.Rectangle
	First  image.Point // its leftmost cell in its uppermost row
	Area   int         // in cells
	Weight int         // the sum of the cells' values
	sumX   int         // of the places times the values
	sumY   int
}

// Center is where the weight lies, in cells from the left upper corner of the grid, in whose middle a cell's weight is.
func (b *Blob) Center() (x, y float64) {
	w := float64(b.Weight)
	return float64(b.sumX)/w + 0.5, float64(b.sumY)/w + 0.5
}

// Blobs finds connected sets. It keeps its memory from grid to grid, and belongs to one goroutine at a time; the zero value is
// ready.
type Blobs struct {
	above, row []run
	parent     []int32 // of each label: one that it is connected to, itself at the root
	found      []Blob  // by label
	out        []Blob
}

// run is an unbroken row of cells.
type run struct {
	from, to int // to is the first cell behind it
	label    int32
}

// Find lists the sets of cells that are not 0 and touch one another, at corners too. The list is valid until the next call.
// It works row by row on runs of cells, joining labels that meet (the union-find form of A. Rosenfeld and J. Pfaltz,
// Sequential Operations in Digital Picture Processing, JACM 1966).
func (b *Blobs) Find(grid []byte, width, height int) []Blob {
	b.above, b.parent, b.found, b.out = b.above[:0], b.parent[:0], b.found[:0], b.out[:0]
	for y := range height {
		b.runs(grid[y*width : (y+1)*width])
		b.join()
		for _, r := range b.row {
			b.add(r, y, grid[y*width:])
		}
		b.above, b.row = b.row, b.above
	}
	for i := range b.found {
		if root := b.root(int32(i)); int(root) != i {
			b.found[root].merge(&b.found[i])
		}
	}
	for i := range b.found {
		if int(b.parent[i]) == i {
			b.out = append(b.out, b.found[i])
		}
	}
	return b.out
}

// runs lists those of a row.
func (b *Blobs) runs(cells []byte) {
	b.row = b.row[:0]
	for x := 0; x < len(cells); x++ {
		if cells[x] == 0 {
			continue
		}
		from := x
		for x < len(cells) && cells[x] != 0 {
			x++
		}
		b.row = append(b.row, run{from: from, to: x, label: -1})
	}
}

// join gives the runs of a row the labels of those above that they touch.
func (b *Blobs) join() {
	first := 0
	for i := range b.row {
		r := &b.row[i]
		for first < len(b.above) && b.above[first].to < r.from {
			first++
		}
		for _, a := range b.above[first:] {
			if a.from > r.to {
				break
			}
			switch root := b.root(a.label); {
			case r.label < 0:
				r.label = root
			case root < r.label:
				b.parent[r.label] = root
				r.label = root
			case root > r.label:
				b.parent[root] = r.label
			}
		}
		if r.label < 0 {
			r.label = int32(len(b.parent))
			b.parent = append(b.parent, r.label)
			b.found = append(b.found, Blob{})
		}
	}
}

func (b *Blobs) root(label int32) int32 {
	for b.parent[label] != label {
		b.parent[label] = b.parent[b.parent[label]]
		label = b.parent[label]
	}
	return label
}

func (b *Blobs) add(r run, y int, cells []byte) {
	one := Blob{Bounds: image.Rect(r.from, y, r.to, y+1), First: image.Pt(r.from, y), Area: r.to - r.from}
	for x := r.from; x < r.to; x++ {
		one.Weight += int(cells[x])
		one.sumX += x * int(cells[x])
	}
	one.sumY = y * one.Weight
	b.found[r.label].merge(&one)
}

func (b *Blob) merge(other *Blob) {
	if b.Area == 0 {
		*b = *other
		return
	}
	if o := other.First; o.Y < b.First.Y || o.Y == b.First.Y && o.X < b.First.X {
		b.First = o
	}
	b.Bounds = b.Bounds.Union(other.Bounds)
	b.Area, b.Weight = b.Area+other.Area, b.Weight+other.Weight
	b.sumX, b.sumY = b.sumX+other.sumX, b.sumY+other.sumY
}
