package h264

import (
	"slices"
	"testing"
)

// buffer is a decoder with short-term references of these frame_nums and picture order counts, in order of decoding.
func buffer(refFrames int, references ...[2]int) *Decoder {
	d := &Decoder{}
	d.slice.sps = &sps{frameNumBits: 4, refFrames: refFrames, cols: 1, rows: 1}
	for _, r := range references {
		p := d.dpb.take(1, 1)
		p.frameNum, p.poc, p.ref = r[0], int32(r[1]), refShort
	}
	d.slice.pic = &picture{}
	return d
}

// names are what tells references apart in these tests: their frame_nums, and from 100 on LongTermFrameIdx.
func names(list []*picture) (names []int) {
	for _, p := range list {
		switch {
		case p == nil:
		case p.ref == refLong:
			names = append(names, 100+p.longIndex)
		default:
			names = append(names, p.frameNum)
		}
	}
	return names
}

func (d *Decoder) marked() []int {
	var marked []*picture
	for _, p := range d.dpb.pictures {
		if p.ref != refUnused {
			marked = append(marked, p)
		}
	}
	list := names(marked)
	slices.Sort(list)
	return list
}

// TestMarking keeps references as 8.2.5 says. frame_num has four bits, and the current one is 2, so that 14 is -2.
func TestMarking(t *testing.T) {
	for _, tt := range []struct {
		name     string
		commands []markingCommand
		want     []int
	}{
		{"sliding window", nil, []int{0, 1, 2, 15}},
		{"short-term to unused", []markingCommand{{op: 1, a: 0}}, []int{0, 2, 14, 15}},
		{"beyond the wrap", []markingCommand{{op: 1, a: 2}}, []int{0, 1, 2, 14}},
		{"long-term", []markingCommand{{op: 3, a: 1, b: 5}, {op: 1, a: 0}}, []int{2, 14, 15, 105}},
		{"long-term index again", []markingCommand{{op: 3, a: 1, b: 5}, {op: 3, a: 0, b: 5}}, []int{2, 14, 15, 105}},
		{"long-term to unused", []markingCommand{{op: 3, a: 1, b: 5}, {op: 2, a: 5}}, []int{1, 2, 14, 15}},
		{"maximum of indices", []markingCommand{{op: 3, a: 1, b: 5}, {op: 4, a: 5}}, []int{1, 2, 14, 15}},
		{"current to long-term", []markingCommand{{op: 1, a: 0}, {op: 6, a: 1}}, []int{0, 14, 15, 101}},
		{"everything to unused", []markingCommand{{op: 5}}, []int{0}},
		{"one that is not there", []markingCommand{{op: 1, a: 7}}, []int{0, 1, 2, 15}},
	} {
		d := buffer(4, [2]int{14}, [2]int{15}, [2]int{0}, [2]int{1})
		d.dpb.wrap(2, d.slice.sps)
		p := d.dpb.take(1, 1)
		p.frameNum, p.frameNumWrap = 2, 2
		h := &sliceHeader{frameNum: 2, refIDC: 1, marking: marking{adaptive: tt.commands != nil, commands: tt.commands}}
		d.dpb.mark(p, h, d.slice.sps)
		if got := d.marked(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestGap fills a gap in frame_num with pictures that do not exist.
func TestGap(t *testing.T) {
	d := buffer(2, [2]int{13}, [2]int{14})
	d.dpb.prevRefFrameNum = 14
	d.dpb.fillGap(2, d.slice.sps, &d.poc)
	if got, want := d.marked(), []int{0, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, p := range d.dpb.pictures {
		if p.ref != refUnused && !p.missing {
			t.Errorf("%d is there", p.frameNum)
		}
	}
}

// TestLists builds reference lists (8.2.4).
func TestLists(t *testing.T) {
	for _, tt := range []struct {
		name    string
		kind    sliceType
		refs    int
		changes [2][]listChange
		want    [2][]int
	}{
		{"P", sliceP, 8, [2][]listChange{}, [2][]int{{1, 0, 15, 100, 103}}},
		{"P, short", sliceP, 2, [2][]listChange{}, [2][]int{{1, 0}}},
		{"B", sliceB, 8, [2][]listChange{}, [2][]int{{0, 15, 1, 100, 103}, {1, 0, 15, 100, 103}}},
		{"P, modified", sliceP, 3, [2][]listChange{{{0, 2}, {1, 0}, {2, 3}}}, [2][]int{{15, 0, 103}}},
		{"P, the same twice", sliceP, 3, [2][]listChange{{{0, 0}, {0, 15}}}, [2][]int{{1, 1, 0}}},
		{"B, modified", sliceB, 2, [2][]listChange{{{2, 0}}, {{0, 2}}}, [2][]int{{100, 0}, {15, 1}}},
	} {
		d := buffer(8, [2]int{15, 2}, [2]int{0, 4}, [2]int{1, 12}, [2]int{5}, [2]int{6})
		for i, index := range []int{3, 0} {
			p := d.dpb.pictures[3+i]
			p.ref, p.longIndex = refLong, index
		}
		d.slice.pic.poc = 6
		h := &d.slice.header
		h.kind, h.frameNum, h.refs, h.changes = tt.kind, 2, [2]int{tt.refs}, tt.changes
		if tt.kind == sliceB {
			h.refs[1] = tt.refs
		}
		if err := d.buildLists(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for i, want := range tt.want {
			if got := names(d.slice.lists[i][:]); !slices.Equal(got, want) {
				t.Errorf("%s, list %d: %v, want %v", tt.name, i, got, want)
			}
		}
	}
}

// TestPictureOrder computes picture order counts of types 0 and 1 (8.2.1).
func TestPictureOrder(t *testing.T) {
	check := func(name string, s *sps, headers []sliceHeader, want []int32) {
		var p pocState
		for i := range headers {
			if got, err := p.next(&headers[i], s); err != nil || got != want[i] {
				t.Errorf("%s, picture %d: %d, %v, want %d", name, i, got, err, want[i])
			}
		}
	}
	check("type 0", &sps{pocLSBBits: 4}, []sliceHeader{
		{idr: true, refIDC: 1}, {pocLSB: 8, refIDC: 1}, {pocLSB: 4}, {pocLSB: 0, refIDC: 1, deltaPOC: [2]int32{0, -1}}, {pocLSB: 14},
	}, []int32{0, 8, 4, 15, 14})
	one := &sps{pocType: 1, frameNumBits: 4, pocCycle: 2, offsetNonRef: -3, offsetTopToBottom: 1}
	one.offsetRefFrame[0], one.offsetRefFrame[1] = 2, 6
	check("type 1", one, []sliceHeader{
		{idr: true, refIDC: 1}, {frameNum: 1, refIDC: 1}, {frameNum: 2, refIDC: 1}, {frameNum: 3},
		{frameNum: 15, refIDC: 1}, {frameNum: 0, refIDC: 1, deltaPOC: [2]int32{5, 0}},
	}, []int32{0, 2, 8, 5, 58, 69})
}
