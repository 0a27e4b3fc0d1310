package clip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"sort"
	"time"
)

// maxTime bounds times read from files, so that sums of them cannot overflow.
const maxTime = 1000 * time.Hour

// Element ids of the Matroska schema (RFC 9559 section 5) that matter here.
const (
	idSegment       = 0x18538067
	idInfo          = 0x1549A966
	idTimecodeScale = 0x2AD7B1
	idTracks        = 0x1654AE6B
	idTrackEntry    = 0xAE
	idTrackNumber   = 0xD7
	idCodecID       = 0x86
	idCluster       = 0x1F43B675
	idTimecode      = 0xE7
	idBlockGroup    = 0xA0
	idBlock         = 0xA1
	idSimpleBlock   = 0xA3
)

func isWebM(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0x1A, 0x45, 0xDF, 0xA3})
}

// webmReader walks the elements flat: the header of a master element that matters is stepped over and its children come
// next, every other element is skipped whole. So clusters of unknown size, as live recorders write them, need no care.
type webmReader struct {
	scale   time.Duration // of one timecode tick
	track   uint64        // number of the track entry being read
	codec   string        // its codec, when that came first
	video   uint64        // track number, 0 if there is none
	audio   uint64
	others  []string // codecs that cannot be sent
	cluster time.Duration

	videoFrames, audioFrames []Frame
}

func parseWebM(data []byte) (video, audio []Frame, err error) {
	r := webmReader{scale: time.Millisecond}
	for len(data) > 0 {
		id, size, rest, ok := elementHeader(data)
		if !ok {
			break // cut off while being written
		}
		data = rest
		if isMaster(id) {
			if id == idTrackEntry {
				r.track, r.codec = 0, ""
			}
			continue
		}
		if size > uint64(len(data)) {
			break
		}
		if err := r.element(id, data[:size]); err != nil {
			return nil, nil, err
		}
		data = data[size:]
	}
	if r.video == 0 {
		return nil, nil, fmt.Errorf("%w: tracks %q, want V_VP8", ErrCodec, r.others)
	}
	sort.SliceStable(r.videoFrames, func(i, j int) bool { return r.videoFrames[i].Time < r.videoFrames[j].Time })
	return r.videoFrames, r.audioFrames, nil
}

func isMaster(id uint64) bool {
	switch id {
	case idSegment, idInfo, idTracks, idTrackEntry, idCluster, idBlockGroup:
		return true
	}
	return false
}

func (r *webmReader) element(id uint64, value []byte) error {
	switch id {
	case idTimecodeScale:
		scale := unsigned(value)
		if scale == 0 || scale > uint64(time.Second) {
			return fmt.Errorf("%w: timecode scale %d ns", ErrMalformed, scale)
		}
		r.scale = time.Duration(scale)
	case idTrackNumber:
		r.track = unsigned(value)
		r.enter()
	case idCodecID:
		r.codec = string(bytes.TrimRight(value[:min(len(value), 64)], "\x00"))
		r.enter()
	case idTimecode:
		at := unsigned(value)
		if at > uint64(maxTime/r.scale) {
			return fmt.Errorf("%w: cluster timecode %d", ErrMalformed, at)
		}
		r.cluster = time.Duration(at) * r.scale
	case idBlock, idSimpleBlock:
		return r.block(value)
	}
	return nil
}

// enter notes the track entry once both its number and its codec are known; the first track of a kind is taken.
func (r *webmReader) enter() {
	switch {
	case r.track == 0 || r.codec == "":
	case r.codec == "V_VP8" && r.video == 0:
		r.video = r.track
	case r.codec == "A_OPUS" && r.audio == 0:
		r.audio = r.track
	default:
		r.others = append(r.others, r.codec)
	}
}

// block reads a Block or SimpleBlock (RFC 9559 section 10): track number, relative timecode, flags, frame.
func (r *webmReader) block(value []byte) error {
	track, n, ok := vint(value, true)
	if !ok || len(value) < n+3 {
		return fmt.Errorf("%w: block of %d bytes", ErrMalformed, len(value))
	}
	if track != r.video && track != r.audio {
		return nil
	}
	relative := int16(binary.BigEndian.Uint16(value[n:]))
	if lacing := value[n+2] >> 1 & 3; lacing != 0 {
		return fmt.Errorf("%w: laced blocks are not supported", ErrMalformed)
	}
	frame := Frame{Time: r.cluster + time.Duration(relative)*r.scale, Data: value[n+3:]}
	switch {
	case len(frame.Data) == 0:
	case track == r.video:
		frame.Key = isVP8Key(frame.Data)
		r.videoFrames = append(r.videoFrames, frame)
	default:
		r.audioFrames = append(r.audioFrames, frame)
	}
	return nil
}

// elementHeader reads an element's id and size. An unknown size comes out larger than any file.
func elementHeader(data []byte) (id, size uint64, rest []byte, ok bool) {
	id, n, ok := vint(data, false)
	if !ok || n > 4 {
		return 0, 0, nil, false
	}
	size, m, ok := vint(data[n:], true)
	if !ok {
		return 0, 0, nil, false
	}
	if size == 1<<(7*m)-1 {
		size = 1 << 63
	}
	return id, size, data[n+m:], true
}

// vint reads an EBML variable size integer (RFC 8794 section 4), without its length marker if strip is set.
func vint(data []byte, strip bool) (value uint64, n int, ok bool) {
	if len(data) == 0 || data[0] == 0 {
		return 0, 0, false
	}
	n = bits.LeadingZeros8(data[0]) + 1
	if len(data) < n {
		return 0, 0, false
	}
	for _, b := range data[:n] {
		value = value<<8 | uint64(b)
	}
	if strip {
		value &^= 1 << (7 * n)
	}
	return value, n, true
}

// unsigned reads an unsigned integer element (RFC 8794 section 7.2); one of more than 8 bytes keeps its last 8.
func unsigned(value []byte) (n uint64) {
	for _, b := range value {
		n = n<<8 | uint64(b)
	}
	return n
}
