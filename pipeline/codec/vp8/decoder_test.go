package vp8

import (
	"bytes"
	"errors"
	"testing"
)

func TestNeedsKeyFrame(t *testing.T) {
	frames := seed(t, seedPlain)[:3]
	var d Decoder
	if !d.NeedsKeyFrame() {
		t.Error("a new decoder needs no key frame")
	}
	if f, err := d.Decode(frames[1]); f != nil || !errors.Is(err, ErrNeedKeyFrame) {
		t.Errorf("inter frame first: %v, %v", f, err)
	}
	if f, err := d.Decode(nil); f != nil || !errors.Is(err, ErrNeedKeyFrame) {
		t.Errorf("empty frame first: %v, %v", f, err)
	}
	if d.Last() != nil {
		t.Error("a picture out of nothing")
	}
	for i, frame := range frames {
		f, err := d.Decode(frame)
		if err != nil || f == nil || f.Key != (i == 0) {
			t.Fatalf("frame %d: %+v, %v", i, f, err)
		}
	}
	if d.NeedsKeyFrame() {
		t.Error("needs a key frame after one")
	}
}

func TestEmptyFrameRepeats(t *testing.T) {
	frames := seed(t, seedPlain)[:3]
	var d Decoder
	before := sums(t, &d, frames[:2])
	after := sums(t, &d, [][]byte{nil, {}, frames[2]})
	if after[0] != before[1] || after[1] != before[1] {
		t.Error("an empty frame changed the picture")
	}
	if want := sums(t, &Decoder{}, frames); after[2] != want[2] {
		t.Error("the frame behind empty ones differs")
	}
}

// TestBroken cuts and breaks frames: the last picture stays, and the stream
// goes on with the next key frame.
func TestBroken(t *testing.T) {
	frames := seed(t, seedSlices)
	want := sums(t, &Decoder{}, frames)
	inter, key := frames[3], frames[6]
	badVersion := bytes.Clone(inter)
	badVersion[0] |= 4 << 1
	empty := bytes.Clone(key)
	empty[6], empty[7] = 0, 0
	noStart := bytes.Clone(key)
	noStart[3]++
	for _, tt := range []struct {
		name  string
		frame []byte
		err   error
	}{
		{"no tag", inter[:2], ErrHeader},
		{"tag only", inter[:3], ErrTruncated},
		{"cut first partition", inter[:20], ErrTruncated},
		{"cut last partition", inter[:len(inter)-len(inter)/4], ErrTruncated},
		{"cut key frame header", key[:9], ErrHeader},
		{"cut key frame", key[:len(key)/2], ErrTruncated},
		{"version 4", badVersion, ErrVersion},
		{"key frame without width", empty, ErrHeader},
		{"key frame without start code", noStart, ErrHeader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			sums(t, &d, frames[:3])
			if f, err := d.Decode(tt.frame); f != nil || !errors.Is(err, tt.err) {
				t.Errorf("%v, %v; want %v", f, err, tt.err)
			}
			if got := sum(d.Last()); got != want[2] {
				t.Error("the last picture changed")
			}
			if f, err := d.Decode(frames[4]); f != nil || !errors.Is(err, ErrNeedKeyFrame) {
				t.Errorf("inter frame behind: %v, %v", f, err)
			}
			compare(t, sums(t, &d, frames[6:]), want[6:])
		})
	}
}

func TestTolerant(t *testing.T) {
	frames := seed(t, seedSlices)[:4]
	d := Decoder{Tolerant: true}
	sums(t, &d, frames[:2])
	for _, n := range []int{3, 10, len(frames[2]) / 2, len(frames[2]) - 1} {
		if f, err := d.Decode(frames[2][:n]); f == nil || err != nil {
			t.Errorf("%d of %d bytes: %v, %v", n, len(frames[2]), f, err)
		}
	}
	if f, err := d.Decode(frames[0][:12]); f == nil || err != nil {
		t.Errorf("cut key frame: %v, %v", f, err)
	}
	compare(t, sums(t, &d, frames), sums(t, &Decoder{}, frames))
}

func TestMaxPixels(t *testing.T) {
	frames := seed(t, seedPlain)[:2]
	d := Decoder{MaxPixels: 16*16 - 1}
	if f, err := d.Decode(frames[0]); f != nil || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, %v", f, err)
	}
	d = Decoder{MaxPixels: 16 * 16}
	sums(t, &d, frames)
	huge := bytes.Clone(frames[0])
	huge[6], huge[7], huge[8], huge[9] = 0xff, 0x3f, 0xff, 0x3f
	if f, err := new(Decoder).Decode(huge); f != nil || !errors.Is(err, ErrTooLarge) {
		t.Errorf("16383x16383 by default: %v, %v", f, err)
	}
}

// TestHidden decodes a stream with alternate references, which are not shown.
func TestHidden(t *testing.T) {
	frames := readIVF(t, encodeHidden(t, "96x80", 40, "-b:v", "100k"))
	var d Decoder
	hidden := 0
	for i, frame := range frames {
		last := d.Last()
		f, err := d.Decode(frame)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if shown := frame[0]&0x10 != 0; shown != (f != nil) {
			t.Errorf("frame %d: shown %v, %v", i, shown, f)
		}
		if f == nil {
			hidden++
			if d.Last() != last {
				t.Errorf("frame %d is hidden and changed the last picture", i)
			}
		}
	}
	if hidden == 0 {
		t.Error("the stream has no hidden frame")
	}
}

func TestScaleAndClone(t *testing.T) {
	frames := seed(t, seedSlices)[:2]
	key := bytes.Clone(frames[0])
	key[7] |= 1 << 6
	key[9] |= 3 << 6
	var d Decoder
	f, err := d.Decode(key)
	if err != nil {
		t.Fatal(err)
	}
	if f.Width != 48 || f.Height != 33 || f.HorizontalScale != 1 || f.VerticalScale != 3 {
		t.Errorf("%+v", f)
	}
	c := f.Clone()
	if before := sum(f); sum(c) != before || c.YStride != 48 || c.UVStride != 24 || len(c.V) != 24*17 {
		t.Error("the clone differs")
	} else if sums(t, &d, frames[1:]); sum(c) != before {
		t.Error("the clone changed")
	}
}

// TestAllocations counts what a frame allocates once the buffers are there.
func TestAllocations(t *testing.T) {
	for n := range seeds {
		frames := seed(t, n)
		var d Decoder
		sums(t, &d, frames)
		i := 0
		if allocs := testing.AllocsPerRun(2*len(frames), func() {
			if _, err := d.Decode(frames[i%len(frames)]); err != nil {
				t.Fatal(err)
			}
			i++
		}); allocs != 0 {
			t.Errorf("seed %d: %v allocations per frame", n, allocs)
		}
	}
}
