package mp3

import (
	"errors"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// maxRaw is what the largest frame decodes to: 1152 samples of two channels.
const maxRaw = 1152 * Channels * 2

// FrameDecoder decodes a stream whose frames are known already, as those in a container. The zero value is ready; one
// goroutine at a time may use it.
type FrameDecoder struct {
	dec  *mp3.Decoder
	feed feed
	raw  [maxRaw]byte
}

// feed is the reader of the library. It ends with each frame, and goes on with the next.
type feed struct{ rest []byte }

func (f *feed) Read(b []byte) (n int, err error) {
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n = copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

var errFrame = errors.New("mp3: not a frame")

// Decode appends the samples of one frame to dst and returns it. After an error it goes on with the next frame.
func (d *FrameDecoder) Decode(dst []int16, frame []byte) (_ []int16, err error) {
	d.feed.rest = frame
	n, err := d.read()
	if err != nil || n == 0 || len(d.feed.rest) > 0 {
		d.dec = nil // what it has read of the frame would stand before the next one
		if err == nil || errors.Is(err, io.EOF) {
			err = errFrame
		}
		return dst, err
	}
	for i := 0; i+1 < n; i += 2 {
		dst = append(dst, int16(uint16(d.raw[i])|uint16(d.raw[i+1])<<8))
	}
	return dst, nil
}

// read never panics.
func (d *FrameDecoder) read() (n int, err error) {
	defer recovered(&err)
	if d.dec == nil { // reads the frame already
		if d.dec, err = mp3.NewDecoder(&d.feed); err != nil {
			return 0, err
		}
	}
	return d.dec.Read(d.raw[:])
}

// SampleRate is in Hz, 0 before the first frame.
func (d *FrameDecoder) SampleRate() int {
	if d.dec == nil {
		return 0
	}
	return d.dec.SampleRate()
}
