package demux

import (
	"encoding/binary"
	"fmt"

	"github.com/rivero-media/rivero/pipeline/media"
)

// NAL unit types of H264 (ITU-T H.264 table 7-1) and H265 (ITU-T H.265 table 7-1).
const (
	avcIDR, avcSPS, avcAUD    = 5, 7, 9
	hevcBLA, hevcCRA          = 16, 21 // the first and the last kind of pictures that decoding can begin with
	hevcVPS, hevcPPS, hevcAUD = 32, 34, 35
)

const (
	lengthBytes = 4       // of a NAL unit in a frame
	maxSets     = 1 << 16 // bytes of parameter sets
)

// NALs turns access units of H264 or H265 as a container has them into frames: each NAL unit with its length in four bytes,
// key frames with the parameter sets in front.
type NALs struct {
	hevc   bool
	length int    // bytes of a length in the container
	sets   []byte // parameter sets, as in a frame
	frame  []byte
}

// NewAVC reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1).
func NewAVC(record []byte) (*NALs, error) {
	if len(record) < 7 || record[0] != 1 {
		return nil, fmt.Errorf("%w: avcC", ErrFormat)
	}
	n := &NALs{length: int(record[4]&3) + 1}
	rest, err := n.addSets(record[6:], int(record[5]&0x1f))
	if err == nil && len(rest) > 0 {
		_, err = n.addSets(rest[1:], int(rest[0]))
	}
	return n, err
}

// NewHEVC reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1).
func NewHEVC(record []byte) (*NALs, error) {
	if len(record) < 23 {
		return nil, fmt.Errorf("%w: hvcC", ErrFormat)
	}
	n := &NALs{hevc: true, length: int(record[21]&3) + 1}
	rest := record[23:]
	for range record[22] {
		if len(rest) < 3 {
			return nil, fmt.Errorf("%w: hvcC", ErrFormat)
		}
		var err error
		if rest, err = n.addSets(rest[3:], int(binary.BigEndian.Uint16(rest[1:]))); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// NewAnnexB is for a stream with start codes (ITU-T H.264 annex B).
func NewAnnexB(hevc bool) *NALs { return &NALs{hevc: hevc} }

// Format is that of the frames. The profile stays open: decoders go by the parameter sets.
func (n *NALs) Format() media.Format {
	if n.hevc {
		return Video(media.H265)
	}
	return Video(media.H264)
}

// addSets reads NAL units with lengths of two bytes.
func (n *NALs) addSets(b []byte, count int) (rest []byte, err error) {
	for range count {
		if len(b) < 2 {
			return nil, fmt.Errorf("%w: parameter sets", ErrFormat)
		}
		size := int(binary.BigEndian.Uint16(b))
		if size > len(b)-2 || len(n.sets) > maxSets {
			return nil, fmt.Errorf("%w: parameter sets", ErrFormat)
		}
		if size > 0 {
			n.sets = appendNAL(n.sets, b[2:2+size])
		}
		b = b[2+size:]
	}
	return b, nil
}

func appendNAL(b, nal []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(nal)))
	return append(b, nal...)
}

// Frame converts one access unit. The result is valid until the next call.
func (n *NALs) Frame(unit []byte, key bool) ([]byte, error) {
	n.frame = n.frame[:0]
	if key && !n.hasSets(unit) {
		n.frame = append(n.frame, n.sets...)
	}
	for len(unit) > 0 {
		nal, rest, ok := n.split(unit)
		if !ok {
			return nil, fmt.Errorf("%w: NAL unit", ErrFormat)
		}
		unit = rest
		if len(nal) > 0 && !n.delimiter(nal) {
			n.frame = appendNAL(n.frame, nal)
		}
	}
	return n.frame, nil
}

// split takes the first NAL unit off.
func (n *NALs) split(unit []byte) (nal, rest []byte, ok bool) {
	if len(unit) < n.length {
		return nil, nil, false
	}
	size := 0
	for _, c := range unit[:n.length] {
		size = size<<8 | int(c)
	}
	unit = unit[n.length:]
	if size > len(unit) {
		return nil, nil, false
	}
	return unit[:size], unit[size:], true
}

func (n *NALs) hasSets(unit []byte) bool {
	for len(unit) > 0 {
		nal, rest, ok := n.split(unit)
		if !ok {
			return false
		}
		if len(nal) > 0 && n.isFirstSet(nal) {
			return true
		}
		unit = rest
	}
	return false
}

func (n *NALs) isFirstSet(nal []byte) bool {
	if n.hevc {
		t := nal[0] >> 1 & 0x3f
		return t >= hevcVPS && t < hevcPPS
	}
	return nal[0]&0x1f == avcSPS
}

func (n *NALs) delimiter(nal []byte) bool {
	if n.hevc {
		return nal[0]>>1&0x3f == hevcAUD
	}
	return nal[0]&0x1f == avcAUD
}

// startsDecoding tells whether a NAL unit is a slice that decoding can begin with.
func (n *NALs) startsDecoding(nal []byte) bool {
	if n.hevc {
		t := nal[0] >> 1 & 0x3f
		return t >= hevcBLA && t <= hevcCRA
	}
	return nal[0]&0x1f == avcIDR
}

// Unit converts an access unit with start codes, and tells whether decoding can begin with it. Parameter sets that stand in
// front of one key frame alone are given to each. The result is valid until the next call.
func (n *NALs) Unit(unit []byte) (frame []byte, key bool) {
	n.frame = n.frame[:0]
	sets := false
	for begin := nextStart(unit, 0); begin < len(unit); {
		end := nextStart(unit, begin)
		nal := trimEnd(unit[begin:end], end < len(unit))
		begin = end
		if len(nal) == 0 || n.delimiter(nal) {
			continue
		}
		if n.isSet(nal) {
			if !sets {
				n.sets, sets = n.sets[:0], true
			}
			if len(n.sets)+len(nal) <= maxSets {
				n.sets = appendNAL(n.sets, nal)
			}
		}
		if n.startsDecoding(nal) && !key {
			key = true
			if !sets {
				n.frame = append(n.frame, n.sets...)
			}
		}
		n.frame = appendNAL(n.frame, nal)
	}
	return n.frame, key
}

func (n *NALs) isSet(nal []byte) bool {
	if n.hevc {
		t := nal[0] >> 1 & 0x3f
		return t >= hevcVPS && t <= hevcPPS
	}
	t := nal[0] & 0x1f
	return t == avcSPS || t == avcSPS+1
}

// nextStart returns where the NAL unit after the next start code begins, len(b) when there is none.
func nextStart(b []byte, from int) int {
	for i := from; i+3 <= len(b); i++ {
		if b[i] == 0 && b[i+1] == 0 && b[i+2] == 1 {
			return i + 3
		}
	}
	return len(b)
}

// trimEnd takes the next start code and zeros off the end of a NAL unit.
func trimEnd(nal []byte, code bool) []byte {
	if code {
		nal = nal[:len(nal)-3]
	}
	for len(nal) > 0 && nal[len(nal)-1] == 0 {
		nal = nal[:len(nal)-1]
	}
	return nal
}
