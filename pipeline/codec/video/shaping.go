package video

import (
	"image"
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/media"
)

// shaping is the step to another size and to fewer pictures. It runs on its producer's goroutine. A picture of another shape
// gets black bars.
type shaping struct {
	codec.Link
	out  *media.Output
	caps codec.PictureCaps

	mu      sync.Mutex // of what follows: when a route is swapped two producers may call
	pace    pace
	size    image.Point  // of the pictures that scaler was made for
	scaler  *i420.Scaler // nil: they have the size already
	picture *i420.Picture
	part    *i420.Picture // of it, where the pictures go
	data    []byte        // of picture
	packet  media.Packet
}

var _ codec.Node = (*shaping)(nil)

func newShaping(to media.Format, caps codec.PictureCaps) *shaping {
	s := &shaping{caps: caps}
	if caps.Numerator > 0 {
		s.pace.interval = time.Duration(caps.Denominator) * time.Second / time.Duration(caps.Numerator)
	}
	s.out = media.NewOutput(s, nil)
	s.packet.Format, s.packet.Key = s.out.SetFormat(to), true
	return s
}

// Output is part of codec.Node.
func (s *shaping) Output() *media.Output { return s.out }

// Close is part of codec.Node.
func (s *shaping) Close() { s.out.Close() }

// SetMaxBitrate is part of media.Upstream.
func (s *shaping) SetMaxBitrate(int) {}

// Resend is part of media.Upstream: pictures are not kept.
func (s *shaping) Resend(uint16, func(*media.Packet)) bool { return false }

// End is part of media.Ender.
func (s *shaping) End() { s.out.End() }

// Write is part of media.Sink.
func (s *shaping) Write(p *media.Packet) {
	if !s.Takes(p) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pace.takes(p.PTS) {
		return
	}
	picture, ok := i420.Over(p.Data, int(p.Width), int(p.Height))
	if !ok {
		return
	}
	if size := image.Pt(picture.Width, picture.Height); size != s.size {
		s.prepare(size)
	}
	out := &s.packet
	out.Width, out.Height, out.Data = p.Width, p.Height, p.Data
	if s.scaler != nil {
		s.scaler.Scale(s.part, &picture)
		out.Width, out.Height, out.Data = uint16(s.picture.Width), uint16(s.picture.Height), s.data
	}
	out.PTS, out.At, out.Burst = p.PTS, p.At, p.Burst
	s.out.Write(out)
	out.Burst, out.Data = nil, nil
}

// prepare makes what is needed for pictures of a size.
func (s *shaping) prepare(size image.Point) {
	s.size, s.scaler = size, nil
	to := s.target(size)
	if to == size {
		return
	}
	s.data = make([]byte, i420.Bytes(to.X, to.Y))
	picture, _ := i420.Over(s.data, to.X, to.Y)
	s.picture = &picture
	s.picture.Fill(i420.Black)
	where := i420.Fit(to.X, to.Y, size.X, size.Y)
	s.part = s.picture.Crop(where)
	s.scaler = i420.NewScaler(where.Dx(), where.Dy(), size.X, size.Y)
}

// target is the size that pictures of a size are brought to.
func (s *shaping) target(size image.Point) image.Point {
	width, height := s.caps.Width, s.caps.Height
	switch {
	case width == 0 && height == 0:
		return size
	case height == 0:
		height = even(width * size.Y / size.X)
	case width == 0:
		width = even(height * size.X / size.Y)
	}
	return image.Pt(width, height)
}

func even(n int) int { return min(max(n&^1, 2), i420.MaxSize) }

// pace leaves out what is above a frame rate.
type pace struct {
	interval time.Duration // 0: nothing is left out
	next     time.Duration // when a picture is due
	begun    bool
}

// takes tells whether a picture of a time is kept. One may be early by a part of the interval, as those of a source at
// about the same rate are now and then.
func (p *pace) takes(pts time.Duration) bool {
	if p.interval == 0 {
		return true
	}
	early := p.next - pts
	if p.begun && early > p.interval/4 && early <= 2*p.interval {
		return false
	}
	p.next += p.interval
	if !p.begun || early < -p.interval || early > 2*p.interval { // it has jumped
		p.next, p.begun = pts+p.interval, true
	}
	return true
}
