// What the first bytes of a frame say without any decoding, RFC 6386 §9.1.

package vp8

import "errors"

// ErrHeader is returned for bytes that do not begin with a VP8 frame header.
var ErrHeader = errors.New("invalid VP8 frame header")

// Header is what the first bytes of a frame say.
type Header struct {
	Key           bool
	Width, Height int // key frames only
}

// frameTag and keyHeader are the lengths of the uncompressed data chunk of
// inter and key frames (RFC 6386 §9.1).
const (
	frameTag  = 3
	keyHeader = 10
)

// ParseHeader reads the header of a whole frame or of its first bytes. Width
// and height leave out the scaling hint, which nobody uses.
func ParseHeader(frame []byte) (Header, error) {
	if len(frame) < frameTag {
		return Header{}, ErrHeader
	}
	if frame[0]&1 != 0 {
		return Header{}, nil
	}
	if len(frame) < keyHeader || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return Header{}, ErrHeader
	}
	return Header{
		Key:    true,
		Width:  int(frame[6]) | int(frame[7]&0x3f)<<8,
		Height: int(frame[8]) | int(frame[9]&0x3f)<<8,
	}, nil
}
