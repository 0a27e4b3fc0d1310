package stream

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec/rtp"
)

// vp8Picture is a packet with a picture id of 15 bits and a TL0PICIDX.
func vp8Picture(id uint16, tl0 uint8, key bool) []byte {
	b := []byte{0x90, 0xc0, 0x80 | byte(id>>8), byte(id), tl0, 1, 0xaa}
	if key {
		b[5] = 0
	}
	return b
}

// pictureOf reads the numbers back.
func pictureOf(t *testing.T, b []byte) (id uint16, tl0 uint8) {
	t.Helper()
	d, ok := rtp.ParseVP8(b)
	if !ok {
		t.Fatalf("no descriptor in % x", b)
	}
	return d.ID, d.TL0
}

func TestPicturesGoOnAfterASwitch(t *testing.T) {
	var v pictures
	first := vp8Picture(0x7ffe, 254, true)
	if got := v.number(first, v.follow(first), true); &got[0] != &first[0] {
		t.Error("the first source's payload was copied")
	}
	v.number(vp8Picture(0x7fff, 255, false), pictureShift{}, true)

	key := vp8Picture(500, 17, true)
	shift := v.follow(key)
	for i := range 3 {
		payload := vp8Picture(500+uint16(i), 17+uint8(i), i == 0)
		got := append([]byte(nil), v.number(payload, shift, true)...)
		if id, tl0 := pictureOf(t, got); id != uint16(i) || tl0 != uint8(i) {
			t.Errorf("picture %d after the switch has numbers %d, %d", i, id, tl0)
		}
		if again := new(pictures).numberAgain(payload, shift); string(again) != string(got) {
			t.Errorf("sent again as % x, first as % x", again, got)
		}
	}
}

func TestPicturesOfSevenBits(t *testing.T) {
	var v pictures
	v.number([]byte{0x90, 0x80, 0x7e, 0}, pictureShift{}, true)
	next := []byte{0x90, 0x80, 0x05, 0}
	shift := v.follow(next)
	for _, want := range []uint16{0x7f, 0, 1} {
		got := v.number(next, shift, true)
		if id, _ := pictureOf(t, got); id != want || got[2]&0x80 != 0 {
			t.Errorf("id %d, want %d in 7 bits", id, want)
		}
		next[2]++
	}
}

func TestPicturesWithoutNumbersStay(t *testing.T) {
	var v pictures
	v.number(vp8Picture(7, 1, true), pictureShift{}, true)
	plain := []byte{0x10, 0x00, 0x01}
	if got := v.number(plain, v.follow(plain), true); &got[0] != &plain[0] {
		t.Error("a payload without numbers was copied")
	}
	again := vp8Picture(900, 3, true)
	if id, _ := pictureOf(t, v.number(again, v.follow(again), true)); id != 8 {
		t.Errorf("picture after a source without numbers is %d, want 8", id)
	}
}

func FuzzNumber(f *testing.F) {
	f.Add(vp8Picture(0x7ffe, 254, true))
	f.Add([]byte{0x90, 0x80, 0x81})
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := string(payload)
		var v pictures
		if again := v.number(payload, pictureShift{id: 0x1234, tl0: 7}, true); len(again) != len(payload) {
			t.Errorf("numbering made %d bytes of %d", len(again), len(payload))
		}
		if before != string(payload) {
			t.Error("the payload was changed")
		}
	})
}
