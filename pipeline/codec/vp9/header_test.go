package vp9

import (
	"errors"
	"testing"
)

// The valid key frames are what libvpx writes for 320x180 in 4:2:0, RGB, 4:2:0 with 10 bits
// and 4:4:4.
var headers = []struct {
	name  string
	frame []byte
	want  Header
	err   error
}{
	{"key frame 320x180", []byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x36, 0x00}, Header{Key: true, Shown: true, Width: 320, Height: 180}, nil},
	{"RGB key frame", []byte{0xa2, 0x49, 0x83, 0x42, 0xe0, 0x13, 0xf0, 0x0b, 0x36, 0x18}, Header{Profile: 1, Key: true, Shown: true, Width: 320, Height: 180}, nil},
	{"inter frame", []byte{0x86, 0x00, 0x40, 0x92}, Header{Shown: true}, nil},
	{"hidden inter frame", []byte{0x84, 0x00}, Header{}, nil},
	{"shows an existing frame", []byte{0x88}, Header{Shown: true}, nil},
	{"profile 2 key frame", []byte{0x92, 0x49, 0x83, 0x42, 0x00, 0x09, 0xf8, 0x05, 0x9b, 0x00}, Header{Profile: 2, Key: true, Shown: true, Width: 320, Height: 180}, nil},
	{"profile 1 key frame", []byte{0xa2, 0x49, 0x83, 0x42, 0x00, 0x02, 0x7e, 0x01, 0x66, 0xc0}, Header{Profile: 1, Key: true, Shown: true, Width: 320, Height: 180}, nil},
	{"empty", nil, Header{}, ErrHeader},
	{"no frame marker", []byte{0x42, 0x49}, Header{}, ErrHeader},
	{"reserved bit", []byte{0xb8}, Header{}, ErrHeader},
	{"wrong sync code", []byte{0x82, 0x49, 0x83, 0x43, 0x00, 0x13, 0xf0, 0x0b, 0x36}, Header{}, ErrHeader},
	{"cut key frame", []byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b}, Header{}, ErrHeader},
}

func TestParseHeader(t *testing.T) {
	for _, tt := range headers {
		got, err := ParseHeader(tt.frame)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %+v, %v; want %+v, %v", tt.name, got, err, tt.want, tt.err)
		}
		if tt.err == nil && IsKeyFrame(tt.frame[:1]) != tt.want.Key {
			t.Errorf("%s: key frame: %v", tt.name, !tt.want.Key)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, tt := range headers {
		f.Add(tt.frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, err := ParseHeader(frame)
		if err != nil && h != (Header{}) || (h.Width > 0) != h.Key {
			t.Errorf("%+v, %v", h, err)
		}
		if err == nil && h.Key != IsKeyFrame(frame) {
			t.Errorf("%+v, but key frame: %v", h, !h.Key)
		}
	})
}
