package stream

// vp8Descriptor is what an RTP payload of VP8 begins with (RFC 7741 section 4.2),
// as far as it matters for forwarding.
type vp8Descriptor struct {
	begins bool   // first packet of a frame
	size   int    // in bytes: where the frame data is
	idAt   int    // where the picture id is, 0: there is none
	wide   bool   // it has 15 bits, not 7
	id     uint16 // picture id
	tl0At  int    // where the index of the temporal base layer is, 0: there is none
	tl0    uint8
}

// parseVP8 reads a payload descriptor; false when it is cut off.
func parseVP8(b []byte) (d vp8Descriptor, ok bool) {
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
		d.idAt = d.size
		if d.wide = b[d.size]&0x80 != 0; d.wide {
			d.id = uint16(b[d.size]&0x7f)<<8 | uint16(b[d.size+1])
			d.size++
		} else {
			d.id = uint16(b[d.size])
		}
		d.size++
	}
	if extensions&0x40 != 0 { // L
		if len(b) <= d.size {
			return d, false
		}
		d.tl0At, d.tl0 = d.size, b[d.size]
		d.size++
	}
	if extensions&0x30 != 0 { // T, K
		d.size++
	}
	return d, len(b) >= d.size
}

// pictureShift is what an epoch adds to the picture numbers of its source.
type pictureShift struct {
	id  uint16
	tl0 uint8
}

// patch numbers the pictures in b, a copy of a payload that d describes.
func (s pictureShift) patch(b []byte, d *vp8Descriptor) {
	id := d.id + s.id
	switch {
	case d.idAt == 0:
	case d.wide:
		b[d.idAt], b[d.idAt+1] = 0x80|byte(id>>8), byte(id)
	default:
		b[d.idAt] = byte(id) & 0x7f
	}
	if d.tl0At != 0 {
		b[d.tl0At] = d.tl0 + s.tl0
	}
}

// pictures keeps VP8's picture numbers going when the source changes: decoders
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
func (v *pictures) follow(payload []byte) (s pictureShift) {
	d, ok := parseVP8(payload)
	if !ok || !v.used {
		return s
	}
	if d.idAt != 0 {
		s.id = (v.id + 1 - d.id) & 0x7fff
	}
	if d.tl0At != 0 {
		s.tl0 = v.tl0 + 1 - d.tl0
	}
	return s
}

// number returns payload with own numbers; valid until the next call.
func (v *pictures) number(payload []byte, s pictureShift, newest bool) []byte {
	d, ok := parseVP8(payload)
	if !ok {
		return payload
	}
	if newest {
		v.used = true
		if d.idAt != 0 {
			v.id = d.id + s.id
		}
		if d.tl0At != 0 {
			v.tl0 = d.tl0 + s.tl0
		}
	}
	if s == (pictureShift{}) {
		return payload
	}
	v.scratch = append(v.scratch[:0], payload...)
	s.patch(v.scratch, &d)
	return v.scratch
}

// numberAgain returns a copy of payload with the same numbers as before.
func (s pictureShift) numberAgain(payload []byte) []byte {
	d, ok := parseVP8(payload)
	if !ok || s == (pictureShift{}) {
		return payload
	}
	b := append([]byte(nil), payload...)
	s.patch(b, &d)
	return b
}
