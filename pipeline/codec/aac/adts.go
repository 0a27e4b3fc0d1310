package aac

import (
	"errors"
	"fmt"
)

// ADTSHeader is the header in front of each frame of a stream that has no other
// container (ISO/IEC 14496-3 §1.A.2.2).
type ADTSHeader struct {
	Config Config
	Size   int // of the header; the frame follows
	Length int // of header and frame, in bytes
}

// ErrNoSync is for bytes that are no ADTS header: look for one further on.
var ErrNoSync = errors.New("aac: no ADTS header")

// ParseADTS reads the header at the beginning of b, which need not hold the frame.
func ParseADTS(b []byte) (ADTSHeader, error) {
	if len(b) < 7 {
		return ADTSHeader{}, errTruncated
	}
	if b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return ADTSHeader{}, ErrNoSync
	}
	r := bitReader{data: b, pos: 12 + 3} // syncword, ID, layer
	h := ADTSHeader{Size: 7}
	if !r.flag() { // protection_absent
		h.Size += 2
	}
	profile := r.bits(2)
	rate := h.Config.readRate(&bitReader{data: []byte{byte(r.bits(4) << 4)}})
	r.flag()
	h.Config.channels = r.bits(3)
	r.bits(4)
	h.Length = r.bits(13)
	r.bits(11)
	blocks := r.bits(2) + 1
	switch {
	case h.Length <= h.Size || rate != nil:
		return ADTSHeader{}, ErrNoSync
	case profile+1 != objectLC:
		return ADTSHeader{}, fmt.Errorf("aac: audio object type %d (%s) is not AAC LC", profile+1, objectTypes[profile+1])
	case blocks != 1:
		return ADTSHeader{}, fmt.Errorf("aac: %d raw data blocks in an ADTS frame", blocks)
	}
	var err error
	h.Config, err = h.Config.finish()
	return h, err
}
