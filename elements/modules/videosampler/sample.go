package videosampler

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Accept is part of media.Input.
func (s *Sampler) Accept(f media.Format) (score int, ok bool) { return 0, f.Codec == media.I420 }

// Bind is part of media.Input.
func (s *Sampler) Bind(f *media.Format, _ media.Source) { s.format.Store(f) }

// Write is part of media.Sink. It keeps a picture if one is due and none is on its way.
func (s *Sampler) Write(p *media.Packet) {
	if p.Format != s.format.Load() || p.PTS < s.next || len(p.Data) > largest || s.busy.Swap(true) {
		return
	}
	if s.next += s.period; s.next < p.PTS { // what was left out is not made up for
		s.next = p.PTS + s.period
	}
	s.queue.Write(p)
}

// sample sends a picture. It is called by the queue.
func (s *Sampler) sample(p *media.Packet) {
	defer s.busy.Store(false)
	err := s.deliver(p)
	if s.end.Err() != nil {
		return // the element is closed
	}
	if err != nil && !s.failed {
		log := s.Log()
		log.Warn().Err(err).Str("endpointUrl", s.params.Endpoint).Msg("picture cannot be delivered")
	}
	s.failed = err != nil
	s.Emit(SampleImageDelivered{Delivered: err == nil})
}

func (s *Sampler) deliver(p *media.Packet) error {
	picture, ok := i420.Over(p.Data, int(p.Width), int(p.Height))
	if !ok {
		return fmt.Errorf("%d bytes are no picture of %dx%d", len(p.Data), p.Width, p.Height)
	}
	file, err := encode(s.resized(&picture), s.params.Encoding)
	if err != nil {
		return err
	}
	return s.client.deliver(s.end, image{
		codec: string(s.params.Encoding), data: file, metadata: s.params.Metadata,
	})
}

// resized is the picture in the size that was asked for.
func (s *Sampler) resized(p *i420.Picture) *i420.Picture {
	width, height := s.params.Width, s.params.Height
	if width == 0 {
		width = p.Width
	}
	if height == 0 {
		height = p.Height
	}
	if width == p.Width && height == p.Height {
		return p
	}
	if s.scaler == nil || s.from != [2]int{p.Width, p.Height} {
		s.scaler, s.from = i420.NewScaler(width, height, p.Width, p.Height), [2]int{p.Width, p.Height}
		s.scaled.Resize(width, height)
	}
	s.scaler.Scale(&s.scaled, p)
	return &s.scaled
}

// breakDown lets the media pass without being looked at.
func (s *Sampler) breakDown(v any) {
	log := s.Log()
	log.Error().Any("panic", v).Msg("sampling failed")
	s.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, media.Video, nil) })
	s.Emit(pipeline.Error{Description: fmt.Sprintf("sampling failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}
