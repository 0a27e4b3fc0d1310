package rtp

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

// makeFrame makes a valid frame of about n bytes.
func makeFrame(rnd *rand.Rand, codec string, key bool, n int) []byte {
	fill := func(head string, n int) []byte {
		b := unhex(head)
		for len(b) < n {
			b = append(b, byte(rnd.Uint32())|1) // no zeros, so that H264 has no start codes to escape
		}
		return b
	}
	switch {
	case codec == media.VP8 && key:
		return fill("100200 9d012a 8002 e001", n)
	case codec == media.VP8:
		return fill("110200", n)
	case codec == media.VP9 && key:
		return fill("82498342 0013f00b36", n)
	case codec == media.VP9:
		return fill("860040", n)
	case codec == media.AV1:
		unit, first := []byte{}, "30"
		if key {
			unit, first = unhex("0a0b 000000043d06ccdaf90040"), "10"
		}
		for range 1 + rnd.IntN(3) { // tile groups
			body := fill(first, 128+n/2)
			unit = append(unit, 0x32, byte(len(body))|0x80, byte(len(body)>>7)) // its size in two bytes
			unit = append(unit, body...)
		}
		return unit
	case codec == media.H264:
		var unit []byte
		add := func(nal []byte) {
			unit = append(unit, 0, 0, byte(len(nal)>>8), byte(len(nal)))
			unit = append(unit, nal...)
		}
		first, other := "4180", "4140"
		if key {
			add(unhex("6742e01f"))
			add(unhex("68ce3c80"))
			first, other = "6580", "6540"
		}
		for range 1 + rnd.IntN(3) { // slices
			add(fill(first, n/2+2))
			first = other
		}
		return unit
	}
	return fill("78", min(n, maxAudio))
}

var allCodecs = []string{media.VP8, media.VP9, media.AV1, media.H264, media.Opus, media.PCMU, media.PCMA}

// TestRoundTrip packs frames of all sizes into packets of all sizes and looks whether they
// come back.
func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, codec := range allCodecs {
		format, _ := payloadFormatOf(media.Format{Codec: codec})
		p, u := format.packer(), format.unpacker()
		for i := range 500 {
			_, audio := u.(audioUnpacker)
			room := maxAudio
			if !audio {
				room = 16 + rnd.IntN(maxPayload)
			}
			key := i%7 == 0
			frame := makeFrame(rnd, codec, key, 1+rnd.IntN(5000))
			payloads, ok := pack(p, frame, key, room)
			if !ok {
				t.Fatalf("%s: %x refused", codec, frame)
			}
			got, gotKey, ok := unpack(u, payloads)
			if !ok || gotKey != (key || audio) || !bytes.Equal(got, frame) {
				t.Fatalf("%s: frame %d of %d bytes in packets of %d came back as %d bytes, key %v for %v", codec, i, len(frame), room, len(got), gotKey, key)
			}
		}
	}
}

// FuzzUnpack feeds what it gets to an unpacker, packet by packet, and what comes out to the
// packer and back.
func FuzzUnpack(f *testing.F) {
	for _, tt := range cases {
		var in []byte
		for _, p := range tt.payloads {
			b := unhex(p)
			in = append(append(in, byte(len(b))), b...)
		}
		for i, c := range allCodecs {
			if c == tt.codec {
				f.Add(byte(i), in)
			}
		}
	}
	f.Fuzz(func(t *testing.T, codec byte, in []byte) {
		name := allCodecs[int(codec)%len(allCodecs)]
		format, _ := payloadFormatOf(media.Format{Codec: name})
		u := format.unpacker()
		var payloads [][]byte
		for len(in) > 1 {
			n := min(int(in[0]), len(in)-1)
			if n > 0 {
				u.begins(in[1 : 1+n])
				payloads = append(payloads, in[1:1+n])
			}
			in = in[1+n:]
		}
		frame, key, ok := unpack(u, payloads)
		if !ok {
			return
		}
		frame = bytes.Clone(frame)
		room := 50
		if _, audio := u.(audioUnpacker); audio {
			room = maxAudio
		}
		packed, ok := pack(numberedPacker(name), frame, key, room)
		if !ok {
			return // of an H264 access unit only a delimiter, or something else that is not sent
		}
		again, _, ok := unpack(format.unpacker(), packed)
		if !ok || (name == media.VP8 || name == media.VP9) && !bytes.Equal(again, frame) {
			t.Errorf("%s: %x came back as %x", name, frame, again)
		}
	})
}
