package rtp

import (
	"errors"
	"math/rand/v2"

	"github.com/rivero-media/rivero/pipeline/codec/vp8"
)

// errPayload is returned for a payload that its format does not allow.
var errPayload = errors.New("malformed RTP payload")

// vp8Descriptor is what an RTP payload of VP8 begins with (RFC 7741 §4.2), as far as it matters.
type vp8Descriptor struct {
	PictureNumbers
	begins bool // first packet of a frame
	size   int  // in bytes: where the frame data is
}

// vp8Header reads a payload descriptor; false when it is cut off.
func vp8Header(b []byte) (d vp8Descriptor, ok bool) {
	if len(b) == 0 {
		return d, false
	}
	d.begins = b[0]&0x10 != 0 && b[0]&0x07 == 0 // S, and PID says the first partition
	d.size = 1
	if b[0]&0x80 == 0 { // X
		return d, true
	}
	if len(b) < 2 {
		return d, false
	}
	extensions := b[1]
	d.size = 2
	if extensions&0x80 != 0 { // I
		if len(b) < d.size+2 {
			return d, false
		}
		d.IDAt = d.size
		if d.Wide = b[d.size]&0x80 != 0; d.Wide {
			d.ID = uint16(b[d.size]&0x7f)<<8 | uint16(b[d.size+1])
			d.size++
		} else {
			d.ID = uint16(b[d.size])
		}
		d.size++
	}
	if extensions&0x40 != 0 { // L
		if len(b) <= d.size {
			return d, false
		}
		d.TL0At, d.TL0 = d.size, b[d.size]
		d.size++
	}
	if extensions&0x30 != 0 { // T, K
		d.size++
	}
	return d, len(b) >= d.size
}

type vp8Unpacker struct{}

func (vp8Unpacker) begins(payload []byte) (frame, key bool) {
	d, ok := vp8Header(payload)
	frame = ok && d.begins && len(payload) > d.size
	return frame, frame && payload[d.size]&1 == 0
}

func (vp8Unpacker) unpack(frame, payload []byte) ([]byte, error) {
	d, ok := vp8Header(payload)
	if !ok || len(payload) == d.size {
		return frame, errPayload
	}
	return append(frame, payload[d.size:]...), nil
}

func (vp8Unpacker) finish(frame []byte) (whole []byte, key, ok bool) {
	h, err := vp8.ParseHeader(frame)
	return frame, h.Key, err == nil
}

// vp8Packer counts pictures with 15 bits, which receivers need to tell loss from silence.
type vp8Packer struct {
	picture uint16
	rest    []byte
	started bool
}

func newVP8Packer() packer { return &vp8Packer{picture: uint16(rand.Uint32())} }

func (p *vp8Packer) load(frame []byte, _ bool) bool {
	p.rest, p.started = frame, false
	p.picture++
	return len(frame) > 0
}

func (p *vp8Packer) next(buf []byte) (n int, last bool) {
	buf[0] = 0x80 // X
	if !p.started {
		buf[0] |= 0x10 // S
		p.started = true
	}
	buf[1] = 0x80 // I
	buf[2] = 0x80 | byte(p.picture>>8)
	buf[3] = byte(p.picture)
	k := copy(buf[4:], p.rest)
	p.rest = p.rest[k:]
	return 4 + k, len(p.rest) == 0
}
