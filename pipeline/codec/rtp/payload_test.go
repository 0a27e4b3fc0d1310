package rtp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

// maxPayload is what the tests put into a packet at most.
const maxPayload = MTU - headerSize

// unhex reads hexadecimal digits; spaces are for the reader.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

const (
	both       = ""
	onlyUnpack = "unpack" // others write it like that, we do not
	onlyPack   = "pack"   // it comes back changed
)

// cases are proved in both directions by the same bytes, unless they say otherwise. Pictures
// are numbered from 1.
var cases = []struct {
	name     string
	codec    string
	room     int // of a packet
	key      bool
	frame    string
	payloads []string
	way      string
}{
	{"VP8 key frame in one packet", media.VP8, 20, true,
		"100200 9d012a 8002 e001",
		[]string{"90 80 8001 100200 9d012a 8002 e001"}, both},
	{"VP8 inter frame in two", media.VP8, 8, false,
		"110200 00000000",
		[]string{"90 80 8001 11020000", "80 80 8001 000000"}, both},
	{"VP8 with everything in the descriptor", media.VP8, 0, true,
		"100200 9d012a 8002 e001",
		[]string{"90 f0 8001 05 e3 100200 9d", "80 f0 8001 05 e3 012a", "81 80 01 8002", "02 e001"}, onlyUnpack},

	{"VP9 key frame in two packets", media.VP9, 14, true,
		"82498342 0013f00b36 0011",
		[]string{"8b 8001 10 0140 00b4 824983420013", "85 8001 f00b360011"}, both},
	{"VP9 inter frame", media.VP9, 14, false,
		"86004092",
		[]string{"cd 8001 86004092"}, both},
	{"VP9 flexible mode with a structure and references", media.VP9, 0, true,
		"82498342 0013f00b36",
		[]string{"ba 01 00 38 0140 00b4 0280 0168 01 04 01 82498342", "f4 01 00 03 02 0013f00b36"}, onlyUnpack},
	{"VP9 spatial layers become a superframe", media.VP9, 0, true,
		"82498342 0013f00b36 860040 d9 09000000 03000000 d9",
		[]string{"ac 01 00 00 82498342 0013f00b36", "ac 01 03 00 860040"}, onlyUnpack},

	{"AV1 key frame in one packet", media.AV1, 40, true,
		"0a0b 000000043d06ccdaf90040 3203 1000aa",
		[]string{"08 0c 08 000000043d06ccdaf90040 04 30 1000aa"}, both},
	{"AV1 frame in three", media.AV1, 5, false,
		"3208 3001020304050607",
		[]string{"40 03 303001", "c0 03 020304", "80 03 050607"}, both},
	{"AV1 OBU header at the end of a packet", media.AV1, 6, false,
		"2a00 3600 04 30010203",
		[]string{"40 01 28 02 3400", "80 04 30010203"}, both},
	{"AV1 temporal delimiter and padding are left out", media.AV1, 20, false,
		"1200 3202 3001 7a00",
		[]string{"00 03 303001"}, onlyPack},
	{"AV1 counted elements, a delimiter and size fields", media.AV1, 0, true,
		"0a0b 000000043d06ccdaf90040 3203 1000aa",
		[]string{"68 02 1200 08 000000043d06", "a0 05 ccdaf90040 3203 1000aa"}, onlyUnpack},

	{"H264 key frame: STAP-A and FU-A", media.H264, 10, true,
		"00000003 6742e0 00000002 68ce 0000000c 65 880102030405060708090a",
		[]string{"78 0003 6742e0 0002 68ce", "7c 85 8801020304050607", "7c 45 08090a"}, both},
	{"H264 single NAL unit", media.H264, 10, false,
		"00000004 419a0102",
		[]string{"419a0102"}, both},
	{"H264 slices that just fit", media.H264, 10, false,
		"00000003 419a01 00000002 4102 00000002 0103",
		[]string{"58 0003 419a01 0002 4102", "0103"}, both},
	{"H264 delimiter, filler and nothing are left out", media.H264, 10, false,
		"00000002 0910 00000000 00000002 419a 00000002 0cff",
		[]string{"419a"}, onlyPack},

	{"Opus", media.Opus, 10, true, "7801", []string{"7801"}, both},
	{"PCMU", media.PCMU, 10, true, "ff7f", []string{"ff7f"}, both},
}

