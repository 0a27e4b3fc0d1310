package rtp

import "encoding/binary"

// NAL unit types (ITU-T H.264 table 7-1, RFC 6184 §5.2).
const (
	nalIDR    = 5
	nalSPS    = 7
	nalPPS    = 8
	nalAUD    = 9
	nalFiller = 12
	nalSTAPA  = 24
	nalFUA    = 28

	nalType       = 0x1f
	nalImportance = 0x60 // nal_ref_idc
	nalForbidden  = 0x80
	fuStart       = 0x80
	fuEnd         = 0x40
	lengthBytes   = 4 // of a NAL unit in a frame
)

// h264Unpacker takes single NAL units, STAP-A and FU-A: what packetization modes 0 and 1 allow
// (RFC 6184 §5.4).
type h264Unpacker struct {
	open int // where the NAL unit begins of which fragments are coming, -1: none
	// Of the frame in the making: it has an IDR slice, its own parameter sets.
	idr, ownSets bool
	// sets are the parameter sets that came last, as in a frame. A key frame that has none of
	// its own gets them.
	sets []byte
}

// maxSets bounds the parameter sets that are remembered.
const maxSets = 4096

func (u *h264Unpacker) begins(payload []byte) (frame, key bool) {
	return h264Begins(payload, len(u.sets) > 0)
}

// h264Begins is begins for a stream whose parameter sets are known or not.
func h264Begins(payload []byte, sets bool) (frame, key bool) {
	t := payload[0] & nalType
	switch {
	case t == nalFUA:
		if len(payload) < 3 || payload[1]&fuStart == 0 {
			return false, false
		}
		return true, h264OpensKey(payload[1]&nalType, payload[2], sets)
	case t == nalSTAPA:
		eachAggregated(payload[1:], func(nal []byte) {
			key = key || len(nal) > 1 && h264OpensKey(nal[0]&nalType, nal[1], sets)
		})
		return true, key
	}
	return true, len(payload) > 1 && h264OpensKey(t, payload[1], sets)
}

// h264OpensKey tells whether an access unit can be decoded from this NAL unit on: parameter sets,
// or if they are known the first slice of an IDR picture, whose first_mb_in_slice is 0, a
// single bit 1.
func h264OpensKey(t, second byte, sets bool) bool {
	return t == nalSPS || t == nalIDR && sets && second&0x80 != 0
}

// eachAggregated calls f for the NAL units of a STAP-A; false when it is malformed.
func eachAggregated(b []byte, f func(nal []byte)) bool {
	for len(b) > 0 {
		if len(b) < 2 {
			return false
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || size > len(b)-2 || !isNAL(b[2]&nalType) {
			return false
		}
		f(b[2 : 2+size])
		b = b[2+size:]
	}
	return true
}

func (u *h264Unpacker) unpack(frame, payload []byte) ([]byte, error) {
	t := payload[0] & nalType
	if t != nalFUA && u.open >= 0 {
		return frame, errPayload
	}
	switch {
	case t == nalFUA:
		return u.unpackFragment(frame, payload)
	case t == nalSTAPA:
		if !eachAggregated(payload[1:], func(nal []byte) { frame = u.add(frame, nal) }) {
			return frame, errPayload
		}
		return frame, nil
	case !isNAL(t): // interleaved mode, or undefined
		return frame, errPayload
	}
	return u.add(frame, payload), nil
}

// isNAL tells whether a type is one of H.264 itself, not one that RTP adds.
func isNAL(t byte) bool { return t > 0 && t < nalSTAPA }

// add appends a whole NAL unit.
func (u *h264Unpacker) add(frame, nal []byte) []byte {
	u.remember(nal)
	frame = u.prepare(frame, nal[0]&nalType)
	return appendNAL(frame, nal)
}

func appendNAL(b, nal []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(nal)))
	return append(b, nal...)
}

// remember keeps a parameter set. A sequence parameter set replaces all before the frame it is in.
func (u *h264Unpacker) remember(nal []byte) {
	t := nal[0] & nalType
	if t != nalSPS && t != nalPPS {
		return
	}
	if t == nalSPS && !u.ownSets {
		u.sets = u.sets[:0]
		u.ownSets = true
	}
	if len(u.sets)+len(nal) <= maxSets {
		u.sets = appendNAL(u.sets, nal)
	}
}

