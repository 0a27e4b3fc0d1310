// Which macroblocks the loop filter works on and how hard, RFC 6386 §9.6, §15.

package vp8

import "github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"

// maxLevel is the strongest filter.
const maxLevel = 63

// macroblockFilter is what the loop filter has to know of a macroblock once
// it gets there.
type macroblockFilter struct {
	level uint8
	inner bool // subblock edges too
}

// filterOf chooses the filter of the current macroblock (RFC 6386 §9.6, §15.1).
func (d *Decoder) filterOf(segment uint8, coded bool) macroblockFilter {
	m := &d.mb
	return macroblockFilter{
		level: d.levels[segment&3][m.ref&3][filterMode(m.yMode)],
		inner: coded || !m.hasY2(),
	}
}

// filterMode is the index into filterDeltas.mode; intra modes but B_PRED share a
// fifth place, which has no delta.
func filterMode(yMode uint8) int {
	switch yMode {
	case modeB:
		return 0
	case modeZero:
		return 1
	case modeNearest, modeNear, modeNew:
		return 2
	case modeSplit:
		return 3
	}
	return 4
}

// filterLevels are indexed by segment, reference and filterMode.
type filterLevels [segments][references][5]uint8

// prepareFilter computes the levels and limits of a frame.
func (d *Decoder) prepareFilter(h *frameHeader) {
	for s := range d.levels {
		base := h.filterLevel
		if d.segmentation.enabled {
			if d.segmentation.absolute {
				base = d.segmentation.level[s]
			} else {
				base += d.segmentation.level[s]
			}
		}
		base = min(max(base, 0), maxLevel)
		for ref := range d.levels[s] {
			for mode := range d.levels[s][ref] {
				level := base
				if d.deltas.enabled {
					level += d.deltas.ref[ref]
					if mode < len(d.deltas.mode) {
						level += d.deltas.mode[mode]
					}
				}
				d.levels[s][ref][mode] = uint8(min(max(level, 0), maxLevel))
			}
		}
	}
	for level := range d.limits {
		d.limits[level] = limits(level, h.sharpness, h.key)
	}
}

// limits computes the thresholds for a level (RFC 6386 §15.2, §15.3, §15.4).
func limits(level, sharpness int, key bool) dsp.Limits {
	interior := level
	if sharpness > 0 {
		interior >>= 1
		if sharpness > 4 {
			interior >>= 1
		}
		interior = min(interior, 9-sharpness)
	}
	interior = max(interior, 1)
	hev := 0
	switch {
	case level >= 40:
		hev = 2
	case level >= 15:
		hev = 1
	}
	if !key {
		switch {
		case level >= 40:
			hev = 3
		case level >= 20:
			hev = 2
		}
	}
	return dsp.Limits{
		MB:       uint8((level+2)*2 + interior),
		Sub:      uint8(level*2 + interior),
		Interior: uint8(interior),
		HEV:      uint8(hev),
	}
}

// filterRow runs the loop filter on one row of macroblocks.
func (d *Decoder) filterRow(h *frameHeader, p *picture, row int) {
	for col := range d.cols {
		d.filterMacroblock(h, p, col, row, d.filters[row&1][col])
	}
}

// filterMacroblock filters the left and top edge of a macroblock and what is
// inside of it. Those before it in the picture must have been filtered.
func (d *Decoder) filterMacroblock(h *frameHeader, p *picture, col, row int, f macroblockFilter) {
	if h.filterLevel == 0 || f.level == 0 {
		return
	}
	y, uv := p.y0+16*(row*p.YStride+col), p.uv0+8*(row*p.UVStride+col)
	l := &d.limits[f.level&maxLevel]
	if h.simpleFilter {
		dsp.SimpleFilter(&p.Planes, y, l, col > 0, row > 0, f.inner)
	} else {
		dsp.NormalFilter(&p.Planes, y, uv, l, col > 0, row > 0, f.inner)
	}
}
