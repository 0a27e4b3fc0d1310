package recorder

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/codec/av1"
	"github.com/rivero-media/rivero/pipeline/codec/opus"
	"github.com/rivero-media/rivero/pipeline/codec/vp8"
	"github.com/rivero-media/rivero/pipeline/codec/vp9"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Track describes the frames of one track.
type Track struct {
	Format        media.Format
	Width, Height int // video only; later frames may differ
	// Private is what a decoder wants to know before the first frame, in the form that Matroska has it in; may be nil. For
	// H264, AV1 and AAC MP4 has the same.
	Private []byte
}

// NewTrack describes a track from its format and its first frame, for video a
// key frame.
func NewTrack(f media.Format, frame []byte) (Track, error) {
	if f.Kind == media.Audio {
		return newSoundTrack(f)
	}
	t := Track{Format: f}
	switch f.Codec {
	case media.VP8:
		h, err := vp8.ParseHeader(frame)
		t.Width, t.Height = h.Width, h.Height
		return t, err
	case media.VP9:
		h, err := vp9.ParseHeader(frame)
		t.Width, t.Height = h.Width, h.Height
		return t, err
	case media.AV1:
		s, header, err := av1.FindSequence(frame)
		if err != nil {
			return t, err
		}
		t.Width, t.Height = s.Width, s.Height
		t.Private = s.Configuration(header)
		return t, nil
	case media.H264:
		c, err := parseH264(frame)
		t.Width, t.Height, t.Private = c.width, c.height, c.record
		return t, err
	case media.I420: // each picture says how large it is
		return t, nil
	}
	return t, fmt.Errorf("%w %s", ErrCodec, f.Codec)
}

// newSoundTrack needs no frame: the format says it all.
func newSoundTrack(f media.Format) (t Track, err error) {
	t.Format = f
	switch f.Codec {
	case media.Opus:
		t.Private = opus.Head(max(1, int(f.Channels)))
	case media.AAC:
		t.Private, err = hex.DecodeString(strings.TrimPrefix(f.Params, "config="))
		if err == nil {
			_, err = aac.ParseConfig(t.Private)
		}
	case media.Vorbis:
		t.Private, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(f.Params, "configuration="))
	case media.PCMU, media.PCMA:
	default:
		return t, fmt.Errorf("%w %s", ErrCodec, f.Codec)
	}
	if err != nil {
		return t, fmt.Errorf("%w %s: %w", ErrCodec, f.Codec, err)
	}
	return t, nil
}

// aacFrame is how many samples an access unit has (ISO/IEC 14496-3 §4.5.1).
const aacFrame = 1024

// soundLength is how long a frame of sound lasts, 0 where it does not say.
func (t *Track) soundLength(frame []byte) time.Duration {
	switch rate := time.Duration(max(t.rate(), 1)); t.Format.Codec {
	case media.Opus:
		return opus.Duration(frame)
	case media.AAC:
		return aacFrame * time.Second / rate
	case media.PCMU, media.PCMA:
		return time.Duration(len(frame)) * time.Second / rate
	}
	return 0
}

// rate is the number of samples per second that the frames are counted in. The clock of AAC with spectral band
// replication may run twice as fast.
func (t *Track) rate() int {
	if t.Format.Codec == media.AAC {
		if c, err := aac.ParseConfig(t.Private); err == nil {
			return c.SampleRate
		}
	}
	return int(t.Format.ClockRate)
}

// reorders tells whether frames may come in another order than that in which they are shown.
func (t *Track) reorders() bool { return t.Format.Codec == media.H264 }
