package rtp

import "github.com/rivero-media/rivero/pipeline/media"

// PictureNumbers are those of a payload of VP8 (RFC 7741 §4.2) or VP9 (RFC 9628 §4.2), for those who renumber pictures.
type PictureNumbers struct {
	IDAt  int    // where the picture id is, 0: there is none
	Wide  bool   // it has 15 bits, not 7
	ID    uint16 // picture id
	TL0At int    // where the index of the temporal base layer is, 0: there is none
	TL0   uint8
}

// ParsePictureNumbers reads the picture numbers of a payload; false when the codec has none or its descriptor is
// cut off.
func ParsePictureNumbers(codec string, payload []byte) (n PictureNumbers, ok bool) {
	switch codec {
	case media.VP8:
		d, ok := vp8Header(payload)
		return d.PictureNumbers, ok
	case media.VP9:
		d, _, err := vp9Header(payload)
		return d.PictureNumbers, err == nil
	}
	return n, false
}
