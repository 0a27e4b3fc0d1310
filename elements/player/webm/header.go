package webm

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// header is what stands in front of the first cluster.
type header struct {
	scale    time.Duration // of one unit of time in the file
	duration float64       // in units, 0: not said
	date     time.Time
	tracks   []Track
	cues     int64 // where in the segment they are, -1: not said
	segment  int64 // where in the file the segment's data begin
	end      int64 // of the segment, unknownSize if not said
}

// readHeader reads up to the head of the first cluster, which it returns. A file may end
// before: then the error is io.EOF, and the header is good if it has tracks.
func readHeader(s stream) (h header, first element, err error) {
	h.scale = time.Millisecond
	h.cues = -1
	if err := readDocType(s); err != nil {
		return h, first, err
	}
	segment, err := nextSegment(s)
	if err != nil {
		return h, first, err
	}
	h.segment, h.end = s.Pos(), unknownSize
	if segment.size < unknownSize-s.Pos() {
		h.end = s.Pos() + segment.size
	}
	for {
		e, err := s.element()
		if err != nil {
			return h, first, err
		}
		switch e.id {
		case idCluster:
			return h, e, nil
		case idSeekHead, idInfo, idTracks:
			data, err := s.master(e)
			if err != nil {
				return h, first, err
			}
			if err := h.parse(e.id, data); err != nil {
				return h, first, err
			}
		case idCues:
			h.cues = e.at - h.segment
			fallthrough
		default:
			if err := skipElement(s, e); err != nil {
				return h, first, err
			}
		}
	}
}

func readDocType(s stream) error {
	e, err := s.element()
	if err == nil && e.id != idEBML {
		err = fmt.Errorf("%w: no EBML header", ErrFormat)
	}
	if err == io.EOF {
		err = demux.Cut(err)
	}
	if err != nil {
		return err
	}
	data, err := s.master(e)
	if err != nil {
		return err
	}
	docType := "matroska"
	err = children(data, func(id uint32, data []byte) error {
		if id == idDocType {
			docType = textOf(data)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if docType != "webm" && docType != "matroska" {
		return fmt.Errorf("%w: document type %q", ErrFormat, docType)
	}
	return nil
}

func nextSegment(s stream) (element, error) {
	for {
		e, err := s.element()
		switch {
		case err == io.EOF:
			return e, demux.Cut(err)
		case err != nil || e.id == idSegment:
			return e, err
		}
		if err := skipElement(s, e); err != nil {
			return e, err
		}
	}
}

// skipElement passes over an element that means nothing here.
func skipElement(s stream, e element) error {
	if e.size == unknownSize {
		return fmt.Errorf("%w: element %#x at %d has no size", ErrFormat, e.id, e.at)
	}
	return s.Skip(e.size)
}

func (h *header) parse(id uint32, data []byte) error {
	switch id {
	case idSeekHead:
		return children(data, h.parseSeek)
	case idInfo:
		return children(data, h.parseInfo)
	default:
		return children(data, h.parseTrack)
	}
}

func (h *header) parseSeek(id uint32, data []byte) error {
	if id != idSeek {
		return nil
	}
	var target, position uint64
	err := children(data, func(id uint32, data []byte) error {
		switch id {
		case idSeekID:
			target = uintOf(data)
		case idSeekPosition:
			position = uintOf(data)
		}
		return nil
	})
	if target == idCues && position <= math.MaxInt64 {
		h.cues = int64(position)
	}
	return err
}

// epoch is the zero of DateUTC (RFC 8794 §7.6).
var epoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

func (h *header) parseInfo(id uint32, data []byte) error {
	switch id {
	case idTimestampScale:
		scale := uintOf(data)
		if scale == 0 || scale > uint64(time.Hour) {
			return fmt.Errorf("%w: time unit of %d ns", ErrFormat, scale)
		}
		h.scale = time.Duration(scale)
	case idDuration:
		h.duration = floatOf(data)
	case idDateUTC:
		h.date = epoch.Add(time.Duration(uintOf(data)))
	}
	return nil
}

// The TrackType of video and audio (RFC 9559 §5.1.4.1.3).
const (
	typeVideo = 1
	typeAudio = 2
)

func (h *header) parseTrack(id uint32, data []byte) error {
	if id != idTrackEntry {
		return nil
	}
	if len(h.tracks) == maxTracks {
		return fmt.Errorf("%w: more than %d tracks", ErrFormat, maxTracks)
	}
	t := Track{Kind: media.Data, SampleRate: 8000, Channels: 1} // the format's defaults
	encoded := false
	err := children(data, func(id uint32, data []byte) error {
		switch id {
		case idTrackNumber:
			t.Number = uintOf(data)
		case idTrackType:
			switch uintOf(data) {
			case typeVideo:
				t.Kind = media.Video
			case typeAudio:
				t.Kind = media.Audio
			}
		case idCodecID:
			t.CodecID = textOf(data)
		case idCodecPrivate:
			t.Private = data
		case idLanguage:
			t.Language = textOf(data)
		case idDefaultDuration:
			t.FrameTime = nanoseconds(data)
		case idCodecDelay:
			t.Delay = nanoseconds(data)
		case idContentEncodings: // compressed or encrypted
			encoded = true
		case idVideo, idAudio:
			return children(data, t.parseMedia)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !encoded && t.CodecID != "" && (t.CodecID[0] == 'V') == (t.Kind == media.Video) {
		t.Codec = codecs[t.CodecID]
	}
	h.tracks = append(h.tracks, t)
	return nil
}

func (t *Track) parseMedia(id uint32, data []byte) error {
	switch id {
	case idPixelWidth:
		t.Width = int(min(uintOf(data), math.MaxInt32))
	case idPixelHeight:
		t.Height = int(min(uintOf(data), math.MaxInt32))
	case idSamplingRate:
		t.SampleRate = floatOf(data)
	case idChannels:
		t.Channels = int(min(uintOf(data), math.MaxInt32))
	case idBitDepth:
		t.BitDepth = int(min(uintOf(data), math.MaxInt32))
	}
	return nil
}

// nanoseconds reads a short time; one over an hour is nonsense and counts as none.
func nanoseconds(data []byte) time.Duration {
	if v := uintOf(data); v <= uint64(time.Hour) {
		return time.Duration(v)
	}
	return 0
}
