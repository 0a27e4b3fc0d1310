package vp8

import (
	"errors"
	"testing"
)

var headers = []struct {
	name  string
	frame []byte
	want  Header
	err   error
}{
	{"key frame 640x480", []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}, Header{true, 640, 480}, nil},
	{"scaling bits are no size", []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0xe0, 0xc1}, Header{true, 640, 480}, nil},
	{"inter frame", []byte{0x11, 0x02, 0x00}, Header{}, nil},
	{"empty", nil, Header{}, ErrHeader},
	{"cut inter frame", []byte{0x11, 0x02}, Header{}, ErrHeader},
	{"cut key frame", []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0}, Header{}, ErrHeader},
	{"wrong start code", []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2b, 0x80, 0x02, 0xe0, 0x01}, Header{}, ErrHeader},
}

func TestParseHeader(t *testing.T) {
	for _, tt := range headers {
		got, err := ParseHeader(tt.frame)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %+v, %v; want %+v, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, tt := range headers {
		f.Add(tt.frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, err := ParseHeader(frame)
		if (err != nil || !h.Key) && h != (Header{}) {
			t.Errorf("%+v, %v", h, err)
		}
	})
}