// prepare puts parameter sets in front of the first slice of a key frame that came without.
func (u *h264Unpacker) prepare(frame []byte, t byte) []byte {
	if t != nalIDR || u.idr {
		return frame
	}
	u.idr = true
	if !u.ownSets {
		frame = append(frame, u.sets...)
	}
	return frame
}

// unpackFragment appends a fragment of a NAL unit (RFC 6184 §5.8).
func (u *h264Unpacker) unpackFragment(frame, payload []byte) ([]byte, error) {
	if len(payload) < 3 || (payload[1]&fuStart != 0) != (u.open < 0) || !isNAL(payload[1]&nalType) {
		return frame, errPayload
	}
	if u.open < 0 {
		header := payload[0]&^nalType | payload[1]&nalType
		frame = u.prepare(frame, header&nalType)
		u.open = len(frame)
		frame = append(frame, 0, 0, 0, 0, header)
	}
	frame = append(frame, payload[2:]...)
	if payload[1]&fuEnd != 0 {
		binary.BigEndian.PutUint32(frame[u.open:], uint32(len(frame)-u.open-lengthBytes))
		u.open = -1
	}
	return frame, nil
}

func (u *h264Unpacker) finish(frame []byte) (whole []byte, key, ok bool) {
	key, ok = u.idr, u.open < 0 && len(frame) > 0
	u.idr, u.ownSets, u.open = false, false, -1
	return frame, key, ok
}

// h264Packer makes single NAL units, STAP-A and FU-A.
type h264Packer struct {
	nals   [][]byte
	left   [][]byte // the tail of nals that is still to be sent
	offset int      // in the first of left, what is already sent in fragments
}

func (p *h264Packer) load(frame []byte, _ bool) bool {
	p.nals, p.offset = p.nals[:0], 0
	for len(frame) > 0 {
		if len(frame) < lengthBytes {
			return false
		}
		size := binary.BigEndian.Uint32(frame)
		if uint64(size) > uint64(len(frame)-lengthBytes) {
			return false
		}
		nal := frame[lengthBytes : lengthBytes+size]
		frame = frame[lengthBytes+size:]
		if size == 0 {
			continue
		}
		switch t := nal[0] & nalType; {
		case !isNAL(t):
			return false
		case t != nalAUD && t != nalFiller:
			p.nals = append(p.nals, nal)
		}
	}
	p.left = p.nals
	return len(p.left) > 0
}

func (p *h264Packer) next(buf []byte) (n int, last bool) {
	switch count := p.fitting(len(buf)); {
	case p.offset > 0 || count == 0:
		n = p.fragment(buf)
	case count == 1:
		n = copy(buf, p.left[0])
		p.left = p.left[1:]
	default:
		n = p.aggregate(buf, count)
	}
	return n, len(p.left) == 0
}

// fitting is how many NAL units go into the next packet, 0 if the first is too large for one.
func (p *h264Packer) fitting(room int) (count int) {
	if len(p.left[0]) > room {
		return 0
	}
	size := 1
	for _, nal := range p.left {
		if size += 2 + len(nal); size > room {
			break
		}
		count++
	}
	return max(count, 1)
}

// aggregate makes a STAP-A (RFC 6184 §5.7.1).
func (p *h264Packer) aggregate(buf []byte, count int) int {
	n := 1
	var forbidden, importance byte
	for _, nal := range p.left[:count] {
		forbidden |= nal[0] & nalForbidden
		importance = max(importance, nal[0]&nalImportance)
		binary.BigEndian.PutUint16(buf[n:], uint16(len(nal)))
		n += 2 + copy(buf[n+2:], nal)
	}
	buf[0] = forbidden | importance | nalSTAPA
	p.left = p.left[count:]
	return n
}

// fragment makes a FU-A (RFC 6184 §5.8).
func (p *h264Packer) fragment(buf []byte) int {
	nal := p.left[0]
	buf[0] = nal[0]&^nalType | nalFUA
	buf[1] = nal[0] & nalType
	if p.offset == 0 {
		buf[1] |= fuStart
		p.offset = 1 // the header is in the two bytes
	}
	k := copy(buf[2:], nal[p.offset:])
	if p.offset += k; p.offset == len(nal) {
		buf[1] |= fuEnd
		p.left, p.offset = p.left[1:], 0
	}
	return 2 + k
}
