package h264

import (
	"cmp"
	"slices"
)

// buildLists makes the reference lists of a slice (8.2.4).
func (d *Decoder) buildLists() error {
	s := &d.slice
	h := &s.header
	s.lists = [2][maxRefs]*picture{}
	if h.kind == sliceI {
		return nil
	}
	d.dpb.wrap(h.frameNum, s.sps)
	var initial [2][]*picture
	if h.kind == sliceP {
		initial[0] = d.initialP()
	} else {
		initial = d.initialB()
	}
	for list := range h.lists() {
		// One entry more than the list has, which modification pushes out.
		var entries [maxRefs + 1]*picture
		copy(entries[:h.refs[list]], initial[list])
		if err := d.modify(entries[:h.refs[list]+1], h.changes[list]); err != nil {
			return err
		}
		copy(s.lists[list][:h.refs[list]], entries[:])
	}
	if h.kind == sliceB {
		s.prepareB()
	}
	return nil
}

// initialP is 8.2.4.2.1: short-term references, the latest first, then long-term ones.
func (d *Decoder) initialP() []*picture {
	list := d.collect(0, refShort, func(*picture) bool { return true })
	slices.SortFunc(list, func(a, b *picture) int { return cmp.Compare(b.frameNumWrap, a.frameNumWrap) })
	return d.appendLong(list)
}

// initialB is 8.2.4.2.3: list 0 begins with what is shown before, the nearest first, list 1 with what is shown behind.
func (d *Decoder) initialB() (lists [2][]*picture) {
	poc := d.slice.pic.poc
	for i := range lists {
		before := d.collect(i, refShort, func(p *picture) bool { return !p.missing && (p.poc < poc) == (i == 0) })
		n := len(before)
		behind := d.collectMore(before, refShort, func(p *picture) bool { return !p.missing && (p.poc < poc) != (i == 0) })
		descending := func(a, b *picture) int { return cmp.Compare(b.poc, a.poc) }
		ascending := func(a, b *picture) int { return cmp.Compare(a.poc, b.poc) }
		first, second := descending, ascending
		if i == 1 {
			first, second = ascending, descending
		}
		slices.SortFunc(behind[:n], first)
		slices.SortFunc(behind[n:], second)
		lists[i] = d.appendLong(behind)
	}
	if len(lists[1]) > 1 && slices.Equal(lists[0], lists[1]) {
		lists[1][0], lists[1][1] = lists[1][1], lists[1][0]
	}
	return lists
}

// collect begins a list in a buffer that is kept, collectMore goes on with it.
func (d *Decoder) collect(buffer int, ref refState, which func(*picture) bool) []*picture {
	return d.collectMore(d.listBuffers[buffer][:0], ref, which)
}

func (d *Decoder) collectMore(list []*picture, ref refState, which func(*picture) bool) []*picture {
	for _, p := range d.dpb.pictures {
		if p.ref == ref && len(list) < maxRefs && which(p) {
			list = append(list, p)
		}
	}
	return list
}

// appendLong adds the long-term references, which are the last ones of every list.
func (d *Decoder) appendLong(list []*picture) []*picture {
	n := len(list)
	list = d.collectMore(list, refLong, func(*picture) bool { return true })
	slices.SortFunc(list[n:], func(a, b *picture) int { return cmp.Compare(a.longIndex, b.longIndex) })
	return list
}

// modify is 8.2.4.3. The list has one entry more than is used.
func (d *Decoder) modify(list []*picture, changes []listChange) error {
	h := &d.slice.header
	size := 1 << d.slice.sps.frameNumBits // MaxPicNum
	predicted := h.frameNum               // picNumPred, at first CurrPicNum
	for at, c := range changes {
		if at >= len(list)-1 {
			return ErrSyntax
		}
		var p *picture
		switch c.op {
		case 0, 1:
			difference := int(c.value) + 1
			if difference > size {
				return ErrSyntax
			}
			if c.op == 0 {
				difference = -difference
			}
			predicted = (predicted + difference + size) % size
			picNum := predicted
			if picNum > h.frameNum {
				picNum -= size
			}
			p = d.dpb.short(picNum)
		default:
			p = d.dpb.long(int(c.value))
		}
		if p == nil {
			return ErrMissingReference
		}
		// p comes to its place, what was there and behind moves on, and p is taken out there.
		copy(list[at+1:], list[at:len(list)-1])
		list[at] = p
		to := at + 1
		for _, other := range list[at+1:] {
			if other != p {
				list[to] = other
				to++
			}
		}
	}
	return nil
}
