// Package vp9 knows the headers of the VP9 bitstream ("VP9 Bitstream &
// Decoding Process Specification", version 0.7). It imports nothing that moves
// media: bytes in, facts out.
package vp9

import (
	"errors"

	"github.com/rivero-media/rivero/pipeline/codec/bits"
)

// ErrHeader is returned for bytes that do not begin with a VP9 frame header.
var ErrHeader = errors.New("invalid VP9 frame header")

// Header is what the uncompressed header of a frame says; of a superframe,
// that of its first frame.
type Header struct {
	Profile       int
	Key           bool
	Shown         bool // false: a reference that is decoded but not displayed
	Width, Height int  // key frames only
}

const (
	syncCode     = 0x498342
	colorRGB     = 7 // CS_RGB: no subsampling, other fields
	firstDeepPro = 2 // profiles from here on have 10 or 12 bits
)

// ParseHeader reads the header of a whole frame or of its first bytes
// (specification §6.2).
func ParseHeader(frame []byte) (Header, error) {
	r := bits.NewReader(frame)
	if r.Bits(2) != 2 { // frame_marker
		return Header{}, ErrHeader
	}
	low := r.Bits(1)
	h := Header{Profile: int(r.Bits(1)<<1 | low)}
	if h.Profile == 3 && r.Flag() { // reserved_zero
		return Header{}, ErrHeader
	}
	if r.Flag() { // show_existing_frame: nothing but an index follows
		h.Shown = true
		return check(h, &r)
	}
	h.Key = !r.Flag() // frame_type
	h.Shown = r.Flag()
	r.Skip(1) // error_resilient_mode
	if !h.Key {
		return check(h, &r)
	}
	if r.Bits(24) != syncCode {
		return Header{}, ErrHeader
	}
	skipColorConfig(&r, h.Profile)
	h.Width = int(r.Bits(16)) + 1
	h.Height = int(r.Bits(16)) + 1
	return check(h, &r)
}

// IsKeyFrame tells whether a frame is a key frame. Its first byte or two are
// enough.
func IsKeyFrame(frame []byte) bool {
	r := bits.NewReader(frame)
	if r.Bits(2) != 2 {
		return false
	}
	if r.Bits(2) == 3 { // profile 3
		r.Skip(1)
	}
	showExisting, inter := r.Flag(), r.Flag() // show_existing_frame, frame_type
	return !showExisting && !inter && !r.Overrun()
}

// skipColorConfig passes over color_config() (specification §6.2.2).
func skipColorConfig(r *bits.Reader, profile int) {
	if profile >= firstDeepPro {
		r.Skip(1) // ten_or_twelve_bit
	}
	odd := profile&1 == 1
	if r.Bits(3) != colorRGB {
		r.Skip(1) // color_range
		if odd {
			r.Skip(3) // subsampling, reserved_zero
		}
	} else if odd {
		r.Skip(1) // reserved_zero
	}
}

func check(h Header, r *bits.Reader) (Header, error) {
	if r.Overrun() {
		return Header{}, ErrHeader
	}
	return h, nil
}
