package recorder

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// errH264 is returned for a key frame that cannot be decoded by whoever begins with it.
var errH264 = errors.New("H264 key frame without usable parameter sets")

// h264Config is what a key frame says of the stream.
type h264Config struct {
	width, height int
	record        []byte // AVCDecoderConfigurationRecord
}

// parseH264 reads the parameter sets of a frame, whose NAL units have their length in four bytes before them.
func parseH264(frame []byte) (c h264Config, err error) {
	var sets [2][][]byte // sequence, picture
	eachNAL(frame, func(nal []byte) {
		switch h264.NALUType(nal[0] & 0x1f) {
		case h264.NALUTypeSPS:
			sets[0] = appendNew(sets[0], nal)
		case h264.NALUTypePPS:
			sets[1] = appendNew(sets[1], nal)
		}
	})
	if len(sets[0]) == 0 || len(sets[1]) == 0 || len(sets[0][0]) < 4 {
		return c, errH264
	}
	var sps h264.SPS
	if err := sps.Unmarshal(sets[0][0]); err != nil {
		return c, errors.Join(errH264, err)
	}
	c.width, c.height = sps.Width(), sps.Height()
	c.record = h264Record(sets, &sps)
	return c, nil
}

// h264Record is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2), which Matroska and FLV have too.
func h264Record(sets [2][][]byte, sps *h264.SPS) []byte {
	first := sets[0][0]
	b := []byte{
		1,                            // version
		first[1], first[2], first[3], // profile, compatibility, level
		0xfc | 3, // four bytes of length
	}
	for i, mark := range []byte{0xe0, 0} {
		b = append(b, mark|byte(len(sets[i])))
		for _, nal := range sets[i] {
			b = binary.BigEndian.AppendUint16(b, uint16(len(nal)))
			b = append(b, nal...)
		}
	}
	switch sps.ProfileIdc {
	case 100, 110, 122, 144: // High and above
		b = append(b, 0xfc|byte(sps.ChromaFormatIdc), 0xf8|byte(sps.BitDepthLumaMinus8), 0xf8|byte(sps.BitDepthChromaMinus8), 0)
	}
	return b
}

// appendNew appends a set unless it is there; the record has room for no more than 31.
func appendNew(sets [][]byte, nal []byte) [][]byte {
	for _, set := range sets {
		if bytes.Equal(set, nal) {
			return sets
		}
	}
	if len(sets) == 31 {
		return sets
	}
	return append(sets, nal)
}

// eachNAL calls f for each NAL unit of a frame, up to one that is cut.
func eachNAL(frame []byte, f func(nal []byte)) {
	for len(frame) > 4 {
		size := uint64(binary.BigEndian.Uint32(frame))
		if frame = frame[4:]; size > uint64(len(frame)) {
			return
		}
		if size > 0 {
			f(frame[:size])
		}
		frame = frame[size:]
	}
}
