package recorder

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// The ways in which a recording fails. The text of the error that wraps one
// names the target and the cause.
var (
	ErrOpen    = errors.New("cannot open recording")
	ErrWrite   = errors.New("cannot write recording")
	ErrNoSpace = errors.New("no space left for recording")
	ErrCodec   = errors.New("cannot record codec")
	ErrStopped = errors.New("recorder was stopped")
	// ErrIndex is not the loss of anything: the recording is whole, but not in the form that is quickest to open.
	ErrIndex = errors.New("recording stays without an index")
)

// Writer writes one file of some container format. It is used by one goroutine.
type Writer interface {
	// WriteFrame adds a whole frame of the track with this index, at a time counted from
	// the start of the file. Frames of a track come in order. Data is copied.
	WriteFrame(track int, pts time.Duration, key bool, data []byte) error
	// Duration is the time at which the last frame so far ends.
	Duration() time.Duration
	// Close completes the file as far as its target allows (else the error is ErrIndex); also after an error,
	// so that what could be written stays playable. It does not close the target.
	Close() error
}

// pictureWriter is implemented by writers of raw pictures (media.I420), which do not say how large they are.
type pictureWriter interface {
	WritePicture(pts time.Duration, width, height int, data []byte) error
}

// Container is a file format: what it can hold, and how to write it.
type Container struct {
	Name   string
	Codecs []string // as in media.Format
	// New starts a file on w, which may also be an io.WriterAt, for what is known at the end
	// only, and have a method Truncate(size int64) error. Date is when the first frame was
	// taken.
	New func(w io.Writer, tracks []Track, date time.Time) (Writer, error)
}

// Takes lists the codecs of a kind.
func (c Container) Takes(k media.Kind) (codecs []string) {
	for _, name := range c.Codecs {
		if kindOf[name] == k {
			codecs = append(codecs, name)
		}
	}
	return codecs
}

// kindOf has the codecs that are video; everything else is sound (0).
var kindOf = map[string]media.Kind{
	media.VP8: media.Video, media.VP9: media.Video, media.AV1: media.Video, media.H264: media.Video, media.I420: media.Video,
}

// Holds tells whether the container can take frames of format f as they are.
func (c Container) Holds(f media.Format) bool {
	return !f.Packed && slices.Contains(c.Codecs, f.Codec)
}

// writeError gives an error of the target its kind.
func writeError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return fmt.Errorf("%w: %w", ErrWrite, err)
}
