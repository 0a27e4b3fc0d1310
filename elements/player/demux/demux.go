// Package demux is what the readers of all containers have in common: tracks, frames, the source they read from, and what
// turns the codec data of a container into the frames of a pipeline (package media).
//
// A reader is used by one goroutine at a time. It believes no size that a file claims: memory grows with the bytes that
// come, up to the limits that each package names.
package demux

import (
	"errors"
	"fmt"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

var (
	// ErrFormat is wrapped by errors about bytes that are not what they should be.
	ErrFormat = errors.New("invalid media file")
	// ErrTruncated is wrapped when a file ends in the middle of something. What came before was given out.
	ErrTruncated = errors.New("media file is cut off")
	// ErrSeek is wrapped when a seek is impossible.
	ErrSeek = errors.New("cannot seek")
)

// Limits that hold for all containers.
const (
	MaxFrame  = 32 << 20 // bytes of one frame
	MaxTracks = 128

	maxRate     = 192000 // Hz
	maxChannels = 8
)

// VideoClock is the RTP clock rate of every video codec, in Hz.
const VideoClock = 90000

// Track is one stream of frames in a file.
type Track struct {
	Format        media.Format // without a codec: it cannot be played
	Width, Height int          // in pixels, 0: not known
	Rotation      int          // degrees clockwise by which the picture is to be turned: 0, 90, 180, 270
}

// Playable tells whether the frames are some that a pipeline knows.
func (t Track) Playable() bool { return t.Format.Codec != "" }

// Frame is one frame of a track.
type Frame struct {
	Track int           // index in Tracks
	PTS   time.Duration // when it is seen or heard, from the start of the file; before 0: needed to decode what follows
	DTS   time.Duration // when it is due to be sent; not after PTS where frames are stored out of order
	Key   bool          // can be decoded on its own; true for all sound
	Data  []byte        // valid until the next call of the Reader
}

// Reader gives out the frames of a file.
type Reader interface {
	// Tracks must not be changed.
	Tracks() []Track
	// Next gives the next frame of any playable track. At the end the error is io.EOF, where the file was cut it wraps
	// ErrTruncated.
	Next() (Frame, error)
	// Duration of the file, 0 when it is not known.
	Duration() time.Duration
	Seekable() bool
	// Seek goes to the last place at or before t from which the video, or sound without video, can be decoded.
	Seek(t time.Duration) error
}

// Video is the format of video frames.
func Video(codec string) media.Format {
	return media.Format{Kind: media.Video, Codec: codec, ClockRate: VideoClock}
}

// VP9 is the format of VP9 of a profile; the default one is not named.
func VP9(profile int) media.Format {
	f := Video(media.VP9)
	if profile > 0 {
		f.Params = fmt.Sprintf("profile-id=%d", profile)
	}
	return f
}

// Ticks converts n units, of which so many are a second, to time, without leaving its range.
func Ticks(n int64, perSecond uint32) time.Duration {
	rate := int64(max(perSecond, 1))
	const most = int64(1<<62) / int64(time.Second)
	seconds := max(min(n/rate, most), -most)
	return time.Duration(seconds)*time.Second + time.Duration(n%rate*int64(time.Second)/rate)
}

// Units converts a time to units of which so many are a second.
func Units(t time.Duration, perSecond uint32) int64 {
	rate := int64(perSecond)
	return int64(t/time.Second)*rate + int64(t%time.Second)*rate/int64(time.Second)
}

// Began is when, by the clock that a stream itself carries, what a reader counts from 0 was; 0 where there is no such clock. It is
// known when the first frame is.
func Began(r Reader) time.Duration {
	if o, ok := r.(*Ordered); ok {
		r = o.Reader
	}
	if c, ok := r.(interface{ Began() time.Duration }); ok {
		return c.Began()
	}
	return 0
}
