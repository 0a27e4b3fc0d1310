package rtp

import (
	"math/rand/v2"

	"github.com/rivero-media/rivero/pipeline/codec/vp9"
)

// vp9Descriptor is what matters of the payload descriptor (RFC 9628 §4.2).
type vp9Descriptor struct {
	PictureNumbers
	start     bool // of a layer frame
	predicted bool // from another picture
	layer     byte // spatial
}

// The bits of the descriptor's first byte.
const (
	vp9PictureID = 0x80
	vp9Predicted = 0x40
	vp9Layers    = 0x20
	vp9Flexible  = 0x10
	vp9Start     = 0x08
	vp9End       = 0x04
	vp9Structure = 0x02
	vp9NoUpper   = 0x01
)

// vp9Header parses the payload descriptor and returns what follows it.
func vp9Header(b []byte) (d vp9Descriptor, rest []byte, err error) {
	if len(b) == 0 {
		return d, nil, errPayload
	}
	flags := b[0]
	d.start, d.predicted = flags&vp9Start != 0, flags&vp9Predicted != 0
	r := cursor{b: b[1:]}
	if flags&vp9PictureID != 0 {
		d.IDAt, d.ID = len(b)-len(r.b), uint16(r.byte())
		if d.Wide = d.ID&0x80 != 0; d.Wide {
			d.ID = d.ID&0x7f<<8 | uint16(r.byte())
		}
	}
	if flags&vp9Layers != 0 {
		d.layer = r.byte() >> 1 & 7
		if flags&vp9Flexible == 0 {
			d.TL0At, d.TL0 = len(b)-len(r.b), r.byte()
		}
	}
	if flags&vp9Flexible != 0 && d.predicted {
		for i := 0; i < 3 && r.byte()&1 != 0; i++ { // P_DIFF, as long as N is set
		}
	}
	if flags&vp9Structure != 0 {
		r.skipVP9Structure()
	}
	if r.failed || len(r.b) == 0 {
		return d, nil, errPayload
	}
	return d, r.b, nil
}

// cursor reads bytes; past the end it reads zeros and fails.
type cursor struct {
	b      []byte
	failed bool
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.failed = true
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) skip(n int) {
	if n > len(c.b) {
		c.failed = true
		n = len(c.b)
	}
	c.b = c.b[n:]
}

// skipVP9Structure passes over the scalability structure (RFC 9628 §4.2.1).
func (c *cursor) skipVP9Structure() {
	head := c.byte()
	if head&0x10 != 0 { // Y: width and height of each layer
		c.skip(4 * (int(head>>5) + 1))
	}
	if head&0x08 != 0 { // G: description of a picture group
		for range c.byte() {
			c.skip(int(c.byte() >> 2 & 3))
		}
	}
}

// vp9Unpacker makes one frame of a picture. The frames of several spatial layers become a
// superframe.
type vp9Unpacker struct {
	starts []int // of the layer frames, in the frame in the making
}

func (u *vp9Unpacker) begins(payload []byte) (frame, key bool) { return vp9Begins(payload) }

func vp9Begins(payload []byte) (frame, key bool) {
	d, rest, err := vp9Header(payload)
	if err != nil || !d.start || d.layer != 0 {
		return false, false
	}
	return true, !d.predicted && vp9.IsKeyFrame(rest)
}

func (u *vp9Unpacker) unpack(frame, payload []byte) ([]byte, error) {
	d, rest, err := vp9Header(payload)
	if err != nil {
		return frame, err
	}
	if d.start {
		if len(u.starts) == maxVP9Layers {
			return frame, errPayload
		}
		u.starts = append(u.starts, len(frame))
	}
	return append(frame, rest...), nil
}

func (u *vp9Unpacker) finish(frame []byte) (whole []byte, key, ok bool) {
	starts := u.starts
	u.starts = u.starts[:0]
	h, err := vp9.ParseHeader(frame)
	if err != nil {
		return nil, false, false
	}
	if len(starts) > 1 {
		frame = appendVP9Index(frame, starts)
	}
	return frame, h.Key, true
}

// maxVP9Layers is how many frames a superframe can hold.
const maxVP9Layers = 8

// appendVP9Index appends the index that makes a superframe of the frames that
// begin at starts (VP9 specification, Annex B).
func appendVP9Index(frame []byte, starts []int) []byte {
	const sizeBytes = 4
	end := len(frame)
	marker := byte(0xc0 | (sizeBytes-1)<<3 | (len(starts) - 1))
	frame = append(frame, marker)
	for i, start := range starts {
		next := end
		if i+1 < len(starts) {
			next = starts[i+1]
		}
		size := next - start
		frame = append(frame, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	}
	return append(frame, marker)
}

// vp9Packer uses non-flexible mode without layers: each picture refers to the one before it.
// The size goes with each key frame.
type vp9Packer struct {
	picture uint16
	header  vp9.Header
	key     bool
	rest    []byte
	started bool
}

func newVP9Packer() packer { return &vp9Packer{picture: uint16(rand.Uint32())} }

func (p *vp9Packer) load(frame []byte, key bool) bool {
	var err error
	p.header, err = vp9.ParseHeader(frame)
	p.rest, p.started, p.key = frame, false, key && p.header.Key
	p.picture++
	return err == nil
}

func (p *vp9Packer) next(buf []byte) (n int, last bool) {
	flags := byte(vp9PictureID | vp9NoUpper)
	if !p.key {
		flags |= vp9Predicted
	}
	buf[1] = 0x80 | byte(p.picture>>8)
	buf[2] = byte(p.picture)
	n = 3
	if !p.started {
		p.started = true
		flags |= vp9Start
		if p.key {
			flags |= vp9Structure
			w, h := p.header.Width, p.header.Height
			n += copy(buf[n:], []byte{0x10, byte(w >> 8), byte(w), byte(h >> 8), byte(h)}) // one layer, Y
		}
	}
	k := copy(buf[n:], p.rest)
	p.rest = p.rest[k:]
	if len(p.rest) == 0 {
		flags |= vp9End
	}
	buf[0] = flags
	return n + k, len(p.rest) == 0
}
