package stream

import "github.com/rivero-media/rivero/pipeline/media"

// startsKeyFrame tells whether an RTP payload of the given codec is the first of
// a frame that can be decoded without any before it. Of codecs it does not know
// it says yes, so that their streams are not held back for ever.
func startsKeyFrame(codec string, payload []byte) bool {
	if len(payload) == 0 {
		return false
	}
	switch codec {
	case media.VP8:
		return vp8Key(payload)
	case media.VP9:
		return vp9Key(payload)
	case media.AV1:
		return av1Key(payload)
	case media.H264:
		return h264Key(payload)
	default:
		return true
	}
}

// vp8Key reads the payload descriptor and P, the first bit of the frame
// (RFC 7741 sections 4.2 and 4.3).
func vp8Key(b []byte) bool {
	d, ok := parseVP8(b)
	return ok && d.begins && len(b) > d.size && b[d.size]&1 == 0
}

// vp9Key reads the payload descriptor (RFC 9628 section 4.2) and the beginning
// of the frame, because a picture without prediction may be one that shows
// nothing new or that leaves the references as they are.
func vp9Key(b []byte) bool {
	const i, p, l, f, start, v = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02
	flags := b[0]
	if flags&p != 0 || flags&start == 0 {
		return false
	}
	n := 1
	if flags&i != 0 {
		if len(b) <= n {
			return false
		}
		n += 1 + int(b[n]>>7)
	}
	if flags&l != 0 {
		if len(b) <= n || b[n]>>1&7 != 0 { // SID: only the lowest spatial layer begins a picture
			return false
		}
		n++
		if flags&f == 0 {
			n++ // TL0PICIDX
		}
	}
	if flags&v != 0 {
		size, ok := vp9StructureSize(b, n)
		if !ok {
			return false
		}
		n += size
	}
	return len(b) > n && vp9FrameIsKey(b[n])
}

// vp9StructureSize is the length of the scalability structure at b[n:].
func vp9StructureSize(b []byte, n int) (int, bool) {
	if len(b) <= n {
		return 0, false
	}
	layers, sizes, groups := int(b[n]>>5)+1, b[n]&0x10 != 0, b[n]&0x08 != 0
	size := 1
	if sizes {
		size += 4 * layers
	}
	if !groups {
		return size, true
	}
	if len(b) <= n+size {
		return 0, false
	}
	pictures := int(b[n+size])
	size++
	for range pictures {
		if len(b) <= n+size {
			return 0, false
		}
		size += 1 + int(b[n+size]>>2&3)
	}
	return size, true
}

// vp9FrameIsKey reads frame_marker, profile, show_existing_frame and frame_type
// of an uncompressed header (VP9 bitstream specification section 6.2).
func vp9FrameIsKey(b byte) bool {
	if b>>6 != 2 {
		return false
	}
	if b>>4&3 == 3 { // profile 3 has a reserved bit more
		return b&0x06 == 0
	}
	return b&0x0c == 0
}

// av1Key reads the aggregation header (RTP Payload Format For AV1, section 4.4):
// N marks the first packet of a coded video sequence. Senders that do not set
// it begin one with a sequence header all the same.
func av1Key(b []byte) bool {
	const z, w, n = 0x80, 0x30, 0x08
	switch {
	case b[0]&z != 0: // continues an OBU
		return false
	case b[0]&n != 0:
		return true
	}
	at := 1
	if b[0]&w != 0x10 { // the first OBU has its length before it
		for at < len(b) && at < 9 && b[at]&0x80 != 0 {
			at++
		}
		at++
	}
	const sequenceHeader = 1
	return at < len(b) && b[at]>>3&0x0f == sequenceHeader
}

// NAL unit types (H.264 table 7-1 and RFC 6184 section 5.2).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// h264Key looks for a sequence parameter set or a slice of an IDR picture.
func h264Key(b []byte) bool {
	switch b[0] & 0x1f {
	case nalIDR, nalSPS:
		return true
	case nalSTAPA:
		for rest := b[1:]; len(rest) > 2; {
			size := int(rest[0])<<8 | int(rest[1])
			if t := rest[2] & 0x1f; size > 0 && (t == nalIDR || t == nalSPS) {
				return true
			}
			if size > len(rest)-2 {
				return false
			}
			rest = rest[2+size:]
		}
	case nalFUA:
		return len(b) > 1 && b[1]&0x80 != 0 && b[1]&0x1f == nalIDR // S
	}
	return false
}
