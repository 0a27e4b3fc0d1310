// The encoder's loop filter, and the choice of its level (RFC 6386 §9.6, §15).

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// encoderDeltas are the adjustments that every stream of ours has: what was
// coded with many bits has the more visible edges, and what was taken over
// from an earlier frame as it is has been filtered there.
var encoderDeltas = filterDeltas{
	enabled: true,
	ref:     [references]int{refIntra: 2, refGolden: -2, refAltRef: -2},
	mode:    [4]int{4, -12, 2, 4},
}

// filterKind is what the level of a macroblock's filter depends on.
type filterKind struct {
	ref, mode uint8 // see filterLevels
	inner     bool
}

// filterKindOf is that of the current macroblock.
func (d *Decoder) filterKindOf(coded bool) filterKind {
	return filterKind{d.mb.ref, uint8(filterMode(d.mb.yMode)), coded || !d.mb.hasY2()}
}

// filter filters one macroblock of a picture.
func (e *Encoder) filter(p *picture, col, row int) {
	k := e.rows[row].filters[col]
	e.d.filterMacroblock(&e.header, p, col, row, macroblockFilter{e.d.levels[0][k.ref][k.mode], k.inner})
}

// filterRows filters rows as long as there are some that nobody has taken,
// each behind the one above, whose lower edge it changes.
func (w *worker) filterRows() {
	e := w.e
	for row := e.wave.take(); row < e.d.rows; row = e.wave.take() {
		for col := range e.d.cols {
			e.wave.await(row-1, min(col+2, e.d.cols))
			e.filter(e.picture, col, row)
			e.wave.done(row, col+1)
		}
	}
}

// chooseFilter chooses the level with which a part of the new picture comes
// closest to the original. It looks at a few rows from the middle only, and
// goes from the level of the frame before to the next better ones.
func (e *Encoder) chooseFilter() {
	h := &e.header
	level, step := e.filterLevel, 2
	if h.key {
		level, step = h.quant.yAC*3/8, 6
	}
	if level = min(level, maxLevel); level > 24 {
		step *= 2
	}
	first := e.d.rows / 2
	end := first + max(e.d.rows/8, 1)
	least := e.filterError(level, first, end)
	try := func(to int) bool {
		if to = min(max(to, 0), maxLevel); to == level {
			return false
		}
		if miss := e.filterError(to, first, end); miss < least {
			level, least = to, miss
			return true
		}
		return false
	}
	if try(level - step) {
		for range 3 {
			if !try(level - step) {
				break
			}
		}
	} else {
		for range 3 {
			if !try(level + step) {
				break
			}
		}
	}
	e.setFilter(level)
	e.filterLevel = level
}

// setFilter prepares the filter for a level.
func (e *Encoder) setFilter(level int) {
	e.header.filterLevel = level
	e.d.prepareFilter(&e.header)
}

// filterError is the squared error of luma in some rows of macroblocks if
// they are filtered at a level.
func (e *Encoder) filterError(level, first, end int) int {
	e.setFilter(level)
	p, t := e.picture, e.trial
	from, to := t.y0+16*first*t.YStride-4*t.YStride, t.y0+16*end*t.YStride
	if first == 0 {
		from = t.y0
	}
	copy(t.Y[from:to], p.Y[from:to])
	if level > 0 {
		for row := first; row < end; row++ {
			for col := range e.d.cols {
				e.filter(t, col, row)
			}
		}
	}
	sum := 0
	for row := first; row < end; row++ {
		for col := range e.d.cols {
			at := t.y0 + 16*(row*t.YStride+col)
			sum += dsp.SSE(e.src.Y, at, t.YStride, t.Y, at, t.YStride, 16)
		}
	}
	return sum
}
