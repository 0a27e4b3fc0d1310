package clip

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// maxTime bounds times read from files, so that sums of them cannot overflow.
const maxTime = 1000 * time.Hour

// isWebM looks for the id of the EBML header (RFC 8794 section 11.2.1).
func isWebM(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0x1A, 0x45, 0xDF, 0xA3})
}

// parseWebM takes the first VP8 track and the first Opus track, if there is one. A file that is cut off, as live recorders
// leave it, gives what is complete.
func parseWebM(data []byte) (video, audio []Frame, err error) {
	r, err := webm.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	videoTrack, audioTrack := trackOf(r, media.VP8), trackOf(r, media.Opus)
	if videoTrack < 0 {
		return nil, nil, fmt.Errorf("%w: tracks %q, want V_VP8", ErrCodec, codecIDs(r))
	}
	for {
		f, err := r.Next()
		switch {
		case err == io.EOF || errors.Is(err, webm.ErrTruncated):
			slices.SortStableFunc(video, func(a, b Frame) int { return cmp.Compare(a.Time, b.Time) })
			return video, audio, nil
		case err != nil:
			return nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		case len(f.Data) == 0 || f.PTS.Abs() > maxTime:
		case f.Track == videoTrack:
			video = append(video, Frame{Time: f.PTS, Key: isVP8Key(f.Data), Data: slices.Clone(f.Data)})
		case f.Track == audioTrack:
			audio = append(audio, Frame{Time: f.PTS, Data: slices.Clone(f.Data)})
		}
	}
}

// trackOf is the index of the first track of a codec, -1 if there is none.
func trackOf(r *webm.Reader, codec string) int {
	return slices.IndexFunc(r.Tracks(), func(t webm.Track) bool { return t.Codec == codec })
}

func codecIDs(r *webm.Reader) (ids []string) {
	for _, t := range r.Tracks() {
		ids = append(ids, t.CodecID)
	}
	return ids
}
