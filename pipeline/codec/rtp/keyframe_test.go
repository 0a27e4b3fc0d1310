package rtp

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

var keyFrameTests = []struct {
	name    string
	codec   string
	payload []byte
	key     bool
}{
	{"empty", media.VP8, nil, false},
	{"VP8 short descriptor, key", media.VP8, []byte{0x10, 0x00}, true},
	{"VP8 short descriptor, delta", media.VP8, []byte{0x10, 0x01}, false},
	{"VP8 second packet of a key frame", media.VP8, []byte{0x00, 0x00}, false},
	{"VP8 second partition", media.VP8, []byte{0x11, 0x00}, false},
	{"VP8 descriptor only", media.VP8, []byte{0x10}, false},
	{"VP8 extension cut off", media.VP8, []byte{0x90}, false},
	{"VP8 picture id of 7 bits", media.VP8, []byte{0x90, 0x80, 0x11, 0x00}, true},
	{"VP8 picture id of 15 bits", media.VP8, []byte{0x90, 0x80, 0x81, 0x01, 0x00}, true},
	{"VP8 all fields, key", media.VP8, []byte{0x90, 0xf0, 0x81, 0x11, 0x05, 0x20, 0x10}, true},
	{"VP8 all fields, delta", media.VP8, []byte{0x90, 0xf0, 0x81, 0x11, 0x05, 0x20, 0x11}, false},
	{"VP8 all fields, cut off", media.VP8, []byte{0x90, 0xf0, 0x81, 0x11, 0x05, 0x20}, false},
	{"VP8 picture id cut off", media.VP8, []byte{0x90, 0x80, 0x81}, false},

	{"VP9 key", media.VP9, []byte{0x8c, 0x90, 0x01, 0x82}, true},
	{"VP9 key, picture id of 7 bits", media.VP9, []byte{0x8c, 0x10, 0x82}, true},
	{"VP9 predicted", media.VP9, []byte{0xcc, 0x90, 0x01, 0x86}, false},
	{"VP9 middle of a key frame", media.VP9, []byte{0x80, 0x90, 0x01, 0x82}, false},
	{"VP9 intra only", media.VP9, []byte{0x8c, 0x90, 0x01, 0x86}, false},
	{"VP9 shows an existing frame", media.VP9, []byte{0x8c, 0x90, 0x01, 0x88}, false},
	{"VP9 profile 2 key", media.VP9, []byte{0x8c, 0x10, 0x92}, true},
	{"VP9 profile 3 key", media.VP9, []byte{0x8c, 0x10, 0xb0}, true},
	{"VP9 profile 3 inter", media.VP9, []byte{0x8c, 0x10, 0xb2}, false},
	{"VP9 lowest layer with TL0PICIDX", media.VP9, []byte{0xac, 0x10, 0x00, 0x07, 0x82}, true},
	{"VP9 lowest layer, flexible", media.VP9, []byte{0xbc, 0x10, 0x00, 0x82}, true},
	{"VP9 second spatial layer", media.VP9, []byte{0xac, 0x10, 0x02, 0x07, 0x82}, false},
	{"VP9 structure, one layer", media.VP9, []byte{0x8e, 0x10, 0x18, 1, 2, 3, 4, 1, 0x04, 9, 0x82}, true},
	{"VP9 structure, no sizes", media.VP9, []byte{0x8e, 0x10, 0x00, 0x82}, true},
	{"VP9 structure cut off", media.VP9, []byte{0x8e, 0x10, 0x18, 1, 2, 3, 4, 9, 0x04}, false},
	{"VP9 structure missing", media.VP9, []byte{0x8e, 0x10}, false},
	{"VP9 no frame", media.VP9, []byte{0x8c, 0x90, 0x01}, false},
	{"VP9 no frame marker", media.VP9, []byte{0x8c, 0x10, 0x02}, false},

	{"AV1 new sequence", media.AV1, []byte{0x18, 0x0a, 0x0b}, true},
	{"AV1 continued", media.AV1, []byte{0x98, 0x0a}, false},
	{"AV1 sequence header alone", media.AV1, []byte{0x10, 0x08, 0x00}, true},
	{"AV1 sequence header of two OBUs", media.AV1, []byte{0x20, 0x0b, 0x08, 0x00}, true},
	{"AV1 sequence header, count not given", media.AV1, []byte{0x00, 0x8b, 0x01, 0x08, 0x00}, true},
	{"AV1 frame", media.AV1, []byte{0x10, 0x30, 0x00}, false},
	{"AV1 header only", media.AV1, []byte{0x10}, false},
	{"AV1 endless length", media.AV1, []byte{0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, false},

	{"H264 parameter set", media.H264, []byte{0x67, 0x42}, true},
	{"H264 IDR", media.H264, []byte{0x65, 0x88}, true},
	{"H264 picture parameter set", media.H264, []byte{0x68, 0xce}, false},
	{"H264 slice", media.H264, []byte{0x61, 0xe0}, false},
	{"H264 aggregate with a parameter set", media.H264, []byte{0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x67, 0x42}, true},
	{"H264 aggregate without", media.H264, []byte{0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x61, 0x42}, false},
	{"H264 aggregate cut off", media.H264, []byte{0x78, 0, 9, 0x09, 0xf0}, false},
	{"H264 aggregate of nothing", media.H264, []byte{0x78, 0, 0, 0, 0, 0, 0}, false},
	{"H264 begin of a fragmented IDR", media.H264, []byte{0x7c, 0x85, 0x88}, true},
	{"H264 middle of a fragmented IDR", media.H264, []byte{0x7c, 0x05, 0x88}, false},
	{"H264 begin of a fragmented slice", media.H264, []byte{0x7c, 0x81, 0x88}, false},
	{"H264 fragment cut off", media.H264, []byte{0x7c}, false},

	{"unknown codec", "theora", []byte{1}, true},
}

func TestStartsKeyFrame(t *testing.T) {
	for _, tt := range keyFrameTests {
		if got := StartsKeyFrame(tt.codec, tt.payload); got != tt.key {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.key)
		}
	}
}

func FuzzStartsKeyFrame(f *testing.F) {
	for _, tt := range keyFrameTests {
		f.Add(tt.payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := append([]byte(nil), payload...)
		for _, codec := range []string{media.VP8, media.VP9, media.AV1, media.H264} {
			if StartsKeyFrame(codec, payload) && len(payload) == 0 {
				t.Errorf("%s: nothing is a key frame", codec)
			}
		}
		if string(before) != string(payload) {
			t.Error("the payload was changed")
		}
	})
}
