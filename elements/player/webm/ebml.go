package webm

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// The element IDs that mean something here (RFC 8794, RFC 9559 §5.1).
const (
	idEBML    = 0x1a45dfa3
	idDocType = 0x4282
	idSegment = 0x18538067

	idSeekHead    = 0x114d9b74
	idInfo        = 0x1549a966
	idTracks      = 0x1654ae6b
	idCluster     = 0x1f43b675
	idCues        = 0x1c53bb6b
	idChapters    = 0x1043a770
	idTags        = 0x1254c367
	idAttachments = 0x1941a469

	idSeek         = 0x4dbb
	idSeekID       = 0x53ab
	idSeekPosition = 0x53ac

	idTimestampScale = 0x2ad7b1
	idDuration       = 0x4489
	idDateUTC        = 0x4461

	idTrackEntry       = 0xae
	idTrackNumber      = 0xd7
	idTrackType        = 0x83
	idCodecID          = 0x86
	idCodecPrivate     = 0x63a2
	idLanguage         = 0x22b59c
	idDefaultDuration  = 0x23e383
	idCodecDelay       = 0x56aa
	idContentEncodings = 0x6d80
	idVideo            = 0xe0
	idPixelWidth       = 0xb0
	idPixelHeight      = 0xba
	idAudio            = 0xe1
	idSamplingRate     = 0xb5
	idChannels         = 0x9f
	idBitDepth         = 0x6264

	idTimestamp      = 0xe7
	idSimpleBlock    = 0xa3
	idBlockGroup     = 0xa0
	idBlock          = 0xa1
	idReferenceBlock = 0xfb

	idCuePoint           = 0xbb
	idCueTime            = 0xb3
	idCueTrackPositions  = 0xb7
	idCueTrack           = 0xf7
	idCueClusterPosition = 0xf1
)

// unknownSize is the size of an element that reaches to whatever cannot be in it (RFC 8794 §6.2).
const unknownSize = math.MaxInt64

// element is the head of an element in the stream.
type element struct {
	id   uint32
	size int64 // of its data, or unknownSize
	at   int64 // where its ID is
}

// stream reads elements of a source.
type stream struct{ *demux.Source }

// element reads the next element's head. At the end of the stream the error is io.EOF.
func (s stream) element() (element, error) {
	e := element{at: s.Pos()}
	first, err := s.Peek(1)
	if err != nil {
		return e, err // io.EOF or what the source says
	}
	length := bits.LeadingZeros8(first[0]) + 1
	if length > 4 {
		return e, fmt.Errorf("%w: element ID that begins with %#x at %d", ErrFormat, first[0], s.Pos())
	}
	id, err := s.number(length)
	if err != nil {
		return e, err
	}
	e.id = uint32(id)
	if first, err = s.Peek(1); err != nil {
		return e, demux.Cut(err)
	}
	length = bits.LeadingZeros8(first[0]) + 1
	if length > 8 {
		return e, fmt.Errorf("%w: element size that begins with 0 at %d", ErrFormat, s.Pos())
	}
	size, err := s.number(length)
	if err != nil {
		return e, err
	}
	e.size = vint(size, length)
	return e, nil
}

// number reads a big-endian number.
func (s stream) number(length int) (uint64, error) {
	b, err := s.Peek(length)
	if err != nil {
		return 0, demux.Cut(err)
	}
	return bigEndian(b), s.Skip(int64(length))
}

// vint removes the length marker of a variable-size number; all ones mean unknown (RFC 8794
// §4, §6.2).
func vint(v uint64, length int) int64 {
	mask := uint64(1)<<(7*length) - 1
	if v &= mask; v == mask {
		return unknownSize
	}
	return int64(v)
}

func bigEndian(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// master reads the data of an element of the header or the index.
func (s stream) master(e element) ([]byte, error) {
	if e.size > maxMaster {
		return nil, fmt.Errorf("%w: element %#x at %d is too large", ErrFormat, e.id, e.at)
	}
	data, err := s.Append(nil, e.size)
	return data, demux.Cut(err)
}

// children calls f for each element in the data of a master element.
func children(data []byte, f func(id uint32, data []byte) error) error {
	for len(data) > 0 {
		idLen := bits.LeadingZeros8(data[0]) + 1
		if idLen > 4 || len(data) <= idLen {
			return fmt.Errorf("%w: element in element", ErrFormat)
		}
		id := uint32(bigEndian(data[:idLen]))
		data = data[idLen:]
		sizeLen := bits.LeadingZeros8(data[0]) + 1
		if sizeLen > 8 || len(data) < sizeLen {
			return fmt.Errorf("%w: size of element %#x", ErrFormat, id)
		}
		size := vint(bigEndian(data[:sizeLen]), sizeLen)
		data = data[sizeLen:]
		if size > int64(len(data)) {
			return fmt.Errorf("%w: element %#x is larger than what it is in", ErrFormat, id)
		}
		if err := f(id, data[:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}

// uintOf, floatOf and textOf read the data of a simple element; what is malformed is 0 or cut.
func uintOf(data []byte) uint64 {
	if len(data) > 8 {
		return 0
	}
	return bigEndian(data)
}

func floatOf(data []byte) float64 {
	switch len(data) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(data)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(data))
	}
	return 0
}

func textOf(data []byte) string {
	if i := slices.Index(data, 0); i >= 0 {
		data = data[:i]
	}
	return string(data[:min(len(data), 256)])
}
