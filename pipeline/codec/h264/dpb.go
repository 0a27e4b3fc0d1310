package h264

// dpb is the decoded picture buffer (Annex C.4): pictures that others refer to or that wait for output.
type dpb struct {
	pictures []*picture // all buffers, free ones too
	lastID   int32

	prevRefFrameNum int // PrevRefFrameNum (7.4.3)
	output          outputState
}

// take returns a free buffer for a picture of the size. Free buffers of another size are given up.
func (d *dpb) take(cols, rows int) *picture {
	var free *picture
	kept := d.pictures[:0]
	for _, p := range d.pictures {
		busy := p.ref != refUnused || p.waiting || p.lent
		fits := p.yStride == 16*cols && len(p.motion) == cols*rows
		if !busy && fits {
			free = p
		}
		if busy || fits {
			kept = append(kept, p)
		}
	}
	clear(d.pictures[len(kept):])
	d.pictures = kept
	if free == nil {
		free = newPicture(cols, rows)
		d.pictures = append(d.pictures, free)
	}
	if d.lastID++; d.lastID == 0 { // 0 is none
		d.lastID = 1
	}
	free.id, free.missing = d.lastID, false
	return free
}

// forget takes the marking from all pictures.
func (d *dpb) forget() {
	for _, p := range d.pictures {
		p.ref = refUnused
	}
}

// short finds the short-term reference with a picNum, long the long-term one with a LongTermPicNum. Of frames, those are
// FrameNumWrap and LongTermFrameIdx (8.2.4.1).
func (d *dpb) short(picNum int) *picture {
	for _, p := range d.pictures {
		if p.ref == refShort && p.frameNumWrap == picNum {
			return p
		}
	}
	return nil
}

func (d *dpb) long(index int) *picture {
	for _, p := range d.pictures {
		if p.ref == refLong && p.longIndex == index {
			return p
		}
	}
	return nil
}

// wrap computes FrameNumWrap for a picture with this frame_num.
func (d *dpb) wrap(frameNum int, s *sps) {
	for _, p := range d.pictures {
		p.frameNumWrap = p.frameNum
		if p.frameNum > frameNum {
			p.frameNumWrap -= 1 << s.frameNumBits
		}
	}
}

// slide makes room for one more reference (8.2.5.3).
func (d *dpb) slide(s *sps) {
	for {
		var oldest *picture
		n := 0
		for _, p := range d.pictures {
			if p.ref != refUnused {
				n++
			}
			if p.ref == refShort && (oldest == nil || p.frameNumWrap < oldest.frameNumWrap) {
				oldest = p
			}
		}
		if n < max(s.refFrames, 1) || oldest == nil {
			return
		}
		oldest.ref = refUnused
	}
}

// fillGap stands pictures that do not exist in for frame numbers that were left out (8.2.5.2). Only as many as there are
// references are of interest.
func (d *dpb) fillGap(frameNum int, s *sps, poc *pocState) {
	size := 1 << s.frameNumBits
	gap := (frameNum - d.prevRefFrameNum - 1 + size) % size
	for i := max(0, gap-max(s.refFrames, 1)); i < gap; i++ {
		unused := (d.prevRefFrameNum + 1 + i) % size
		poc.skip(unused, s)
		d.wrap(unused, s)
		d.slide(s)
		p := d.take(s.cols, s.rows)
		p.frameNum, p.frameNumWrap, p.ref, p.missing = unused, unused, refShort, true
	}
}

// mark does decoded reference picture marking (8.2.5) for a picture that is complete. It tells whether all pictures before
// it were given up by a memory_management_control_operation 5.
func (d *dpb) mark(p *picture, h *sliceHeader, s *sps) (reset bool) {
	if h.refIDC == 0 {
		return false
	}
	d.prevRefFrameNum = h.frameNum
	switch m := &h.marking; {
	case h.idr:
		d.forget()
		if m.longTerm {
			p.ref, p.longIndex = refLong, 0
			return false
		}
	case m.adaptive:
		reset = d.control(p, h)
	default:
		d.slide(s)
	}
	if p.ref == refUnused {
		p.ref = refShort
		if h.marking.adaptive { // the commands have to leave room, and those of a broken stream may not
			p.ref = refUnused
			d.slide(s)
			p.ref = refShort
		}
	}
	return reset
}

// control carries out the memory_management_control_operations (8.2.5.4). Those for pictures that are not there do
// nothing: who refers to such a one finds that out.
func (d *dpb) control(p *picture, h *sliceHeader) (reset bool) {
	drop := func(p *picture) {
		if p != nil {
			p.ref = refUnused
		}
	}
	for _, c := range h.marking.commands {
		picNum := h.frameNum - int(c.a) - 1
		switch c.op {
		case 1:
			drop(d.short(picNum))
		case 2:
			drop(d.long(int(c.a)))
		case 3:
			if from := d.short(picNum); from != nil {
				drop(d.long(int(c.b)))
				from.ref, from.longIndex = refLong, int(c.b)
			}
		case 4:
			for _, p := range d.pictures {
				if p.ref == refLong && p.longIndex >= int(c.a) {
					p.ref = refUnused
				}
			}
		case 5:
			d.forget()
			p.frameNum, p.frameNumWrap = 0, 0
			d.prevRefFrameNum = 0
			reset = true
		case 6:
			drop(d.long(int(c.a)))
			p.ref, p.longIndex = refLong, int(c.a)
		}
	}
	return reset
}
