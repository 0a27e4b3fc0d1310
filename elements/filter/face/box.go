package face

import (
	"cmp"
	"slices"
)

// box is a square in the reduced picture.
type box struct {
	x, y    float64 // of its middle
	size    float64
	quality float64 // in the measure of pigo
}

// same is the overlap from which two boxes are of one face.
const same = 0.3

// overlap is the intersection of two boxes over their union.
func overlap(a, b box) float64 {
	common := func(a, b, sizeA, sizeB float64) float64 { // of two sides
		return max(0, min(a+sizeA/2, b+sizeB/2)-max(a-sizeA/2, b-sizeB/2))
	}
	both := common(a.x, b.x, a.size, b.size) * common(a.y, b.y, a.size, b.size)
	return both / (a.size*a.size + b.size*b.size - both)
}

// among says which of the boxes is of the same face as b; -1: none.
func among(boxes []box, b box) int {
	return slices.IndexFunc(boxes, func(other box) bool { return overlap(other, b) > same })
}

// merge makes one box of those that are of one face: their mean by quality, with the qualities added up. The surest is the
// first.
func merge(boxes []box) []box {
	better := func(a, b box) int { return cmp.Compare(b.quality, a.quality) }
	slices.SortFunc(boxes, better)
	var best, merged []box
	for _, b := range boxes {
		i := among(best, b)
		if i < 0 {
			best, merged = append(best, b), append(merged, b)
			continue
		}
		m := &merged[i]
		m.quality += b.quality
		share := b.quality / m.quality
		m.x += (b.x - m.x) * share
		m.y += (b.y - m.y) * share
		m.size += (b.size - m.size) * share
	}
	slices.SortFunc(merged, better)
	return merged
}
