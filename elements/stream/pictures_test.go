package stream

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// vp8Picture is a packet with a picture id of 15 bits and a TL0PICIDX.
func vp8Picture(id uint16, tl0 uint8, key bool) []byte {
	b := []byte{0x90, 0xc0, 0x80 | byte(id>>8), byte(id), tl0, 1, 0xaa}
	if key {
		b[5] = 0
	}
	return b
}

// vp9Picture is a packet with a picture id and a TL0PICIDX.
func vp9Picture(id uint16, tl0 uint8, wide bool) []byte {
	if wide {
		return []byte{0xac, 0x80 | byte(id>>8), byte(id), 0, tl0, 0x82, 0xaa}
	}
	return []byte{0xac, byte(id) & 0x7f, 0, tl0, 0x82, 0xaa}
}

// pictureOf reads the numbers back.
func pictureOf(t *testing.T, codec string, b []byte) (id uint16, tl0 uint8) {
	t.Helper()
	d, ok := rtp.ParsePictureNumbers(codec, b)
	if !ok {
		t.Fatalf("no descriptor in % x", b)
	}
	return d.ID, d.TL0
}

func TestPicturesGoOnAfterASwitch(t *testing.T) {
	var v pictures
	first := vp8Picture(0x7ffe, 254, true)
	if got := v.number(media.VP8, first, v.follow(media.VP8, first), true); &got[0] != &first[0] {
		t.Error("the first source's payload was copied")
	}
	v.number(media.VP8, vp8Picture(0x7fff, 255, false), pictureShift{}, true)

	key := vp8Picture(500, 17, true)
	shift := v.follow(media.VP8, key)
	for i := range 3 {
		payload := vp8Picture(500+uint16(i), 17+uint8(i), i == 0)
		got := append([]byte(nil), v.number(media.VP8, payload, shift, true)...)
		if id, tl0 := pictureOf(t, media.VP8, got); id != uint16(i) || tl0 != uint8(i) {
			t.Errorf("picture %d after the switch has numbers %d, %d", i, id, tl0)
		}
		if again := new(pictures).numberAgain(media.VP8, payload, shift); string(again) != string(got) {
			t.Errorf("sent again as % x, first as % x", again, got)
		}
	}
}

func TestPicturesOfSevenBits(t *testing.T) {
	var v pictures
	v.number(media.VP8, []byte{0x90, 0x80, 0x7e, 0}, pictureShift{}, true)
	next := []byte{0x90, 0x80, 0x05, 0}
	shift := v.follow(media.VP8, next)
	for _, want := range []uint16{0x7f, 0, 1} {
		got := v.number(media.VP8, next, shift, true)
		if id, _ := pictureOf(t, media.VP8, got); id != want || got[2]&0x80 != 0 {
			t.Errorf("id %d, want %d in 7 bits", id, want)
		}
		next[2]++
	}
}

func TestPicturesWithoutNumbersStay(t *testing.T) {
	var v pictures
	v.number(media.VP8, vp8Picture(7, 1, true), pictureShift{}, true)
	plain := []byte{0x10, 0x00, 0x01}
	if got := v.number(media.VP8, plain, v.follow(media.VP8, plain), true); &got[0] != &plain[0] {
		t.Error("a payload without numbers was copied")
	}
	again := vp8Picture(900, 3, true)
	if id, _ := pictureOf(t, media.VP8, v.number(media.VP8, again, v.follow(media.VP8, again), true)); id != 8 {
		t.Errorf("picture after a source without numbers is %d, want 8", id)
	}
}

