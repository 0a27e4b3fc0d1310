package video

import (
	"errors"
	"slices"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/h264"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/vp8"
)

// vp8Decoder decodes VP8, of which a frame is at most one picture.
type vp8Decoder struct {
	decoder vp8.Decoder
	frame   *vp8.Frame // not given on yet
	pts     time.Duration
}

func (d *vp8Decoder) decode(frame []byte, pts time.Duration) (err error) {
	d.pts = pts
	d.frame, err = d.decoder.Decode(frame)
	return err
}

func (d *vp8Decoder) next(b []byte) (picture, bool) {
	f := d.frame
	if f == nil {
		return picture{}, false
	}
	d.frame = nil
	b = slices.Grow(b, i420.Bytes(f.Width, f.Height))
	return picture{f.AppendI420(b), f.Width, f.Height, d.pts}, true
}

func (d *vp8Decoder) drain() {}

// h264Decoder decodes H264, whose pictures may come in another order than they are shown.
type h264Decoder struct{ decoder h264.Decoder }

func (d *h264Decoder) decode(frame []byte, pts time.Duration) error {
	return d.decoder.Decode(frame, int64(pts))
}

func (d *h264Decoder) next(b []byte) (picture, bool) {
	f := d.decoder.Next()
	if f == nil {
		return picture{}, false
	}
	b = slices.Grow(b, i420.Bytes(f.Width, f.Height))
	return picture{f.AppendI420(b), f.Width, f.Height, time.Duration(f.Tag)}, true
}

func (d *h264Decoder) drain() { d.decoder.Drain() }

// forGood tells whether a decoder's error is about what the stream is, and not about what was lost of it.
func forGood(err error) bool {
	for _, kind := range []error{h264.ErrUnsupported, h264.ErrTooLarge, vp8.ErrVersion, vp8.ErrTooLarge} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
