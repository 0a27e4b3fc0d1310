package rtp

import (
	"bytes"
	"slices"
	"testing"
)

func TestParameterSetsBeforeKeyFrames(t *testing.T) {
	sps, pps, other := []byte{0x67, 0x42, 0xe0, 0x1f}, []byte{0x68, 0xce, 1}, []byte{0x67, 0x4d, 0, 0x28}
	idr, secondSlice, delta := []byte{0x65, 0x88, 1}, []byte{0x65, 0x48, 1}, []byte{0x41, 0x9a, 1}
	fragment, more := []byte{0x7c, 0x85, 0x88}, []byte{0x7c, 0x05, 0x88}
	both := []byte{0x18, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 3, 0x68, 0xce, 1}
	type step struct {
		time    uint32
		payload []byte
		want    [][]byte
	}
	known := [][]byte{sps, pps}
	for name, test := range map[string]struct {
		sdp   [][]byte
		steps []step
	}{
		"only in the SDP": {known, []step{
			{1, idr, known}, {1, secondSlice, nil}, {2, delta, nil}, {3, fragment, known}, {3, more, nil}, {4, idr, known},
		}},
		"in band each time": {known, []step{{1, sps, nil}, {1, pps, nil}, {1, idr, nil}, {2, both, nil}, {2, fragment, nil}}},
		"in band once":      {nil, []step{{1, idr, nil}, {2, both, nil}, {2, idr, nil}, {3, idr, known}}},
		"changed in band":   {known, []step{{1, other, nil}, {1, pps, nil}, {2, idr, [][]byte{other, pps}}}},
		"no use alone":      {[][]byte{nil, pps}, []step{{1, idr, nil}}},
		"malformed":         {known, []step{{1, nil, nil}, {1, []byte{0x7c}, nil}, {1, []byte{0x18, 0, 9, 1}, nil}, {1, []byte{0x65}, nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewParameterSets(test.sdp...)
			for i, s := range test.steps {
				if got := p.Before(s.time, s.payload); !slices.EqualFunc(got, s.want, bytes.Equal) {
					t.Errorf("step %d: %x, want %x", i, got, s.want)
				}
			}
		})
	}
}

func TestParameterSetsAreBounded(t *testing.T) {
	p := NewParameterSets([]byte{0x67, 0x42, 0xe0, 0x1f})
	for i := range byte(100) {
		p.Before(uint32(i), []byte{0x68, i, i})
	}
	p.Before(200, append([]byte{0x68}, make([]byte, maxSetSize)...))
	sets := p.Before(300, []byte{0x65, 0x88})
	if len(sets) != maxSetCount || !bytes.Equal(sets[0], []byte{0x67, 0x42, 0xe0, 0x1f}) || !bytes.Equal(sets[maxSetCount-1], []byte{0x68, 99, 99}) {
		t.Errorf("%x", sets)
	}
}

func FuzzParameterSets(f *testing.F) {
	f.Add([]byte{0x18, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 2, 0x68, 0xce})
	f.Add([]byte{0x7c, 0x85, 0x88})
	f.Fuzz(func(t *testing.T, payload []byte) {
		p := NewParameterSets()
		for i := range uint32(3) {
			p.Before(i, payload)
			total := 0
			for _, s := range p.sets {
				total += len(s)
			}
			if len(p.sets) > maxSetCount || total > maxSetCount*maxSetSize {
				t.Fatalf("%d sets of %d bytes", len(p.sets), total)
			}
		}
	})
}
