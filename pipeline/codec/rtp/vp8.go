package rtp

import (
	"errors"
	"math/rand/v2"

	"github.com/rivero-media/rivero/pipeline/codec/vp8"
)

// errPayload is returned for a payload that its format does not allow.
var errPayload = errors.New("malformed RTP payload")

// vp8Header parses the payload descriptor (RFC 7741 §4.2) and returns what follows it.
// start is the beginning of a frame's first partition.
func vp8Header(b []byte) (start bool, rest []byte, err error) {
	const extended, pictureID, tl0PicIdx, tid, keyIdx = 0x80, 0x80, 0x40, 0x20, 0x10
	if len(b) == 0 {
		return false, nil, errPayload
	}
	start = b[0]&0x10 != 0 && b[0]&0x07 == 0
	n := 1
	if b[0]&extended != 0 {
		if len(b) < 2 {
			return false, nil, errPayload
		}
		flags := b[1]
		n = 2
		if flags&pictureID != 0 {
			if n < len(b) && b[n]&0x80 != 0 {
				n++
			}
			n++
		}
		if flags&tl0PicIdx != 0 {
			n++
		}
		if flags&(tid|keyIdx) != 0 {
			n++
		}
	}
	if len(b) <= n {
		return false, nil, errPayload
	}
	return start, b[n:], nil
}

type vp8Unpacker struct{}

func (vp8Unpacker) begins(payload []byte) (frame, key bool) {
	start, rest, err := vp8Header(payload)
	return err == nil && start, err == nil && start && rest[0]&1 == 0
}

func (vp8Unpacker) unpack(frame, payload []byte) ([]byte, error) {
	_, rest, err := vp8Header(payload)
	return append(frame, rest...), err
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