// numberedPacker returns the packer of a codec, with a known picture number.
func numberedPacker(codec string) packer {
	format, _ := payloadFormatOf(media.Format{Codec: codec})
	p := format.packer()
	switch p := p.(type) {
	case *vp8Packer:
		p.picture = 0
	case *vp9Packer:
		p.picture = 0
	}
	return p
}

func pack(p packer, frame []byte, key bool, room int) (payloads [][]byte, ok bool) {
	if !p.load(frame, key) {
		return nil, false
	}
	for {
		buf := make([]byte, room)
		n, last := p.next(buf)
		payloads = append(payloads, buf[:n])
		if last {
			return payloads, true
		}
	}
}

func unpack(u unpacker, payloads [][]byte) (frame []byte, key, ok bool) {
	for _, p := range payloads {
		var err error
		if frame, err = u.unpack(frame, p); err != nil {
			u.finish(nil)
			return nil, false, false
		}
	}
	return u.finish(frame)
}

func TestPack(t *testing.T) {
	for _, tt := range cases {
		if tt.way == onlyUnpack {
			continue
		}
		got, ok := pack(numberedPacker(tt.codec), unhex(tt.frame), tt.key, tt.room)
		if !ok || len(got) != len(tt.payloads) {
			t.Errorf("%s: %x", tt.name, got)
			continue
		}
		for i, want := range tt.payloads {
			if !bytes.Equal(got[i], unhex(want)) {
				t.Errorf("%s: packet %d is %x, want %s", tt.name, i, got[i], want)
			}
		}
	}
}

func TestUnpack(t *testing.T) {
	for _, tt := range cases {
		if tt.way == onlyPack {
			continue
		}
		var in [][]byte
		for _, p := range tt.payloads {
			in = append(in, unhex(p))
		}
		format, _ := payloadFormatOf(media.Format{Codec: tt.codec})
		u := format.unpacker()
		for range 2 { // nothing of a frame may stay behind
			if frame, key := u.begins(in[0]); !frame || key != tt.key {
				t.Errorf("%s: first packet: frame %v, key %v", tt.name, frame, key)
			}
			got, key, ok := unpack(u, in)
			if !ok || key != tt.key || !bytes.Equal(got, unhex(tt.frame)) {
				t.Errorf("%s: %x, key %v, %v; want %s", tt.name, got, key, ok, tt.frame)
			}
		}
	}
}

