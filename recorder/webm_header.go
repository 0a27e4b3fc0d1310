package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"github.com/rivero-media/rivero/pipeline/media"
)

// webmHeader is everything in front of the first cluster. It is marshalled twice, with the
// same length: when the file begins, and again over the first when it is complete and the rest
// is known.
//
//	EBML | Segment: SeekHead Info Void | Tracks | clusters ...
//
// The Void takes up what SeekHead and Info do not need yet, and what Tracks will need of a track that is described later.
type webmHeader struct {
	docType  string
	tracks   []Track
	date     time.Time
	duration float64 // ms, 0: not known
	size     int64   // of the segment's data, 0: not known
	cues     int64   // where they are in the segment, 0: nowhere

	length int // of the EBML header and the segment's ID and size
	total  int // of all, once it was written
}

const (
	// headerRoom is for SeekHead, Info and Void together: about 70 and 70 bytes, at least a Void's own 9, and the
	// parameter sets of a track that is described later.
	headerRoom  = 1024
	writingName = "Rivero"
	unknownSize = 1<<56 - 1 // RFC 8794 §6.2
)

// segment is where in the file the segment's data begin, from which positions in it count.
func (h *webmHeader) segment() int64 { return int64(h.length) }

func (h *webmHeader) marshal() ([]byte, error) {
	var out, info, tracks bytes.Buffer
	head := *webm.DefaultEBMLHeader
	head.DocType = h.docType
	if err := ebml.Marshal(&struct {
		Header webm.EBMLHeader `ebml:"EBML"`
	}{head}, &out); err != nil {
		return nil, err
	}
	if err := ebml.Marshal(&struct{ Info webm.Info }{h.info()}, &info); err != nil {
		return nil, err
	}
	if err := ebml.Marshal(&struct{ Tracks webm.Tracks }{h.entries()}, &tracks); err != nil {
		return nil, err
	}
	out.Write(h.segmentHead())
	h.length = out.Len()
	if h.total == 0 {
		h.total = h.length + headerRoom + tracks.Len()
	}
	if err := h.seekHead(&out, h.total-tracks.Len()-h.length); err != nil {
		return nil, err
	}
	out.Write(info.Bytes())
	if err := fill(&out, h.total-tracks.Len()); err != nil {
		return nil, err
	}
	out.Write(tracks.Bytes())
	return out.Bytes(), nil
}

// segmentHead is the Segment's ID and size.
func (h *webmHeader) segmentHead() []byte {
	head := append(ebml.ElementSegment.Bytes(), make([]byte, sizeBytes)...)
	size := h.size
	if size == 0 {
		size = unknownSize
	}
	putSize(head[len(head)-sizeBytes:], size)
	return head
}

// seek is webm.Seek with a position of fixed length, so that the length of the SeekHead does
// not depend on what is in it.
type seek struct {
	SeekID       []byte `ebml:"SeekID"`
	SeekPosition uint64 `ebml:"SeekPosition,size=8"`
}

// seekHead writes the table of contents, once there is something worth to find. Tracks are where it says in the segment.
func (h *webmHeader) seekHead(out *bytes.Buffer, tracks int) error {
	if h.cues == 0 {
		return nil
	}
	var table struct {
		SeekHead struct{ Seek []seek }
	}
	table.SeekHead.Seek = []seek{
		{ebml.ElementInfo.Bytes(), 0},
		{ebml.ElementTracks.Bytes(), uint64(tracks)},
		{ebml.ElementCues.Bytes(), uint64(h.cues)},
	}
	var first bytes.Buffer // only to learn how long it is: Info comes right behind
	if err := ebml.Marshal(&table, &first); err != nil {
		return err
	}
	table.SeekHead.Seek[0].SeekPosition = uint64(first.Len())
	return ebml.Marshal(&table, out)
}

func (h *webmHeader) info() webm.Info {
	return webm.Info{
		TimecodeScale: uint64(time.Millisecond),
		MuxingApp:     writingName,
		WritingApp:    writingName,
		Duration:      h.duration,
		DateUTC:       h.date,
	}
}

// fill pads out to a length with a Void element.
func fill(out *bytes.Buffer, length int) error {
	const head = 1 + sizeBytes
	n := length - out.Len() - head
	if n < 0 {
		return fmt.Errorf("header is %d bytes too long", -n)
	}
	void := make([]byte, head+n)
	void[0] = ebml.ElementVoid.Bytes()[0]
	putSize(void[1:head], int64(n))
	out.Write(void)
	return nil
}

// codecIDs are Matroska's names (https://www.matroska.org/technical/codec_specs.html).
var codecIDs = map[string]string{
	media.VP8:    "V_VP8",
	media.VP9:    "V_VP9",
	media.AV1:    "V_AV1",
	media.H264:   "V_MPEG4/ISO/AVC",
	media.Opus:   "A_OPUS",
	media.Vorbis: "A_VORBIS",
	media.AAC:    "A_AAC",
	media.PCMU:   "A_MS/ACM",
	media.PCMA:   "A_MS/ACM",
}

// The TrackType of video and audio (RFC 9559 §5.1.4.1.3).
const (
	typeVideo = 1
	typeAudio = 2
)

// opusPreRoll is how much a decoder needs before its output is right (RFC 7845 §4.6).
const opusPreRoll = 80 * time.Millisecond

func (h *webmHeader) entries() (t webm.Tracks) {
	for i, track := range h.tracks {
		entry := webm.TrackEntry{
			TrackNumber:  uint64(i + 1),
			TrackUID:     uint64(i + 1),
			CodecID:      codecIDs[track.Format.Codec],
			CodecPrivate: track.Private,
		}
		if track.Format.Kind == media.Video {
			entry.TrackType = typeVideo
			entry.Video = &webm.Video{PixelWidth: uint64(track.Width), PixelHeight: uint64(track.Height)}
		} else {
			entry.TrackType = typeAudio
			entry.Audio = &webm.Audio{SamplingFrequency: float64(track.rate()), Channels: uint64(track.Format.Channels)}
			switch track.Format.Codec {
			case media.Opus:
				entry.SeekPreRoll = uint64(opusPreRoll)
			case media.PCMU, media.PCMA:
				entry.CodecPrivate = waveFormat(track.Format)
			}
		}
		t.TrackEntry = append(t.TrackEntry, entry)
	}
	return t
}

// waveFormat is the WAVEFORMATEX structure that A_MS/ACM has as CodecPrivate; the numbers of G.711 are those of
// WAVE_FORMAT_ALAW and WAVE_FORMAT_MULAW (RFC 2361 §A).
func waveFormat(f media.Format) []byte {
	tag := uint16(7)
	if f.Codec == media.PCMA {
		tag = 6
	}
	channels := uint16(max(f.Channels, 1))
	b := binary.LittleEndian.AppendUint16(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, f.ClockRate)
	b = binary.LittleEndian.AppendUint32(b, f.ClockRate*uint32(channels)) // bytes per second
	b = binary.LittleEndian.AppendUint16(b, channels)                     // bytes per sample of all channels
	b = binary.LittleEndian.AppendUint16(b, 8)                            // bits per sample
	return append(b, 0, 0)
}

// marshalCues returns the index.
func marshalCues(points []webm.CuePoint) ([]byte, error) {
	var out bytes.Buffer
	err := ebml.Marshal(&struct{ Cues webm.Cues }{webm.Cues{CuePoint: points}}, &out)
	return out.Bytes(), err
}
