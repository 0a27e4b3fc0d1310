package h264

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
)

// pictures decodes access units and returns the pictures by their tags, and the tags in order of output. Errors are given to fail.
func pictures(d *Decoder, units [][]byte, fail func(i int, err error)) (order []int64, shown map[int64][]byte) {
	shown = map[int64][]byte{}
	show := func() {
		for f := d.Next(); f != nil; f = d.Next() {
			order = append(order, f.Tag)
			shown[f.Tag] = f.AppendI420(nil)
		}
	}
	for i, unit := range units {
		if unit == nil {
			continue
		}
		if err := d.Decode(unit, int64(i)); err != nil {
			fail(i, err)
		}
		show()
	}
	d.Drain()
	show()
	return order, shown
}

// TestLoss leaves out each access unit in turn, or cuts it, or changes bytes of it: pictures that are shown are right unless a
// byte changed, and all are right from the next key frame on.
func TestLoss(t *testing.T) {
	const group, count = 8, 16
	units := readUnits(t, encode(t, "48x48", count, x264("bframes=2 b-adapt=0 keyint=8 scenecut=0 slices=2")...))
	_, want := pictures(&Decoder{}, units, func(i int, err error) { t.Fatalf("access unit %d: %v", i, err) })
	if len(want) != count {
		t.Fatalf("%d pictures", len(want))
	}
	random := rand.New(rand.NewPCG(3, 4))
	for at := range group {
		for kind, change := range map[string]func(unit []byte) []byte{
			"lost":     func([]byte) []byte { return nil },
			"cut":      func(unit []byte) []byte { return unit[:len(unit)*2/3] },
			"no slice": func(unit []byte) []byte { return withoutLast(unit) },
			"broken": func(unit []byte) []byte {
				unit = bytes.Clone(unit)
				for range 5 {
					unit[random.IntN(len(unit))] ^= 1 << random.IntN(8)
				}
				return unit
			},
		} {
			damaged := append([][]byte(nil), units...)
			damaged[at] = change(units[at])
			var d Decoder
			order, got := pictures(&d, damaged, func(_ int, err error) {
				if !d.NeedsKeyFrame() {
					t.Errorf("%s %d: no key frame is needed after %v", kind, at, err)
				}
			})
			for tag, p := range got {
				if (kind != "broken" || tag >= group) && !bytes.Equal(p, want[tag]) {
					t.Errorf("%s %d: picture %d is wrong", kind, at, tag)
				}
			}
			if n := len(order); n < count-group || order[n-1] < group {
				t.Errorf("%s %d: %d pictures are shown", kind, at, n)
			}
		}
	}
}

// withoutLast takes the last NAL unit away.
func withoutLast(unit []byte) []byte {
	at := 0
	for {
		next := at + lengthSize + int(binary.BigEndian.Uint32(unit[at:]))
		if next >= len(unit) {
			return unit[:at]
		}
		at = next
	}
}

