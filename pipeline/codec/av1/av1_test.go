package av1

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The sequence headers are libaom's for 322x180 in four pixel formats; the records beside them
// are what FFmpeg puts into an MP4 for each.
var sequences = []struct {
	name   string
	obu    string
	record string
	want   Sequence
}{
	{"4:2:0", "0a0b000000043d06ccdaf90040", "81000c00", Sequence{SubsamplingX: true, SubsamplingY: true, Width: 322, Height: 180}},
	{"4:4:4", "0a0a200000043d06ccdaf902", "81200000", Sequence{Profile: 1, Width: 322, Height: 180}},
	{"4:2:0 10 bits", "0a0b000000043d06ccdaf94040", "81004c00", Sequence{HighBitDepth: true, SubsamplingX: true, SubsamplingY: true, Width: 322, Height: 180}},
	{"grey", "0a0a000000043d06ccdaf92a", "81001c00", Sequence{Monochrome: true, SubsamplingX: true, SubsamplingY: true, Width: 322, Height: 180}},
}

func TestSequence(t *testing.T) {
	for _, tt := range sequences {
		raw := unhex(t, tt.obu)
		s, obu, err := FindSequence(append([]byte{0x12, 0x00}, raw...)) // behind a temporal delimiter
		if err != nil || s != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, s, err, tt.want)
		}
		if got, want := s.Configuration(obu), append(unhex(t, tt.record), raw...); !bytes.Equal(got, want) {
			t.Errorf("%s: record %x, want %x", tt.name, got, want)
		}
		if _, err := ParseSequence(obu.Payload[:4]); !errors.Is(err, ErrSequence) {
			t.Errorf("%s: cut header: %v", tt.name, err)
		}
	}
	if _, _, err := FindSequence([]byte{0x12, 0x00}); !errors.Is(err, ErrSequence) {
		t.Errorf("no sequence header: %v", err)
	}
}

func TestNextOBU(t *testing.T) {
	tests := []struct {
		name    string
		data    []byte
		want    OBUType
		payload string
		rest    string
		err     error
	}{
		{"sized", []byte{0x0a, 2, 'a', 'b', 'c'}, SequenceHeaderOBU, "ab", "c", nil},
		{"unsized", []byte{0x30, 'a', 'b', 'c'}, FrameOBU, "abc", "", nil},
		{"extension", []byte{0x36, 0x20, 1, 'a'}, FrameOBU, "a", "", nil},
		{"empty payload", []byte{0x12, 0}, TemporalDelimiterOBU, "", "", nil},
		{"nothing", nil, 0, "", "", ErrOBU},
		{"forbidden bit", []byte{0x92, 0}, 0, "", "", ErrOBU},
		{"no extension byte", []byte{0x36}, 0, "", "", ErrOBU},
		{"no size", []byte{0x32}, 0, "", "", ErrOBU},
		{"size beyond the end", []byte{0x32, 2, 'a'}, 0, "", "", ErrOBU},
		{"endless size", []byte{0x32, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, 0, "", "", ErrOBU},
	}
	for _, tt := range tests {
		obu, rest, err := NextOBU(tt.data)
		if !errors.Is(err, tt.err) || obu.Type != tt.want || string(obu.Payload) != tt.payload || string(rest) != tt.rest {
			t.Errorf("%s: type %d, %q, rest %q, %v", tt.name, obu.Type, obu.Payload, rest, err)
		}
	}
}

func TestIsKeyFrame(t *testing.T) {
	sequence := sequences[0].obu
	tests := []struct {
		name string
		unit string
		want bool
	}{
		{"sequence and shown key frame", sequence + "320110", true},
		{"temporal delimiter before it", "1200" + sequence + "320110", true},
		{"frame header", sequence + "1a0110", true},
		{"no sequence", "320110", false},
		{"inter frame", sequence + "320130", false},
		{"hidden key frame", sequence + "320100", false},
		{"existing frame", sequence + "320180", false},
		{"empty frame", sequence + "3200", false},
		{"no frame", sequence, false},
		{"broken", sequence + "32ff", false},
	}
	for _, tt := range tests {
		if got := IsKeyFrame(unhex(t, tt.unit)); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestLEB128(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 16383, 16384, 1<<32 - 1} {
		b := AppendLEB128(nil, v)
		got, n := ReadLEB128(append(b, 0xff))
		if got != v || n != len(b) || SizeLEB128(int(v)) != n {
			t.Errorf("%d became %x, read back as %d in %d bytes", v, b, got, n)
		}
	}
	if _, n := ReadLEB128(AppendLEB128(nil, 1<<32)); n != 0 {
		t.Error("took a number beyond 32 bits")
	}
}

func FuzzUnit(f *testing.F) {
	for _, tt := range sequences {
		f.Add(append(unhex(f, tt.obu), 0x32, 1, 0x10))
	}
	f.Fuzz(func(t *testing.T, unit []byte) {
		IsKeyFrame(unit)
		if s, obu, err := FindSequence(unit); err == nil {
			again, _, err := FindSequence(s.Configuration(obu)[4:])
			if err != nil || again != s {
				t.Errorf("%+v read back from its record: %+v, %v", s, again, err)
			}
		}
		var copied []byte
		for rest := unit; len(rest) > 0; {
			obu, after, err := NextOBU(rest)
			if err != nil {
				return
			}
			copied = obu.AppendTo(copied)
			rest = after
		}
		for len(copied) > 0 {
			_, rest, err := NextOBU(copied)
			if err != nil {
				t.Fatalf("own output: %v", err)
			}
			copied = rest
		}
	})
}
