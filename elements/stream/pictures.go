package stream

import "github.com/rivero-media/rivero/pipeline/codec/rtp"

// pictureShift is what an epoch adds to the picture numbers of its source.
type pictureShift struct {
	id  uint16
	tl0 uint8
}

// patch numbers the pictures in b, a copy of a payload that has the numbers d.
func (s pictureShift) patch(b []byte, d *rtp.PictureNumbers) {
	id := d.ID + s.id
	switch {
	case d.IDAt == 0:
	case d.Wide:
		b[d.IDAt], b[d.IDAt+1] = 0x80|byte(id>>8), byte(id)
	default:
		b[d.IDAt] = byte(id) & 0x7f
	}
	if d.TL0At != 0 {
		b[d.TL0At] = d.TL0 + s.tl0
	}
}

// pictures keeps the picture numbers of VP8 and VP9 going when the source changes: decoders
// take a step back for an old frame, and a gap for a lost one. The payload
// belongs to the source, so it is copied, but only once the numbers differ: for
// a sender that never changed its source nothing is.
type pictures struct {
	used    bool
	id      uint16 // own numbers of the newest frame
	tl0     uint8
	scratch []byte
}

// follow gives the shift of an epoch that begins with payload.
func (v *pictures) follow(codec string, payload []byte) (s pictureShift) {
	d, ok := rtp.ParsePictureNumbers(codec, payload)
	if !ok || !v.used {
		return s
	}
	if d.IDAt != 0 {
		s.id = (v.id + 1 - d.ID) & 0x7fff
	}
	if d.TL0At != 0 {
		s.tl0 = v.tl0 + 1 - d.TL0
	}
	return s
}

// number returns payload with own numbers; valid until the next call.
func (v *pictures) number(codec string, payload []byte, s pictureShift, newest bool) []byte {
	d, ok := rtp.ParsePictureNumbers(codec, payload)
	if !ok {
		return payload
	}
	if newest {
		v.used = true
		if d.IDAt != 0 {
			v.id = d.ID + s.id
		}
		if d.TL0At != 0 {
			v.tl0 = d.TL0 + s.tl0
		}
	}
	if s == (pictureShift{}) {
		return payload
	}
	v.scratch = append(v.scratch[:0], payload...)
	s.patch(v.scratch, &d)
	return v.scratch
}

// numberAgain returns payload with the numbers of an epoch; valid until the next call.
func (v *pictures) numberAgain(codec string, payload []byte, s pictureShift) []byte {
	d, ok := rtp.ParsePictureNumbers(codec, payload)
	if !ok || s == (pictureShift{}) {
		return payload
	}
	v.scratch = append(v.scratch[:0], payload...)
	s.patch(v.scratch, &d)
	return v.scratch
}
