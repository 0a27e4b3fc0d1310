// Package clip reads or makes the VP8 and Opus that the load tester sends, and cuts it into packets.
// It knows containers and codecs' outermost bytes; it knows no network, no clock and no RTP header.
package clip

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/opus"
)

// MaxFileSize bounds the clip files that Open reads; the whole clip is kept in memory.
const MaxFileSize = 256 << 20

// Errors of Open and the readers, to be tested with errors.Is.
var (
	ErrNotAClip   = errors.New("neither WebM nor IVF")
	ErrNoKeyFrame = errors.New("no VP8 key frame in the clip")
	ErrTooLarge   = errors.New("clip file too large")
	ErrMalformed  = errors.New("malformed clip")
	ErrCodec      = errors.New("unsupported codec")
)

// Frame is one coded VP8 frame or one Opus packet.
type Frame struct {
	Time time.Duration // from the track's first frame
	Key  bool          // video: decodable without earlier frames
	Data []byte
}

// Track is one stream that can be looped: frame 0 follows the last frame, one Period after the previous frame 0.
type Track struct {
	Frames []Frame
	Period time.Duration
}

// Clip is what one publisher sends. The tracks loop independently of each other, so that no timestamp is bent at the
// end of the shorter one. Audio may be empty. Video begins with a key frame.
type Clip struct {
	Name  string
	Video Track
	Audio Track
}

// Open reads a VP8 clip from a WebM file (with Opus, if it has any) or an IVF file; the content decides which it is.
func Open(path string) (*Clip, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxFileSize {
		return nil, fmt.Errorf("clip %s: %w: %d bytes, at most %d", path, ErrTooLarge, info.Size(), MaxFileSize)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("clip %s: %w", path, err)
	}
	c.Name = path
	return c, nil
}

// Parse reads a clip from the bytes of a WebM or IVF file. It keeps no reference to data of WebM; the frames of IVF are slices of it.
func Parse(data []byte) (*Clip, error) {
	var video, audio []Frame
	var err error
	switch {
	case isWebM(data):
		video, audio, err = parseWebM(data)
	case isIVF(data):
		video, err = parseIVF(data)
	default:
		return nil, ErrNotAClip
	}
	if err != nil {
		return nil, err
	}
	return assemble(video, audio)
}

// assemble turns frames in file order and container time into tracks that can be looped.
func assemble(video, audio []Frame) (*Clip, error) {
	for len(video) > 0 && !video[0].Key {
		video = video[1:]
	}
	if len(video) == 0 {
		return nil, ErrNoKeyFrame
	}
	return &Clip{Video: videoTrack(video), Audio: audioTrack(audio)}, nil
}

// videoTrack lets the first frame start at 0. The last frame lasts as long as the average one.
func videoTrack(frames []Frame) Track {
	const single = time.Second // a clip of one picture is sent once a second
	base, last := frames[0].Time, time.Duration(0)
	for i := range frames {
		// Times must rise, or a frame would be due before the one in front of it.
		last = max(last, frames[i].Time-base)
		frames[i].Time = last
	}
	if len(frames) == 1 || last == 0 {
		for i := range frames {
			frames[i].Time = time.Duration(i) * single
		}
		return Track{Frames: frames, Period: time.Duration(len(frames)) * single}
	}
	return Track{Frames: frames, Period: last + last/time.Duration(len(frames)-1)}
}

// audioTrack places the packets by their own durations: container times are rounded to milliseconds.
func audioTrack(packets []Frame) Track {
	t := Track{}
	for _, p := range packets {
		d := opus.Duration(p.Data)
		if d == 0 {
			continue
		}
		p.Time = t.Period
		t.Frames = append(t.Frames, p)
		t.Period += d
	}
	return t
}

// isVP8Key reads the inverse key frame bit of the frame tag (RFC 6386 section 9.1).
func isVP8Key(frame []byte) bool { return len(frame) > 0 && frame[0]&1 == 0 }
