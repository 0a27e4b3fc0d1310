package i420

// Scaler scales pictures of one size to another. It keeps tables and a row for that, so that nothing is allocated per
// picture; it belongs to one goroutine at a time. Halves and quarters are exact means of 2×2 and 4×4 pixels; what is made
// larger, or smaller by less than half, is interpolated linearly; what gets still smaller is the mean over the area that
// each new pixel covers.
type Scaler struct {
	srcWidth, srcHeight int
	dstWidth, dstHeight int
	scale               func(dst, src plane, t *tables)
	luma, chroma        tables
}

// NewScaler prepares to scale. Sizes are from 1 to MaxSize.
func NewScaler(dstWidth, dstHeight, srcWidth, srcHeight int) *Scaler {
	s := &Scaler{srcWidth: srcWidth, srcHeight: srcHeight, dstWidth: dstWidth, dstHeight: dstHeight}
	shrinks := func(n int) bool {
		return srcWidth == n*dstWidth && srcHeight == n*dstHeight && dstWidth%2 == 0 && dstHeight%2 == 0
	}
	switch {
	case srcWidth == dstWidth && srcHeight == dstHeight:
		s.scale = copyPlane
	case shrinks(2):
		s.scale = halve
	case shrinks(4):
		s.scale = quarter
	default:
		s.scale = filter
		s.luma = newTables(dstWidth, dstHeight, srcWidth, srcHeight)
		s.chroma = newTables((dstWidth+1)/2, (dstHeight+1)/2, (srcWidth+1)/2, (srcHeight+1)/2)
	}
	return s
}

// Scale fills dst with src. Both must have the sizes that s was made for.
func (s *Scaler) Scale(dst, src *Picture) {
	mustMatch(s.srcWidth, s.srcHeight, src)
	mustMatch(s.dstWidth, s.dstHeight, dst)
	from, to := src.planes(), dst.planes()
	s.scale(to[0], from[0], &s.luma)
	s.scale(to[1], from[1], &s.chroma)
	s.scale(to[2], from[2], &s.chroma)
}

func copyPlane(dst, src plane, _ *tables) {
	for y := range dst.height {
		copy(dst.row(y), src.row(y))
	}
}

func halve(dst, src plane, _ *tables) {
	for y := range dst.height {
		halveRow(dst.row(y), src.row(2*y), src.row(2*y+1))
	}
}

func quarter(dst, src plane, _ *tables) {
	for y := range dst.height {
		quarterRow(dst.row(y), src.row(4*y), src.row(4*y+1), src.row(4*y+2), src.row(4*y+3))
	}
}

// tables say which pixels of the source make one of the result, for one plane: filters along both axes.
type tables struct {
	down   taps
	across pairs
	row    []uint16 // of the source, filtered down, and what one load may read behind it
}

// filter scales a plane along both axes, first down: then the filter that has to pick its pixels has fewer rows.
func filter(dst, src plane, t *tables) {
	row, n := t.row[:src.width], t.down.n
	for y := range dst.height {
		filterDown(row, src.pix[int(t.down.start[y])*src.stride:], src.stride, t.down.weights[y*n:(y+1)*n])
		filterAcross(dst.row(y), t.row, &t.across)
	}
}

func newTables(dstWidth, dstHeight, srcWidth, srcHeight int) tables {
	return tables{
		down:   newTaps(dstHeight, srcHeight),
		across: newTaps(dstWidth, srcWidth).pairs(),
		row:    make([]uint16, srcWidth+reach),
	}
}