func TestPicturesOfVP9(t *testing.T) {
	for _, wide := range []bool{true, false} {
		mask := uint16(0x7f)
		if wide {
			mask = 0x7fff
		}
		var v pictures
		for i := range uint16(3) {
			payload := vp9Picture(mask-2+i, 253+uint8(i), wide)
			if got := v.number(media.VP9, payload, v.follow(media.VP9, payload), true); i == 0 && &got[0] != &payload[0] {
				t.Error("the first source's payload was copied")
			}
		}
		shift := v.follow(media.VP9, vp9Picture(50, 17, wide))
		for i := range uint16(3) {
			payload := vp9Picture(50+i, 17+uint8(i), wide)
			before := string(payload)
			got := append([]byte(nil), v.number(media.VP9, payload, shift, true)...)
			if string(got) != string(vp9Picture(i, uint8(i), wide)) {
				t.Errorf("picture %d after the switch is % x", i, got)
			}
			if before != string(payload) {
				t.Error("the source's payload was changed")
			}
			if again := v.numberAgain(media.VP9, payload, shift); string(again) != string(got) {
				t.Errorf("sent again as % x, first as % x", again, got)
			}
		}
	}
}

func TestPicturesOfVP9Layouts(t *testing.T) {
	shift := pictureShift{id: 3, tl0: 5}
	tests := []struct {
		name       string
		from, want []byte
	}{
		{"no numbers", []byte{0x0c, 0x82}, []byte{0x0c, 0x82}},
		{"id only", []byte{0x8c, 0x10, 0x82}, []byte{0x8c, 0x13, 0x82}},
		{"layers without an id", []byte{0x2c, 0x00, 9, 0x82}, []byte{0x2c, 0x00, 14, 0x82}},
		{"flexible has no TL0PICIDX", []byte{0xfc, 0x10, 0x00, 0x03, 0x02, 0x82}, []byte{0xfc, 0x13, 0x00, 0x03, 0x02, 0x82}},
		{"cut off", []byte{0xac, 0x10, 0x00}, []byte{0xac, 0x10, 0x00}},
		{"second spatial layer", []byte{0xac, 0x90, 0xff, 0x02, 255, 0x82}, []byte{0xac, 0x91, 0x02, 0x02, 4, 0x82}},
	}
	for _, tt := range tests {
		if got := new(pictures).number(media.VP9, tt.from, shift, true); string(got) != string(tt.want) {
			t.Errorf("%s: % x, want % x", tt.name, got, tt.want)
		}
	}
}

func TestPicturesAllocateNothing(t *testing.T) {
	var v pictures
	payload := vp9Picture(50, 17, true)
	v.number(media.VP9, payload, pictureShift{id: 1}, true)
	if n := testing.AllocsPerRun(100, func() { v.number(media.VP9, payload, pictureShift{id: 1}, true) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzNumber(f *testing.F) {
	f.Add(false, vp8Picture(0x7ffe, 254, true))
	f.Add(false, []byte{0x90, 0x80, 0x81})
	f.Add(true, vp9Picture(0x7ffe, 254, true))
	f.Add(true, vp9Picture(0x7e, 254, false))
	f.Add(true, []byte{0xbe, 0x81})
	f.Fuzz(func(t *testing.T, vp9 bool, payload []byte) {
		codec := media.VP8
		if vp9 {
			codec = media.VP9
		}
		before := string(payload)
		shift := pictureShift{id: 0x1234, tl0: 7}
		var v pictures
		again := v.number(codec, payload, shift, true)
		if len(again) != len(payload) {
			t.Errorf("numbering made %d bytes of %d", len(again), len(payload))
		}
		if before != string(payload) {
			t.Error("the payload was changed")
		}
		was, ok := rtp.ParsePictureNumbers(codec, payload)
		if !ok {
			return
		}
		is, ok := rtp.ParsePictureNumbers(codec, again)
		was.ID, was.TL0 = was.ID+shift.id, was.TL0+shift.tl0
		if was.Wide {
			was.ID &= 0x7fff
		} else {
			was.ID &= 0x7f
		}
		if was.IDAt == 0 {
			was.ID = 0
		}
		if was.TL0At == 0 {
			was.TL0 = 0
		}
		if !ok || is != was {
			t.Errorf("numbers %+v, want %+v", is, was)
		}
	})
}