func TestNeedsKeyFrame(t *testing.T) {
	units := readUnits(t, encode(t, "32x32", 4, x264("bframes=0")...))
	var d Decoder
	if !d.NeedsKeyFrame() {
		t.Error("a new decoder needs no key frame")
	}
	if err := d.Decode(units[1], 0); !errors.Is(err, ErrNeedKeyFrame) {
		t.Errorf("P first: %v", err)
	}
	if err := d.Decode(units[0], 0); err != nil || d.NeedsKeyFrame() {
		t.Errorf("a key frame: %v", err)
	}
	if err := d.Decode(units[2], 0); !errors.Is(err, ErrMissingReference) || !d.NeedsKeyFrame() {
		t.Errorf("a frame is missing: %v", err)
	}
	small := Decoder{MaxPixels: 31 * 32}
	if err := small.Decode(units[0], 0); !errors.Is(err, ErrTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
	for _, unit := range [][]byte{{}, {0, 0, 0, 0}} {
		if err := d.Decode(unit, 0); err != nil {
			t.Errorf("%v: %v", unit, err)
		}
	}
	for _, unit := range [][]byte{{0}, {0, 0, 0, 2, 1}, {255, 255, 255, 255, 1}} {
		if err := d.Decode(unit, 0); !errors.Is(err, ErrTruncated) {
			t.Errorf("%v: %v", unit, err)
		}
	}
}

// TestTwoPictures has more than one picture in an access unit, which is not allowed, and decodes all of them.
func TestTwoPictures(t *testing.T) {
	units := readUnits(t, encode(t, "32x32", maxPictures, x264("bframes=0 ref=2")...))
	fail := func(i int, err error) { t.Errorf("access unit %d: %v", i, err) }
	_, want := pictures(&Decoder{}, units, fail)
	var d Decoder
	if err := d.Decode(bytes.Join(units, nil), 0); err != nil {
		t.Fatal(err)
	}
	for i := range units {
		if f := d.Next(); f == nil || !bytes.Equal(f.AppendI420(nil), want[int64(i)]) {
			t.Fatalf("picture %d is missing or wrong", i)
		}
	}
	if err := d.Decode(bytes.Join(append(units, units[0]), nil), 0); !errors.Is(err, ErrSyntax) {
		t.Errorf("too many pictures: %v", err)
	}
}

// TestOpenGOP begins in the middle of a stream, with an I picture that is no IDR picture: pictures before it in order of output
// are left out, all others are right.
func TestOpenGOP(t *testing.T) {
	units := readUnits(t, encode(t, "48x48", 30, x264("open-gop=1 keyint=10 bframes=3 b-adapt=0 b-pyramid=normal scenecut=0")...))
	fail := func(i int, err error) { t.Errorf("access unit %d: %v", i, err) }
	wantOrder, want := pictures(&Decoder{}, units, fail)
	var d Decoder
	begun := false
	var from int64
	for i := 2; i < len(units) && !begun; i++ {
		d = Decoder{}
		set := append(sets(units[0]), units[i]...)
		if d.Decode(set, 0) == nil {
			begun, from = true, int64(i)
		}
	}
	if !begun {
		t.Fatal("no recovery point")
	}
	rest := append([][]byte(nil), units...)
	for i := range from {
		rest[i] = nil
	}
	rest[from] = append(sets(units[0]), units[from]...)
	order, got := pictures(&Decoder{}, rest, fail)
	for tag, p := range got {
		if !bytes.Equal(p, want[tag]) {
			t.Errorf("picture %d is wrong", tag)
		}
	}
	for i, tag := range wantOrder {
		if tag == from && len(order) != len(wantOrder)-i {
			t.Errorf("%d pictures from %d on, want %d", len(order), from, len(wantOrder)-i)
		}
	}
}

// sets are the parameter sets of an access unit.
func sets(unit []byte) (sets []byte) {
	for len(unit) > 0 {
		size := lengthSize + int(binary.BigEndian.Uint32(unit))
		if kind := unit[lengthSize] & 31; kind == nalSPS || kind == nalPPS {
			sets = append(sets, unit[:size]...)
		}
		unit = unit[size:]
	}
	return sets
}

// withoutVUI takes the usability information out of the parameter sets of an access unit.
func withoutVUI(t *testing.T, unit []byte) (changed []byte) {
	t.Helper()
	for len(unit) > 0 {
		n, rest, err := nextNAL(unit)
		if err != nil {
			t.Fatal(err)
		}
		unit = rest
		if n[0]&31 == nalSPS {
			parsed, _ := parseNAL(n, nil)
			s, r := &sps{}, newBitReader(parsed.rbsp)
			s.profile = int(r.bits(24) >> 16)
			r.ue()
			for _, parse := range []func(*bitReader) error{s.parseFormat, s.parseOrder, s.parseSize} {
				if err := parse(&r); err != nil {
					t.Fatal(err)
				}
			}
			var w bitWriter
			copied := newBitReader(parsed.rbsp)
			for copied.pos < r.pos {
				w.bits(copied.bits(1), 1)
			}
			w.bits(0, 1)
			n = w.nalUnit(n[0])
		}
		changed = append(binary.BigEndian.AppendUint32(changed, uint32(len(n))), n...)
	}
	return changed
}

// TestDelay looks at how many pictures wait: none in streams without B pictures, and as few as possible in others.
func TestDelay(t *testing.T) {
	for _, tt := range []struct {
		name, params string
		vui          bool
		wait, lost   int
	}{
		{"no B", "bframes=0", true, 0, 0},
		{"no B, no VUI", "bframes=0", false, 0, 0},
		{"B", "bframes=2 b-adapt=0 b-pyramid=none", true, 1, 0},
		{"pyramid", "bframes=3 b-adapt=0 b-pyramid=normal", true, 2, 0},
		{"B, no VUI", "bframes=2 b-adapt=0 b-pyramid=none", false, 1, 2},
		{"pyramid, no VUI", "bframes=3 b-adapt=0 b-pyramid=normal", false, 2, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			units := readUnits(t, encode(t, "32x32", 30, x264(tt.params)...))
			var d Decoder
			wait, shown, last := 0, 0, int32(-1)
			for i, unit := range units {
				if !tt.vui {
					unit = withoutVUI(t, unit)
				}
				if err := d.Decode(unit, int64(i)); err != nil {
					t.Fatal(err)
				}
				for f := d.Next(); f != nil; f = d.Next() {
					shown++
					if d.lent.poc <= last {
						t.Errorf("picture %d is out of order", shown)
					}
					last = d.lent.poc
				}
				wait = max(wait, i+1-shown)
			}
			d.Drain()
			for d.Next() != nil {
				shown++
			}
			if lost := len(units) - shown; lost > tt.lost || wait-lost > tt.wait {
				t.Errorf("%d pictures waited and %d were lost, want %d and %d", wait-lost, lost, tt.wait, tt.lost)
			}
		})
	}
}
