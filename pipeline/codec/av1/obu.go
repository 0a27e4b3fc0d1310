// Package av1 knows the outer layer of the AV1 bitstream ("AV1 Bitstream & Decoding Process
// Specification", version 1.0.0 with errata 1): OBUs, temporal units and the sequence header.
// It imports nothing that moves media: bytes in, facts out.
//
// A temporal unit here is what a container stores as one frame: OBUs in the low-overhead
// format, each with its size field, without the temporal delimiter.
package av1

import (
	"errors"

	"github.com/rivero-media/rivero/pipeline/codec/bits"
)

// ErrOBU is returned for bytes that are not a whole OBU.
var ErrOBU = errors.New("invalid AV1 OBU")

// OBUType is the kind of an OBU (specification §6.2.2).
type OBUType uint8

// The OBU types that somebody here tells apart.
const (
	SequenceHeaderOBU    OBUType = 1
	TemporalDelimiterOBU OBUType = 2
	FrameHeaderOBU       OBUType = 3
	FrameOBU             OBUType = 6
	TileListOBU          OBUType = 8
	PaddingOBU           OBUType = 15
)

// The bits of the OBU header (specification §5.3.2).
const (
	forbiddenBit = 0x80
	extensionBit = 0x04
	sizeBit      = 0x02
)

// OBU is one open bitstream unit.
type OBU struct {
	Type    OBUType
	Header  []byte // one byte, or two with the extension, as it was found
	Payload []byte // without header and size field
}

// NextOBU splits the first OBU off data. One without a size field reaches to the end of data.
func NextOBU(data []byte) (obu OBU, rest []byte, err error) {
	if len(data) == 0 || data[0]&forbiddenBit != 0 {
		return OBU{}, nil, ErrOBU
	}
	header := 1
	if data[0]&extensionBit != 0 {
		header = 2
	}
	if len(data) < header {
		return OBU{}, nil, ErrOBU
	}
	obu = OBU{Type: OBUType(data[0] >> 3 & 0xf), Header: data[:header]}
	body := data[header:]
	if data[0]&sizeBit == 0 {
		obu.Payload = body
		return obu, nil, nil
	}
	size, n := ReadLEB128(body)
	if n == 0 || size > uint64(len(body)-n) {
		return OBU{}, nil, ErrOBU
	}
	obu.Payload = body[n : n+int(size)]
	return obu, body[n+int(size):], nil
}

// AppendTo appends the OBU to b with its size field.
func (o OBU) AppendTo(b []byte) []byte {
	b = append(b, o.Header[0]|sizeBit)
	b = append(b, o.Header[1:]...)
	b = AppendLEB128(b, uint64(len(o.Payload)))
	return append(b, o.Payload...)
}

// Size is the length of the OBU without a size field, as RTP carries it.
func (o OBU) Size() int { return len(o.Header) + len(o.Payload) }

// ReadLEB128 reads a number in the little-endian base 128 code (specification §4.10.5) and
// returns how many bytes it takes, 0 if there is no whole number or one beyond 32 bits.
func ReadLEB128(data []byte) (v uint64, n int) {
	for i := 0; i < len(data) && i < 8; i++ {
		v |= uint64(data[i]&0x7f) << (7 * i)
		if data[i]&0x80 == 0 {
			if v > 1<<32-1 {
				return 0, 0
			}
			return v, i + 1
		}
	}
	return 0, 0
}

// AppendLEB128 appends v in the shortest form.
func AppendLEB128(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// SizeLEB128 is the number of bytes that AppendLEB128 takes for v.
func SizeLEB128(v int) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// IsKeyFrame tells whether a temporal unit can be decoded on its own: it has a sequence
// header, and its first frame is a shown key frame (specification §7.6.1, key frame random
// access point).
func IsKeyFrame(unit []byte) bool {
	sequence := false
	for len(unit) > 0 {
		obu, rest, err := NextOBU(unit)
		if err != nil {
			return false
		}
		switch obu.Type {
		case SequenceHeaderOBU:
			sequence = true
		case FrameHeaderOBU, FrameOBU:
			return sequence && isShownKey(obu.Payload)
		}
		unit = rest
	}
	return false
}

// isShownKey reads the start of uncompressed_header() (specification §5.9.2). It takes the
// sequence for one without reduced_still_picture_header, which only still pictures have.
func isShownKey(frame []byte) bool {
	r := bits.NewReader(frame)
	existing, frameType, shown := r.Flag(), r.Bits(2), r.Flag()
	return !r.Overrun() && !existing && frameType == 0 && shown
}