func TestBegins(t *testing.T) {
	known := &h264Unpacker{open: -1, sets: unhex("00000002 6742")}
	tests := []struct {
		name       string
		u          unpacker
		payload    string
		frame, key bool
	}{
		{"VP8 continuation", &vp8Unpacker{}, "00 11", false, false},
		{"VP8 second partition", &vp8Unpacker{}, "11 10", false, false},
		{"VP9 continuation", &vp9Unpacker{}, "81 01 82498342 0013f00b36", false, false},
		{"VP9 upper layer", &vp9Unpacker{}, "ac 01 02 00 82498342 0013f00b36", false, false},
		{"VP9 intra frame that refers to others", &vp9Unpacker{}, "cc 01 82498342 0013f00b36", true, false},
		{"AV1 continuation", &av1Unpacker{}, "90 30", false, false},
		{"AV1 sequence header without the mark", &av1Unpacker{}, "10 08", true, true},
		{"AV1 sequence header with a size", &av1Unpacker{}, "00 01 08", true, true},
		{"H264 parameter sets", &h264Unpacker{open: -1}, "78 0002 6742", true, true},
		{"H264 key frame before any parameter set", &h264Unpacker{open: -1}, "65 88", true, false},
		{"H264 key frame after one", known, "65 88", true, true},
		{"H264 second slice of a key frame", known, "65 40", true, false},
		{"H264 fragment of a key frame", known, "7c 85 88", true, true},
		{"H264 further fragment", known, "7c 05 88", false, false},
	}
	for _, tt := range tests {
		if frame, key := tt.u.begins(unhex(tt.payload)); frame != tt.frame || key != tt.key {
			t.Errorf("%s: frame %v, key %v", tt.name, frame, key)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	tests := []struct{ name, codec, payloads string }{
		{"VP8 descriptor without data", media.VP8, "90 80 8001"},
		{"VP8 cut descriptor", media.VP8, "90"},
		{"VP8 key frame without start code", media.VP8, "10 100200000000800200"},
		{"VP9 descriptor without data", media.VP9, "88 01"},
		{"VP9 cut structure", media.VP9, "8a 01 18 0140"},
		{"VP9 nine layer frames", media.VP9, "08 86," + strings.Repeat("08 86,", 7) + "08 86"},
		{"VP9 no frame", media.VP9, "08 00"},
		{"AV1 nothing but the header", media.AV1, "00"},
		{"AV1 rest of an OBU that never began", media.AV1, "90 30"},
		{"AV1 OBU that never ends", media.AV1, "50 3010"},
		{"AV1 new OBU where the rest of one is due", media.AV1, "50 3010,10 3010"},
		{"AV1 element beyond the packet", media.AV1, "00 09 30"},
		{"AV1 forbidden bit", media.AV1, "10 b010"},
		{"AV1 nothing but a delimiter", media.AV1, "10 1200"},
		{"H264 STAP-A cut in a size", media.H264, "78 00"},
		{"H264 STAP-A cut in a NAL unit", media.H264, "78 0005 6742"},
		{"H264 STAP-A with an empty NAL unit", media.H264, "78 0000"},
		{"H264 interleaved mode", media.H264, "79 0001"},
		{"H264 fragment without beginning", media.H264, "7c 05 88"},
		{"H264 fragment without end", media.H264, "7c 85 88"},
		{"H264 two beginnings", media.H264, "7c 85 88,7c 85 88"},
		{"H264 NAL unit among fragments", media.H264, "7c 85 88,419a"},
		{"H264 STAP-A in a STAP-A", media.H264, "78 0001 78"},
		{"H264 fragment of a STAP-A", media.H264, "7c 98 88"},
		{"H264 fragment without data", media.H264, "7c 85"},
	}
	for _, tt := range tests {
		format, _ := payloadFormatOf(media.Format{Codec: tt.codec})
		var in [][]byte
		for p := range strings.SplitSeq(tt.payloads, ",") {
			in = append(in, unhex(p))
		}
		if frame, _, ok := unpack(format.unpacker(), in); ok {
			t.Errorf("%s: taken as %x", tt.name, frame)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	tests := []struct{ name, codec, frame string }{
		{"VP8 nothing", media.VP8, ""},
		{"VP9 nothing", media.VP9, ""},
		{"VP9 no frame", media.VP9, "00"},
		{"AV1 nothing", media.AV1, ""},
		{"AV1 OBU beyond the end", media.AV1, "3209 30"},
		{"AV1 nothing but a delimiter", media.AV1, "1200"},
		{"H264 nothing", media.H264, ""},
		{"H264 cut length", media.H264, "000000"},
		{"H264 NAL unit beyond the end", media.H264, "00000005 41"},
		{"H264 start codes", media.H264, "00000001 6742e0"},
		{"H264 type that RTP uses", media.H264, "00000002 7888"},
		{"Opus nothing", media.Opus, ""},
		{"Opus larger than Opus can be", media.Opus, strings.Repeat("00", maxAudio+1)},
	}
	for _, tt := range tests {
		if got, ok := pack(numberedPacker(tt.codec), unhex(tt.frame), false, maxPayload); ok {
			t.Errorf("%s: taken as %x", tt.name, got)
		}
	}
}

func TestUnpackGivesKeyFramesTheirParameterSets(t *testing.T) {
	u := &h264Unpacker{open: -1}
	unpack(u, [][]byte{unhex("78 0002 6742 0002 68ce"), unhex("6588")})
	got, key, ok := unpack(u, [][]byte{unhex("7c 85 8801"), unhex("7c 45 02"), unhex("6540")})
	want := unhex("00000002 6742 00000002 68ce 00000004 65880102 00000002 6540")
	if !ok || !key || !bytes.Equal(got, want) {
		t.Errorf("%x, key %v, %v; want %x", got, key, ok, want)
	}
	got, _, _ = unpack(u, [][]byte{unhex("78 0002 6743 0002 68cf"), unhex("6588")})
	if want := unhex("00000002 6743 00000002 68cf 00000002 6588"); !bytes.Equal(got, want) {
		t.Errorf("with sets of its own: %x, want %x", got, want)
	}
	if got, _, _ = unpack(u, [][]byte{unhex("6588")}); !bytes.Equal(got, unhex("00000002 6743 00000002 68cf 00000002 6588")) {
		t.Errorf("after new sets: %x", got)
	}
}
