package h264

// outputState puts pictures out in their order (C.4.5). A picture waits until so many of its sequence wait that none
// that is still to come can be before it: as many as the stream says it reorders (max_num_reorder_frames).
//
// Where the stream does not say so, C.4.5.3 would have pictures wait for a full buffer, which delays the picture of a
// camera by up to 16 frames. Here they do not wait at all, until a picture turns out to be late; that one is not shown,
// and from then on one more waits. A stream with B pictures and without VUI so loses those of its first group or two, and
// one without B pictures is never delayed.
type outputState struct {
	depth   int
	grown   bool // depth, since a picture was put out: those that are late for the same reason count once
	order   int  // of pictures now
	last    int32
	started bool // last is of a picture of this order
	drained bool // all pictures are to be put out
}

// begin starts a sequence of pictures that come after all before.
func (o *outputState) begin() {
	o.order++
	o.started = false
}

// add has a complete picture wait for output.
func (d *dpb) add(p *picture, s *sps) {
	o := &d.output
	o.drained = false
	if o.started && p.poc < o.last {
		if !o.grown {
			o.depth, o.grown = min(o.depth+1, s.maxFrames()), true
		}
		return
	}
	p.waiting, p.order = true, o.order
}

// next returns the next picture to be put out, nil if there is none yet.
func (d *dpb) next() *picture {
	var first *picture
	n := 0
	for _, p := range d.pictures {
		if !p.waiting {
			continue
		}
		n++
		if first == nil || p.order < first.order || p.order == first.order && p.poc < first.poc {
			first = p
		}
	}
	o := &d.output
	if first == nil || first.order == o.order && n <= o.depth && !o.drained {
		return nil
	}
	first.waiting = false
	o.grown = false
	if first.order == o.order {
		o.last, o.started = first.poc, true
	}
	return first
}
