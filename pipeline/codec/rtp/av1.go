package rtp

import "github.com/rivero-media/rivero/pipeline/codec/av1"

// The aggregation header (RTP Payload Format For AV1, version 1.0, §4.4).
const (
	av1Continues = 0x80 // Z: the first element is the rest of an OBU
	av1Unended   = 0x40 // Y: the last element goes on in the next packet
	av1NewVideo  = 0x08 // N: first packet of a coded video sequence
)

// maxOBUs is how many OBUs a temporal unit may have; a tile group each for the most tiles
// there can be.
const maxOBUs = 4096

// span is a part of a buffer.
type span struct{ start, end int }

// av1Unpacker collects the OBUs of a temporal unit as they come, and gives them their size
// fields at the end.
type av1Unpacker struct {
	obus []span // in the frame in the making
	open bool   // the last one goes on
	unit []byte
}

func (u *av1Unpacker) begins(payload []byte) (frame, key bool) { return av1Begins(payload) }

func av1Begins(payload []byte) (frame, key bool) {
	if payload[0]&av1Continues != 0 {
		return false, false
	}
	rest := payload[1:]
	if payload[0]>>4&3 != 1 { // the first element has its size
		_, n := av1.ReadLEB128(rest)
		rest = rest[n:]
	}
	sequence := len(rest) > 0 && av1.OBUType(rest[0]>>3&0xf) == av1.SequenceHeaderOBU
	return true, sequence || payload[0]&av1NewVideo != 0
}

func (u *av1Unpacker) unpack(frame, payload []byte) ([]byte, error) {
	head, rest := payload[0], payload[1:]
	continues := head&av1Continues != 0
	if continues != u.open || len(rest) == 0 {
		return frame, errPayload
	}
	count := int(head >> 4 & 3) // W: the last of so many has no size; 0: all have one
	for i := 1; len(rest) > 0; i++ {
		size, n := uint64(len(rest)), 0
		if i != count {
			size, n = av1.ReadLEB128(rest)
			if n == 0 || size > uint64(len(rest)-n) {
				return frame, errPayload
			}
		}
		element := rest[n : n+int(size)]
		rest = rest[n+int(size):]
		switch {
		case i == 1 && continues:
			u.obus[len(u.obus)-1].end += len(element)
		case len(u.obus) == maxOBUs:
			return frame, errPayload
		default:
			u.obus = append(u.obus, span{len(frame), len(frame) + len(element)})
		}
		frame = append(frame, element...)
	}
	u.open = head&av1Unended != 0
	return frame, nil
}

func (u *av1Unpacker) finish(frame []byte) (whole []byte, key, ok bool) {
	obus, open := u.obus, u.open
	u.obus, u.open = u.obus[:0], false
	if frame == nil || open {
		return nil, false, false
	}
	u.unit = u.unit[:0]
	for _, o := range obus {
		if o.start == o.end {
			continue
		}
		obu, _, err := av1.NextOBU(frame[o.start:o.end])
		if err != nil {
			return nil, false, false
		}
		if obu.Type != av1.TemporalDelimiterOBU && obu.Type != av1.TileListOBU {
			u.unit = obu.AppendTo(u.unit)
		}
	}
	return u.unit, av1.IsKeyFrame(u.unit), len(u.unit) > 0
}

// av1Packer fills packets with OBUs one after the other, each element with its size. Without
// their own size fields and without temporal delimiters, as the payload format wants it (§5).
type av1Packer struct {
	obus   []av1.OBU
	left   []av1.OBU // the tail of obus that is still to be sent
	offset int       // in the first of left, what is already sent
	fresh  bool      // the next packet is the first of a key frame
}

const sizeBit = 0x02 // of an OBU header

func (p *av1Packer) load(unit []byte, key bool) bool {
	p.obus, p.offset, p.fresh = p.obus[:0], 0, key
	for len(unit) > 0 {
		obu, rest, err := av1.NextOBU(unit)
		if err != nil || len(p.obus) == maxOBUs {
			return false
		}
		if obu.Type != av1.TemporalDelimiterOBU && obu.Type != av1.TileListOBU && obu.Type != av1.PaddingOBU {
			p.obus = append(p.obus, obu)
		}
		unit = rest
	}
	p.left = p.obus
	return len(p.left) > 0
}

func (p *av1Packer) next(buf []byte) (n int, last bool) {
	buf[0] = 0
	if p.fresh {
		buf[0] |= av1NewVideo
		p.fresh = false
	}
	if p.offset > 0 {
		buf[0] |= av1Continues
	}
	n = 1
	for len(p.left) > 0 {
		left := p.left[0].Size() - p.offset
		room := len(buf) - n - av1.SizeLEB128(min(left, len(buf)))
		if room <= 0 {
			break
		}
		size := min(left, room)
		n += len(av1.AppendLEB128(buf[n:n], uint64(size)))
		p.copy(buf[n : n+size])
		n += size
		if size < left {
			p.offset += size
			buf[0] |= av1Unended
			break
		}
		p.left, p.offset = p.left[1:], 0
	}
	return n, len(p.left) == 0
}

// copy copies the first OBU from offset on, header without size field first.
func (p *av1Packer) copy(to []byte) {
	o, at := p.left[0], p.offset
	if at < len(o.Header) {
		k := copy(to, o.Header[at:])
		if at == 0 && k > 0 {
			to[0] &^= sizeBit
		}
		to, at = to[k:], at+k
	}
	if len(to) > 0 {
		copy(to, o.Payload[at-len(o.Header):])
	}
}
